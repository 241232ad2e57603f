// From rows of predictions to figures, in constant memory.
import Predictions

/// Adds up what the figures need, row by row.
public struct Evaluator {
  private let settings: IntervalSettings
  private var confusion = ConfusionMatrix()
  private var sums: FigureSums

  /// Prepares for rows with such columns; intervals are to be computed as `settings` say.
  public init(columns: PredictionColumns, settings: IntervalSettings) {
    self.settings = settings
    sums = FigureSums(columns)
  }

  /// Takes a row in. Rows without a true class say nothing and may not come here.
  public mutating func add(_ row: PredictionRow, truth: Int) {
    confusion.add(truth: truth, predicted: row.predicted)
    sums.add(row, truth: truth)
  }

  /// The figures of all rows, of which there must be some, with the classes in the table's order.
  public func figures(_ table: ClassTable) -> Figures {
    var confusion = confusion
    confusion.grow(to: table.names.count)
    let order = table.order
    return Figures(
      classNames: order.map { table.names[$0] }, confusion: confusion.reordered(order), sums: sums,
      settings: settings)
  }
}
