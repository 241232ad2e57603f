// The table of metrics. Gates, the report formats, the JSON report and the checks of stored reports are made from it: a
// new metric is one entry, and a member of `Figures` that computes it.
import JSON

/// What gates and reports need to know about a figure.
struct MetricProperties: Equatable, Sendable {
  enum Kind: Sendable {
    /// A number of records.
    case count
    /// A share, 0 to 1, that people read in percent.
    case share
    /// Any other number, with four decimals.
    case score
  }

  /// What a figure is computed from.
  enum Source: CaseIterable, Sendable {
    case counts
    /// The probabilities of all classes.
    case probabilities
    /// The probabilities of the predicted classes.
    case confidences
    /// The places of the true classes among the likeliest.
    case ranks
    case bootstrap
    case areas
    case coverage
    case coverageAt
    case answered
    case costs
  }

  let kind: Kind
  let source: Source
  /// Whether larger values are worse.
  let isLoss: Bool
  /// The values that the figure can have.
  let range: ClosedRange<Double>

  init(
    _ kind: Kind, from source: Source = .counts, isLoss: Bool = false, range: ClosedRange<Double>? = nil
  ) {
    self.kind = kind
    self.source = source
    self.isLoss = isLoss
    self.range = range ?? (kind == .count ? 0...Double.infinity : 0...1)
  }
}

/// A metric over all classes.
struct MetricEntry: Sendable {
  /// How the summaries of reports show a metric.
  struct Summary: Sendable {
    enum Column: Sendable {
      case agreement, probabilities
    }
    /// The column of the text report; `nil` for metrics that only the HTML page shows.
    let column: Column?
    /// The name in the text report, and the title in Markdown and HTML.
    let name: String
    let title: String
    /// What the HTML page says about it.
    let hint: String
    /// Whether the text report and Markdown show the bootstrap interval too. The HTML page shows all intervals.
    let showsInterval: Bool

    init(_ column: Column?, _ name: String, title: String, hint: String, showsInterval: Bool = false) {
      (self.column, self.name, self.title, self.hint) = (column, name, title, hint)
      self.showsInterval = showsInterval
    }
  }

  /// The path in the JSON report, joined by dots.
  let key: String
  let properties: MetricProperties
  let summary: Summary?
  /// The reason for the absence, if it is not that of all figures from the same source.
  let absence: String?
  /// The bootstrap interval, if there is one.
  let interval: (@Sendable (BootstrapIntervals) -> Interval?)?
  /// The reason for the interval's absence, if it is not that of all intervals.
  let intervalAbsence: String?
  let value: @Sendable (Figures) -> Double?

  init(
    _ key: String, _ properties: MetricProperties, summary: Summary? = nil, absence: String? = nil,
    interval: (@Sendable (BootstrapIntervals) -> Interval?)? = nil, intervalAbsence: String? = nil,
    value: @escaping @Sendable (Figures) -> Double?
  ) {
    (self.key, self.properties, self.summary, self.absence) = (key, properties, summary, absence)
    (self.interval, self.intervalAbsence, self.value) = (interval, intervalAbsence, value)
  }

  /// The key of the interval, such as `macro_f1_interval`.
  var intervalKey: String { key.replacing(".", with: "_") + "_interval" }

  /// The object in the JSON report that has the metric, such as `macro`; `nil` if that is the report itself.
  var group: String? { key.firstIndex(of: ".").map { String(key[..<$0]) } }

  /// The metric's own key in its object, such as `f1` for `macro.f1`.
  var memberKey: String { key.firstIndex(of: ".").map { String(key[$0...].dropFirst()) } ?? key }

  /// Whether the metric is a member of the JSON report itself, not of an object in it.
  var isMember: Bool { group == nil }

  /// The members of every report that allows them. Coverage has its own place.
  static let members = all.filter { $0.isMember && $0.properties.source != .coverage }

  /// The members of reports with figures of coverage.
  static let coverageMembers = all.filter { $0.isMember && $0.properties.source == .coverage }

  /// Returns the metric's value in a JSON report, which may be anything; `nil` if the report lacks it.
  func json(in report: JSONValue) -> JSONValue? {
    guard let group else { return report[memberKey] }
    return report[group]?[memberKey]
  }

  /// Returns the metric's bootstrap interval; `nil` if the figures have none.
  func bootstrapInterval(in figures: Figures) -> Interval? { figures.bootstrap.flatMap { interval?($0) } }
}

