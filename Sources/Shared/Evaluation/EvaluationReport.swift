// An evaluation from end to end, and its result.
import ByteIO
import JSON
import Predictions

/// What is found out about predictions. The forms that it takes are in TextReport.swift and its neighbours.
public struct EvaluationReport {
  public var figures: Figures
  public var comparison: Comparison?
  public var gates: [GateResult]

  /// The gates that failed.
  public var failures: [GateResult] { gates.filter { !$0.isPassed } }

  /// The report as JSON, for people and machines alike: members in a fixed order, numbers in full precision.
  public var json: JSONValue {
    var members = figures.members
    if let comparison { members.append(.init("baseline", comparison.json)) }
    if !gates.isEmpty { members.append(.init("gates", .array(gates.map(\.json)))) }
    return .object(members)
  }
}

/// How predictions compare with a baseline's.
public struct Comparison: Equatable, Sendable {
  /// What messages call the baseline.
  public var name: String
  public var records: Int
  public var accuracy: Double
  /// `nil` where the baseline is a report, which does not tell of single records.
  public var pairs: Pairs?

  public struct Pairs: Equatable, Sendable {
    /// Records that were wrong and are right.
    public var fixed: Int
    /// Records that were right and are wrong.
    public var broken: Int
    /// The probability of at least such a difference between equally good classifiers (McNemar's exact test).
    public var probability: Double
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
    }
    return .object(members)
  }
}

/// Evaluates predictions: all that `fm-eval` does between opening its input and writing its report.
///
/// Memory is constant, but for the predictions of a baseline and the wrong records.
///
/// - Parameters:
///   - classes: The names of the classes in their order, where the input does not name them.
///   - confidence: That of intervals, between 0 and 1.
///   - wrong: What is to keep the wrongly classified records.
public func evaluate(
  _ source: any ByteSource, classes: [String]? = nil, confidence: Double = 0.95, gates: [Gate] = [],
  baseline: Baseline? = nil, wrong: WrongRecords? = nil
) throws -> EvaluationReport {
  let reader = try PredictionReader(source, classes: classes)
  guard reader.columns.hasTruth else { throw EvaluationError.noTruth(name: reader.name) }
  var evaluator = Evaluator(columns: reader.columns, confidence: confidence)
  var pairs = baseline?.predictions.map { PairedComparison($0, hasNames: reader.columns.hasNames) }
  wrong?.begin(reader.columns)
  var row = PredictionRow()
  while try reader.next(&row), let truth = row.truth {
    evaluator.add(row, truth: truth)
    try wrong?.add(row, truth: truth, reader: reader)
    try pairs?.add(row, truth: truth, reader: reader)
  }
  guard reader.rowCount > 0 else { throw EvaluationError.noRows(name: reader.name) }
  try pairs?.finish()
  wrong?.finish(reader.classes)
  let figures = evaluator.figures(reader.classes)
  let report = JSONValue.object(figures.members)
  return EvaluationReport(
    figures: figures, comparison: baseline.flatMap { Comparison($0, pairs) },
    gates: try gates.map { try $0.result(report, baseline: baseline) })
}

extension Comparison {
  init?(_ baseline: Baseline, _ pairs: PairedComparison?) {
    guard let records = baseline.report["records"]?.integerValue,
      let accuracy = baseline.report["accuracy"]?.doubleValue
    else { return nil }
    name = baseline.name
    self.records = records
    self.accuracy = accuracy
    self.pairs = pairs.map { pairs in
      let probability = mcNemarProbability(fixed: pairs.fixed, broken: pairs.broken)
      return Pairs(fixed: pairs.fixed, broken: pairs.broken, probability: probability)
    }
  }
}
