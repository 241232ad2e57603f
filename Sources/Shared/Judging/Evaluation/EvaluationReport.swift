// An evaluation from end to end, and its result.
import ByteIO
import JSON
import Predictions

/// The result of an evaluation. TextReport.swift and its neighbours write it in each format.
public struct EvaluationReport {
  public var figures: Figures
  public var comparison: Comparison?
  public var gates: [GateResult]
  /// The number of names that joining true classes left out; `nil` if none were joined.
  public var leftOut: LeftOut?
  /// Notes for the user on how the report was made, one line each.
  public var notes: [String] = []

  /// The gates that failed.
  public var failures: [GateResult] { gates.filter { !$0.isPassed } }

  /// The report as JSON, with members in a fixed order and numbers in full precision.
  public var json: JSONValue {
    var members = figures.members
    if let leftOut {
      let counts: [JSONValue.Member] = [
        .init("without_truth", .integer(leftOut.withoutTruth)),
        .init("not_predicted", .integer(leftOut.notPredicted)),
      ]
      members.append(.init("left_out", .object(counts)))
    }
    if let comparison { members.append(.init("baseline", comparison.json)) }
    if !gates.isEmpty { members.append(.init("gates", .array(gates.map(\.json)))) }
    return .object(members)
  }
}

/// A comparison of predictions with a baseline.
public struct Comparison: Equatable, Sendable {
  /// The baseline's name in reports.
  public var name: String
  /// The number of the baseline's records.
  public var records: Int
  /// The baseline's accuracy.
  public var accuracy: Double
  /// The comparison record by record; `nil` if the baseline is a report, which does not describe single records.
  public var pairs: Pairs?

  public struct Pairs: Equatable, Sendable {
    /// The number of records that were wrong in the baseline and are right now.
    public var fixed: Int
    /// The number of records that were right in the baseline and are wrong now.
    public var broken: Int
    /// The probability of a difference at least this large between equally good classifiers (McNemar's exact test).
    public var probability: Double
    /// The number of records that only one of the two predicted. They are in no other count.
    public var notCompared = 0
  }

  var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("records", .integer(records)), .init("accuracy", .double(accuracy)),
    ]
    if let pairs {
      members += [
        .init("fixed", .integer(pairs.fixed)), .init("broken", .integer(pairs.broken)),
        .init("mcnemar_p", .double(pairs.probability)),
      ]
      if pairs.notCompared > 0 { members.append(.init("not_compared", .integer(pairs.notCompared))) }
    }
    return .object(members)
  }
}

/// Evaluates predictions: all that `fm-eval` does between opening its input and writing its report.
///
/// Memory is constant, except for the predictions of a baseline, the wrong records, and the scores that wanted figures
/// need.
///
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
  var pairs = baseline?.predictions.map { PairedComparison($0, hasNames: reader.columns.hasNames) }
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
  try pairs?.finish()
  wrong?.finish(reader.classes)
  let withheldNote = try withheld?.finish(reader.classes)
  var figures = try evaluator.figures(reader.classes)
  try rows.checkClasses(figures)
  figures.unanswered = rows.unanswered
  var report = try EvaluationReport(
    figures: figures, pairs: pairs, gates: gates, baseline: baseline)
  report.leftOut = rows.leftOut
  report.notes = evaluator.notes(name: reader.name)
  if let withheldNote { report.notes.append(withheldNote) }
  if let note = figures.scores.thresholds?.note { report.notes.append("\(reader.name): \(note)") }
  if reader.isSeparatedBySemicolons {
    report.notes.append("\(reader.name): semicolons were read as column separators")
  }
  return report
}

extension EvaluationReport {
  /// Compares figures with the baseline, and applies the gates.
  init(figures: Figures, pairs: PairedComparison?, gates: [Gate], baseline: Baseline?) throws(EvaluationError)
  {
    self.figures = figures
    if gates.contains(where: { $0.metric.properties.source == .answered }) {
      self.figures.showsAnswered = true
    }
    try baseline?.checkClasses(figures)
    comparison = baseline.flatMap { Comparison($0, pairs) }
    let report = JSONValue.object(self.figures.members)
    self.gates = []
    for gate in gates { self.gates.append(try gate.result(report, baseline: baseline)) }
  }
}

extension Comparison {
  /// Returns a file's name without its folders. A pipe or a temporary file, whose name differs each time, is `the
  /// baseline`.
  static func stableName(_ name: String) -> String {
    let parts = name.split(separator: "/")
    guard let last = parts.last, name != "stdin" else { return "the baseline" }
    let isPassing = name.hasPrefix("/dev/") || name.hasPrefix("/proc/") || last.hasPrefix("tmp.")
    return isPassing ? "the baseline" : String(last)
  }

  init?(_ baseline: Baseline, _ pairs: PairedComparison?) {
    guard let records = baseline.report["records"]?.integerValue,
      let accuracy = baseline.report["accuracy"]?.doubleValue
    else { return nil }
    name = Self.stableName(baseline.name)
    self.records = records
    self.accuracy = accuracy
    self.pairs = pairs.map { pairs in
      let probability = mcNemarProbability(fixed: pairs.fixed, broken: pairs.broken)
      return Pairs(
        fixed: pairs.fixed, broken: pairs.broken, probability: probability, notCompared: pairs.notCompared)
    }
  }
}
