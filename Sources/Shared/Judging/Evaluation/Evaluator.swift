// Computes figures from rows of predictions, in constant memory except for the scores that some figures need.
import Predictions

/// Accumulates the counts and sums of figures, row by row.
public struct Evaluator {
  private let settings: IntervalSettings
  private var confusion = ConfusionMatrix()
  private var sums: FigureSums
  private var scores: KeptScores

  /// Prepares for rows with the given columns. `settings` apply to intervals, and `wanted` are figures besides those of
  /// every report.
  public init(columns: PredictionColumns, settings: IntervalSettings, wanted: WantedFigures = WantedFigures())
  {
    self.settings = settings
    sums = FigureSums(columns)
    scores = KeptScores(wanted, columns)
  }

  /// Adds a row and its true class. Rows without a true class must be left out.
  public mutating func add(_ row: PredictionRow, truth: Int) {
    confusion.add(truth: truth, predicted: row.predicted)
    sums.add(row, truth: truth)
    scores.add(row, truth: truth)
  }

  /// Returns notes on wanted figures that the rows of the input `name` do not allow, one line each.
  func notes(name: String) -> [String] { scores.notes(name: name) }

  /// Returns the figures of all rows, at least one, with the classes in the table's order. Throws if the costs are for
  /// other classes.
  public func figures(_ table: ClassTable) throws -> Figures {
    var confusion = confusion
    confusion.grow(to: table.names.count)
    let order = table.order
    var figures = Figures(
      classNames: order.map { table.names[$0] }, confusion: confusion.reordered(order), sums: sums,
      settings: settings)
    figures.scores = try scores.figures(
      names: figures.classes.map(\.name), table, confusion: figures.confusion)
    figures.showsAnswered = scores.wanted.answered
    return figures
  }
}
