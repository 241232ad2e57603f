// Compares models on the same records: how good each is, and which differ from the first by more than chance.
import ByteIO
import JSON
import Predictions

/// Several models on the same records. Each is compared with the first: record by record if its predictions are given,
/// or with the comparison in its report if that report's baseline was the first model.
public struct ModelComparison: Sendable {
  public struct ComparedModel: Equatable, Sendable {
    /// The name of its predictions in messages.
    public let name: String
    public let records: Int
    public let correct: Int
    public let interval: Interval
    /// The comparison with the first model. `nil` for the first itself, and if a report is involved that does not
    /// contain the comparison.
    public fileprivate(set) var pairs: Comparison.Pairs?
    /// The probability of `pairs`, corrected for the number of tests with Holm's method.
    public fileprivate(set) var correctedProbability: Double?

    public var accuracy: Double { Double(correct) / Double(records) }
  }

  public private(set) var models: [ComparedModel] = []
  /// Notes for the user.
  public private(set) var notes: [EvaluationNote] = []

  /// Reads predictions in any format or JSON reports of fm-eval, one after the other. The first model's predictions
  /// stay in memory. `classes` and `titles` have the same meaning as in
  /// ``evaluate(_:classes:titles:truths:settings:wanted:thresholds:gates:baseline:wrong:)``.
  /// Throws the same errors, and an ``EvaluationError`` if the number of records differs from the first model's.
  ///
  /// - Complexity: One pass over each source, and O(f) for each test, in which f records are right for one model alone
  public init(
    _ sources: some Sequence<() throws -> any ByteSource>, classes: [String]? = nil, titles: [String]? = nil,
    confidence: Double = 0.95
  ) throws {
    var first: Baseline?
    for open in sources {
      let source = try open()
      if let first {
        try add(PeekedSource(source), besides: first, classes, titles, confidence)
      } else {
        let baseline = try Baseline(source, classes: classes, titles: titles)
        first = baseline
        append(
          baseline.name, baseline.report["records"]?.integerValue, baseline.report["correct"]?.integerValue,
          confidence)
        if baseline.predictions == nil { notes.append(.reportAmongModels(name: baseline.name, first: nil)) }
      }
    }
    correct()
  }

  private mutating func add(
    _ source: PeekedSource, besides first: Baseline, _ classes: [String]?, _ titles: [String]?,
    _ confidence: Double
  ) throws {
    var report: EvaluationReport
    if try Baseline.isReport(source) {
      let stored = try Baseline.readReport(source)
      report = try merge(
        [{ try StoredReport(stored, name: source.name) }], classes: classes, baseline: first)
      report.comparison?.pairs = pairs(of: stored)
      if report.comparison?.pairs == nil {
        notes.append(.reportAmongModels(name: source.name, first: models[0].name))
      }
    } else {
      report = try evaluate(source, classes: classes, titles: titles, baseline: first)
    }
    guard report.figures.records == models[0].records else {
      throw EvaluationError.otherRecordCount(
        name: source.name, report.figures.records, first: first.name, models[0].records)
    }
    append(source.name, report.figures.records, report.figures.correct, confidence)
    models[models.count - 1].pairs = report.comparison?.pairs
  }

  /// Returns a report's comparison with its baseline if that was the first model, judged by the numbers of records and
  /// of right answers.
  private func pairs(of report: JSONValue) -> Comparison.Pairs? {
    guard let baseline = report["baseline"], let records = baseline["records"]?.integerValue,
      let accuracy = baseline["accuracy"]?.doubleValue, records == models[0].records,
      Int((accuracy * Double(records)).rounded()) == models[0].correct
    else { return nil }
    return Comparison.Pairs(baseline)
  }

  private mutating func append(_ name: String, _ records: Int?, _ correct: Int?, _ confidence: Double) {
    guard let records, let correct else { preconditionFailure("a verified report without its counts") }
    models.append(
      ComparedModel(
        name: name, records: records, correct: correct,
        interval: Interval(successes: correct, total: records, confidence: confidence)))
  }

  private mutating func correct() {
    let tested = models.indices.filter { models[$0].pairs != nil }
    let corrected = holmCorrected(tested.map { models[$0].pairs!.probability })
    for (index, probability) in zip(tested, corrected) { models[index].correctedProbability = probability }
  }

  /// A tab-separated table with a line for each model. The fields of a test are empty if there was none.
  public var table: String {
    let titles = "model\trecords\tcorrect\taccuracy\tlower\tupper\tfixed\tbroken\tp\tp_holm\n"
    return models.reduce(into: titles) { text, model in
      var fields = ["\(displayed(model.name))", "\(model.records)", "\(model.correct)", "\(model.accuracy)"]
      fields += ["\(model.interval.lower)", "\(model.interval.upper)"]
      if let pairs = model.pairs, let corrected = model.correctedProbability {
        fields += ["\(pairs.fixed)", "\(pairs.broken)", "\(pairs.probability)", "\(corrected)"]
      } else {
        fields += ["", "", "", ""]
      }
      text += fields.joined(separator: "\t") + "\n"
    }
  }
}

extension ModelComparison.ComparedModel {
  /// Returns the difference in accuracy to another model and, if there was a test, the corrected probability: `+2.47
  /// points, p 0.0012`.
  public func difference(to other: Self) -> String {
    let points = 100 * (accuracy - other.accuracy)
    let text = "\(points < 0 ? "−" : "+")\(fixed(abs(points), decimals: 2)) points"
    return correctedProbability.map { "\(text), p \(shortProbability($0))" } ?? text
  }
}
