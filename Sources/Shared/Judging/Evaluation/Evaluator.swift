// From rows of predictions to figures, in constant memory but for the scores that some figures need.
import Predictions

/// Adds up what the figures need, row by row.
public struct Evaluator {
  private let settings: IntervalSettings
  private var confusion = ConfusionMatrix()
  private var sums: FigureSums
  private var scores: KeptScores

  /// Prepares for rows with such columns; intervals are to be computed as `settings` say, and `wanted` figures besides the
  /// others.
  public init(columns: PredictionColumns, settings: IntervalSettings, wanted: WantedFigures = WantedFigures())
  {
    self.settings = settings
    sums = FigureSums(columns)
    scores = KeptScores(wanted, columns)
  }

  /// Takes a row in. Rows without a true class say nothing and may not come here.
  public mutating func add(_ row: PredictionRow, truth: Int) {
    confusion.add(truth: truth, predicted: row.predicted)
    sums.add(row, truth: truth)
    scores.add(row, truth: truth)
  }

  /// What was wanted and the rows of the input `name` do not have, a line each.
  func notes(name: String) -> [String] { scores.notes(name: name) }

  /// The figures of all rows, of which there must be some, with the classes in the table's order.
  /// Throws where costs are of other classes.
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
