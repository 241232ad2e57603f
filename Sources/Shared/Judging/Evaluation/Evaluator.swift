// An evaluation from end to end: rows of predictions in, a report out. Memory is constant, except for the scores that
// some figures need.
import ByteIO
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
  ///
  /// - Complexity: O(c) for rows with the probabilities of c classes, otherwise O(1), amortised
  public mutating func add(_ row: PredictionRow, truth: Int) {
    confusion.add(truth: truth, predicted: row.predicted)
    sums.add(row, truth: truth)
    scores.add(row, truth: truth)
  }

  /// Returns notes on wanted figures that the rows of the input `name` do not allow.
  func notes(name: String) -> [EvaluationNote] { scores.notes(name: name) }

  /// Returns the figures of all rows, at least one, with the classes in the table's order. Throws if the costs are for
  /// other classes.
  ///
  /// - Complexity: that of ``Figures`` and of the wanted figures
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

/// Evaluates predictions: all that `fm-eval` does between opening its input and writing its report.
///
/// - Complexity: One pass over the rows, with O(c) steps for each one if it has the probabilities of c classes. The
///   figures take O(c²) more, and wanted figures and the bootstrap what their types say. Memory does not depend on the
///   number of rows, except for the predictions of a baseline, the wrong records, and the scores that wanted figures
///   need.
/// - Parameters:
///   - classes: The names of the classes, in order, if the input does not name them.
///   - titles: The columns of a table without a header.
///   - truths: The true classes, for predictions that have none.
///   - settings: The method and the confidence of intervals.
///   - wanted: Figures besides those of every report. Figures that gates judge are added.
///   - thresholds: The least probability of each class's answers. Less likely answers are withheld.
///   - wrong: Collects the misclassified records.
public func evaluate(
  _ source: any ByteSource, classes: [String]? = nil, titles: [String]? = nil, truths: Truths? = nil,
  settings: IntervalSettings = IntervalSettings(), wanted: WantedFigures = WantedFigures(),
  thresholds: ClassThresholds? = nil,
  gates: [Gate] = [],
  baseline: Baseline? = nil, wrong: WrongRecords? = nil
) throws -> EvaluationReport {
  let source = PeekedSource(source)
  if try Baseline.isWrittenReport(source) { throw EvaluationError.report(name: source.name) }
  let rows = try JudgedRows(source, classes: classes, titles: titles, truths: truths)
  let reader = rows.reader
  var wanted = wanted
  wanted.add(neededBy: gates)
  if thresholds != nil { wanted.answered = true }
  var withheld = thresholds.map(WithheldAnswers.init)
  var evaluator = Evaluator(columns: reader.columns, settings: settings, wanted: wanted)
  var pairs = baseline?.predictions.map { PairedComparison($0, reader) }
  if wanted.thresholdGoal != nil, !reader.columns.hasProbabilities {
    throw EvaluationError.noScores(name: reader.name)
  }
  wrong?.begin(reader)
  var row = PredictionRow()
  while let truth = try rows.next(
    &row, unanswered: { try pairs?.addUnanswered($0, reader: $1) })
  {
    try withheld?.judge(&row, reader)
    evaluator.add(row, truth: truth)
    try wrong?.add(row, truth: truth, reader: reader)
    try pairs?.add(row, truth: truth, reader: reader)
  }
  try pairs?.finish(reader.classes)
  wrong?.finish(reader.classes)
  let withheldNote = try withheld?.finish(reader.classes)
  var figures = try evaluator.figures(reader.classes)
  try rows.checkClasses(figures)
  figures.unanswered = rows.unanswered
  var report = try EvaluationReport(
    figures: figures, pairs: pairs, gates: gates, baseline: baseline)
  report.leftOut = rows.leftOut
  report.notes = evaluator.notes(name: reader.name)
  if let withheldNote { report.notes.append(.text(withheldNote)) }
  if let note = figures.scores.thresholds?.note { report.notes.append(.text("\(reader.name): \(note)")) }
  if reader.isSeparatedBySemicolons {
    report.notes.append(.text("\(reader.name): semicolons were read as column separators"))
  }
  return report
}
