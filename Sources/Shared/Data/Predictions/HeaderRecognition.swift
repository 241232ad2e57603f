// Recognises whether the first row of a table is a header: a user's table that should have no header may have one, and
// the output of fm-predict --no-header has none.
import ByteIO
import TensorStream

/// The meaning of a first row if an option names the columns.
enum HeaderWords {
  /// The row is not a header.
  case row
  /// The row is a header of the same columns, perhaps with other titles.
  case sameColumns
  /// The row is a header of other columns, or of the same columns in another order.
  case otherColumns

  /// Classifies a first row. It is a header if all its cells are known titles, in any case, and differ from each other.
  /// Columns that are skipped may have any title. At least one cell must be the title of a column of classes, since a
  /// row may have classes called `image` and `photo`.
  init(_ row: [String], columns titles: [String]) {
    let isSameCount = row.count == titles.count
    let wanted = row.indices.filter { !isSameCount || !ColumnTitles.isPassedOver(titles[$0]) }
    let roles = wanted.map { Self.columns(titled: row[$0]) }
    let areDifferent = Set(wanted.map { TableColumns.plain(row[$0]) }).count == wanted.count
    let classes: Set = [PredictionColumn.truth, PredictionColumn.label(1)]
    guard row.count > 1, areDifferent, roles.allSatisfy({ !$0.isEmpty }),
      roles.contains(where: { !$0.isDisjoint(with: classes) })
    else {
      self = .row
      return
    }
    let agrees = isSameCount && zip(wanted, roles).allSatisfy { $1.contains(titles[$0]) }
    self = agrees ? .sameColumns : .otherColumns
  }

  /// Whether no cell of a row is a known title.
  static func areAbsent(in row: [String]) -> Bool { row.allSatisfy { columns(titled: $0).isEmpty } }

  /// Returns the columns that the cell may be a title of.
  private static func columns(titled cell: String) -> Set<String> {
    let plain = TableColumns.plain(cell)
    var columns: Set<String> = []
    let title = String(cell.lowercased().trimmed { $0 == " " })
    if PredictionColumn.isTitle(ArraySlice(title.utf8)) { columns.formUnion([title, cell]) }
    if TableColumns.names.contains(plain) { columns.insert(PredictionColumn.name) }
    if TableColumns.classes.contains(plain) { columns.insert(PredictionColumn.truth) }
    if predicted.contains(plain) { columns.insert(PredictionColumn.label(1)) }
    if numbers.contains(plain) { columns.insert(PredictionColumn.record) }
    if probabilities.contains(plain) { columns.insert(PredictionColumn.Scale.plain.probability(1)) }
    return columns
  }

  /// Titles of the column of predicted classes. Some of them are also used for true classes.
  private static let predicted: Set = [
    "class", "classname", "classlabel", "label", "labelname", "category", "species", "breed", "tag",
    "prediction", "predicted", "predictedclass", "predictedlabel", "pred",
  ]
  private static let numbers: Set = ["record", "id", "index", "number"]
  private static let probabilities: Set = ["probability", "prob", "confidence", "score"]
}

// MARK: - Tables without a header

/// Finds the columns of rows without a header, if they are unambiguous.
enum HeaderlessColumns {
  /// Returns the titles that fm-predict would have put above this row. Returns `nil` if several headers fit the row, or
  /// none.
  static func titles(of row: [String]) -> [String]? {
    // A name or number, perhaps the true class, pairs of a class and its probability, perhaps an error.
    let found = Scales.allCases.flatMap { scale in
      [false, true].compactMap { hasTruth in titles(of: row, hasTruth: hasTruth, scale) }
    }
    return found.count == 1 ? found[0] : nil
  }

  private typealias Scales = PredictionColumn.Scale

  private static func titles(of row: [String], hasTruth: Bool, _ scale: Scales) -> [String]? {
    let before = hasTruth ? 2 : 1
    // Rows have no errors beside true classes: pictures predicted by name have no labels.
    let hasError = !hasTruth && row.count % 2 == 0
    let rankCount = (row.count - before - (hasError ? 1 : 0)) / 2
    guard rankCount > 0, before + 2 * rankCount + (hasError ? 1 : 0) == row.count else { return nil }
    let pairs = (0..<rankCount).map { (row[before + 2 * $0], row[before + 2 * $0 + 1]) }
    let failed = hasError && row.last != "" && pairs.allSatisfy { $0.0.isEmpty && $0.1.isEmpty }
    guard
      scale == .plain && failed
        || pairs.allSatisfy({ isProbability($0.1, scale) && !isProbability($0.0, scale) })
    else { return nil }
    if hasError, !failed, row.last != "" { return nil }
    // A true class that looks like a probability may be a probability.
    if hasTruth, isProbability(row[1], scale) { return nil }
    let isNumbered = !hasError && decimalValue(Array(row[0].utf8)) != nil
    return [isNumbered ? PredictionColumn.record : PredictionColumn.name]
      + (hasTruth ? [PredictionColumn.truth] : [])
      + (1...rankCount).flatMap { [PredictionColumn.label($0), scale.probability($0)] }
      + (hasError ? [PredictionColumn.error] : [])
  }

  /// Whether the text is a probability as fm-predict writes it: with a decimal point or an exponent, so never an
  /// integer.
  private static func isProbability(_ text: String, _ scale: Scales) -> Bool {
    guard text.contains(".") || text.contains("e") else { return false }
    guard let value = try? probability(Array(text.utf8), scale) else { return false }
    return scale == .plain ? text.first != "-" : text.first == "-" && value <= 0
  }
}
