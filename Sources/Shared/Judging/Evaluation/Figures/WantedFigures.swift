// Figures that a report has only on request, because they need every score, and those of parts do not add up.
import JSON
import Predictions

/// The figures to compute besides those of every report.
public struct WantedFigures: Equatable, Sendable {
  /// Areas under the curves of each class against the rest.
  public var areas = false
  /// The accuracy at each share of answered records.
  public var coverage = false
  /// The accuracy whose largest coverage is requested.
  public var accuracyToCover: Double?
  /// The goal of the thresholds to choose.
  public var thresholdGoal: ThresholdGoal?
  /// The costs of mistakes.
  public var costs: CostTable?
  /// The figures of the answers alone, without the records that have none.
  public var answered = false
  /// Curves, with the areas and the coverage that they show, as far as the predictions allow. They are not part of the
  /// report, but the HTML page draws them.
  public var curves = false

  public init() {}

  /// Adds the figures that gates judge.
  public mutating func add(neededBy gates: [Gate]) {
    for gate in gates {
      switch gate.metric.properties.source {
      case .areas: areas = true
      case .coverage: coverage = true
      case .answered: answered = true
      default: break
      }
    }
  }
}

/// Figures that need every score.
public struct ScoreFigures: Equatable, Sendable {
  public var areas: AreaFigures?
  public var coverage: CoverageFigures?
  /// The chosen thresholds. They are not part of the report, but are written to a separate file.
  public var thresholds: ChosenThresholds?
  public var cost: CostFigures?
  /// The curves. They are not part of the report, but the HTML page draws them.
  public var curves: CurveFigures?
  /// The keys of figures that merged reports had but that cannot be merged.
  public var unmergeable: [String] = []

  public init() {}

  /// The keys of the figures, in the order of their listing.
  static let keys = MetricProperties.Source.allCases.flatMap(\.lostKeys)

  /// Returns the keys of the figures that a report has, or that reports merged into it had.
  static func unmergeable(in report: JSONValue) -> [String] {
    let before = report["not_merged"]?["figures"]?.arrayValue?.compactMap(\.stringValue) ?? []
    return keys.filter { key in
      before.contains(key) || report[key] != nil || report["macro"]?[key] != nil
    }
  }

  /// The reason why merging loses these figures.
  static let reason = "they need every score, and reports hold sums: judge all predictions together"
}

/// Keeps the scores of each record that the wanted figures need. ``ClassScores`` and ``RankedConfidences`` say how much
/// memory they take.
struct KeptScores {
  let wanted: WantedFigures
  private var scores: ClassScores?
  private var confidences: RankedConfidences?

  /// Prepares for rows with the given columns. Scores that they lack are not kept.
  init(_ wanted: WantedFigures, _ columns: PredictionColumns) {
    self.wanted = wanted
    let needsScores = wanted.areas || wanted.thresholdGoal != nil || wanted.costs != nil || wanted.curves
    if needsScores, columns.hasProbabilities { scores = ClassScores() }
    let hasConfidence = columns.hasProbability || columns.hasProbabilities
    let needsConfidences = wanted.coverage || wanted.accuracyToCover != nil || wanted.curves
    if needsConfidences, hasConfidence { confidences = RankedConfidences() }
  }

  /// Keeps what the figures need of a row.
  ///
  /// - Complexity: O(c) for c classes, amortised
  mutating func add(_ row: PredictionRow, truth: Int) {
    scores?.add(row, truth: truth)
    confidences?.add(row, truth: truth)
  }

  /// Returns the figures. `names` are the classes of `table` in its order, which is also that of `confusion`.
  ///
  /// - Complexity: O(c n log n) for n records and c classes, plus O(n c²) with costs
  func figures(names: [String], _ table: ClassTable, confusion: ConfusionMatrix) throws -> ScoreFigures {
    var figures = ScoreFigures()
    let order = table.order
    if let costs = try wanted.costs?.costs(of: names, areAll: table.areKnown) {
      figures.cost =
        scores.map { CostFigures(confusion, costs, $0, order: order) } ?? CostFigures(confusion, costs)
    }
    if let scores {
      if wanted.areas { figures.areas = AreaFigures(scores, order: order) }
      figures.thresholds = wanted.thresholdGoal.map {
        ChosenThresholds(scores, goal: $0, names: names, order: order)
      }
    }
    let coverage = confidences.map { CoverageFigures($0, accuracy: wanted.accuracyToCover) }
    if wanted.coverage || wanted.accuracyToCover != nil { figures.coverage = coverage }
    if wanted.curves {
      figures.curves = CurveFigures(
        scores, areas: figures.areas, order: order, confidences, coverage: coverage)
    }
    return figures
  }

  /// Returns notes on wanted figures that the rows do not allow.
  func notes(name: String) -> [EvaluationNote] {
    var notes: [EvaluationNote] = []
    if wanted.areas, scores == nil { notes.append(.noAreas(name: name)) }
    if wanted.coverage || wanted.accuracyToCover != nil, confidences == nil {
      notes.append(.text("\(name): has no coverage, which needs the predicted classes' probabilities"))
    }
    return notes
  }
}