extension MetricEntry {
  /// All metrics over all classes except `top_k` and `coverage`, which have several values. Members of the JSON report
  /// and of each object in it keep this order.
  static let all: [MetricEntry] = [
    MetricEntry("records", .init(.count)) { Double($0.records) },
    MetricEntry("correct", .init(.count)) { Double($0.correct) },
    MetricEntry("abstained", .init(.count, isLoss: true)) { Double($0.abstained) },
    MetricEntry("unanswered", .init(.count, isLoss: true)) { Double($0.unanswered) },
    MetricEntry("accuracy", .init(.share)) { $0.accuracy },
    MetricEntry("macro.precision", .init(.share)) { $0.macro.precision },
    MetricEntry("macro.recall", .init(.share)) { $0.macro.recall },
    MetricEntry(
      "macro.f1", .init(.share),
      summary: Summary(
        .agreement, "macro F1", title: "Macro F1", hint: "mean over the classes", showsInterval: true),
      interval: { $0.macroF1 }, value: { $0.macro.f1 }),
    MetricEntry("weighted.precision", .init(.share)) { $0.weighted.precision },
    MetricEntry("weighted.recall", .init(.share)) { $0.weighted.recall },
    MetricEntry(
      "weighted.f1", .init(.share),
      summary: Summary(nil, "weighted F1", title: "Weighted F1", hint: "mean weighted by their records"),
      interval: { $0.weightedF1 }, value: { $0.weighted.f1 }),
    MetricEntry(
      "log_loss", .init(.score, from: .probabilities, isLoss: true, range: 0...Double.infinity),
      summary: Summary(
        .probabilities, "log loss", title: "Log loss", hint: "mean −ln p of the true class; 0 is best"),
      value: { $0.logLoss }),
    MetricEntry(
      "brier", .init(.score, from: .probabilities, isLoss: true, range: 0...2),
      summary: Summary(
        .probabilities, "Brier score", title: "Brier score",
        hint: "squared error of probabilities, 0 to 2; 0 is best"),
      value: { $0.brier }),
    MetricEntry(
      "ece", .init(.score, from: .confidences, isLoss: true),
      summary: Summary(
        .probabilities, "calibration error", title: "Expected calibration error",
        hint: "confidence against accuracy; 0 is best"),
      value: { $0.calibrationError }),
    MetricEntry(
      "kappa", .init(.score, range: -1...1),
      summary: Summary(
        .agreement, "kappa", title: "Cohen's kappa", hint: "agreement beyond chance, up to 1"),
      absence: "it is undefined if all records have one class and all predictions are that class",
      interval: { $0.kappa }, intervalAbsence: "it needs bootstrap intervals, and a kappa that is defined",
      value: { $0.kappa }),
    MetricEntry(
      "mcc", .init(.score, range: -1...1),
      summary: Summary(.agreement, "MCC", title: "Matthews correlation", hint: "up to 1; 0 is chance"),
      interval: { $0.matthewsCorrelation }, value: { $0.matthewsCorrelation }),
    MetricEntry("macro.roc_auc", .init(.share, from: .areas)) { $0.scores.areas?.macro?.roc },
    MetricEntry("macro.average_precision", .init(.share, from: .areas)) {
      $0.scores.areas?.macro?.averagePrecision
    },
    MetricEntry("aurc", .init(.score, from: .coverage, isLoss: true)) { $0.scores.coverage?.area },
    MetricEntry("coverage_at.coverage", .init(.share, from: .coverageAt)) {
      $0.scores.coverage?.reachedCoverage
    },
    MetricEntry("answered.coverage", .init(.share, from: .answered)) {
      $0.showsAnswered ? $0.answeredCoverage : nil
    },
    MetricEntry("answered.accuracy", .init(.share, from: .answered)) {
      $0.showsAnswered ? $0.answeredAccuracy : nil
    },
    MetricEntry("cost.answers", .cost) { $0.scores.cost?.answers },
    MetricEntry(
      "cost.decisions", .cost, absence: "it needs a table of costs and the probabilities of all classes",
      value: { $0.scores.cost?.decisions }),
  ]

  /// The metrics of a single class, by the last part of their names.
  static let ofClass: KeyValuePairs<String, MetricProperties> = [
    "support": .init(.count), "precision": .init(.share), "recall": .init(.share), "f1": .init(.share),
    "roc_auc": .init(.share, from: .areas), "average_precision": .init(.share, from: .areas),
  ]

  /// The metrics with a bootstrap interval, in the order of the JSON report.
  static let withInterval = all.filter { $0.interval != nil }

  /// The metrics whose bootstrap intervals the text report and Markdown show.
  static let withShownInterval = all.filter { $0.summary?.showsInterval == true }

  /// The entries that the summary of the text report shows in a column.
  static func summarised(in column: Summary.Column) -> [MetricEntry] {
    all.filter { $0.summary?.column == column }
  }
}

extension MetricProperties {
  /// Whether the figure is computed from probabilities, which are rounded to Float.
  var isOfProbabilities: Bool { [.probabilities, .confidences].contains(source) }

  static let cost = MetricProperties(
    .score, from: .costs, isLoss: true, range: -Double.infinity...Double.infinity)
}

extension MetricProperties.Source {
  /// What reports call the figures from this source if merging has lost them, because they need every score; `nil` for
  /// figures that can be merged.
  var lostName: String? {
    switch self {
    case .areas: "areas"
    case .coverage, .coverageAt: "coverage"
    case .costs: "costs"
    case .counts, .probabilities, .confidences, .ranks, .bootstrap, .answered: nil
    }
  }

  /// The keys that reports list if merging has lost the figures from this source. An object such as `cost` is lost as a
  /// whole. Areas are listed by their own keys, which `macro` shares with each class.
  var lostKeys: [String] {
    guard lostName != nil else { return [] }
    let entries = MetricEntry.all.filter { $0.properties.source == self }
    let keys = entries.map { self == .areas ? $0.memberKey : $0.group ?? $0.key }
    // The table of metrics does not have the points of `coverage`.
    return withoutRepeats(keys + (self == .coverage ? ["coverage"] : []))
  }
}

/// Returns the texts in their order, each once.
func withoutRepeats(_ texts: [String]) -> [String] {
  var seen: Set<String> = []
  return texts.filter { seen.insert($0).inserted }
}
