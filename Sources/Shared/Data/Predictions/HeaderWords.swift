// Whether a first row is a header after all, where an option names the columns.
import TensorStream

/// What a first row says beside the columns that an option names.
enum HeaderWords {
  /// It is no header.
  case row
  /// It is a header of the same columns, be it by other words.
  case sameColumns
  /// It is a header of other columns, or of the same in another order.
  case otherColumns

  /// A row is a header if all its cells are titles, in any case, and all different; what is passed over may be called
  /// anything. At least one is of a column of classes: classes may be called `image` and `photo`.
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

  /// Whether no cell of a row is the title of any column.
  static func areAbsent(in row: [String]) -> Bool { row.allSatisfy { columns(titled: $0).isEmpty } }

  /// The columns that people may call so.
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

  /// Titles of the column of predicted classes. Some of them also title true classes.
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
