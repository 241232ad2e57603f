// Recognises a header in the first row, even if an option names the columns.
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
    let title = cell.lowercased().trimmingBlanks
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

extension String {
  fileprivate var trimmingBlanks: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
