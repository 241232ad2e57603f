// Figures that a report has only where they are asked for: they need every score, and those of parts do not add up.
import JSON
import Predictions

/// Which figures are to be computed besides those of every report.
public struct WantedFigures: Equatable, Sendable {
  /// Areas under curves, of each class against the rest.
  public var areas = false
  /// Which share of the records can be answered with which accuracy.
  public var coverage = false
  /// The accuracy whose largest coverage is wanted.
  public var accuracyToCover: Double?
  /// What thresholds are to be chosen for.
  public var thresholdGoal: ThresholdGoal?
  /// What mistakes cost.
  public var costs: CostTable?
  /// How good the answers are that were given, apart from records without one.
  public var answered = false
  /// Curves, with the areas and the coverage that they show, as far as the predictions have what these need. They are no
  /// figures of the report: a page draws them.
  public var curves = false

  public init() {}

  /// Adds the figures that gates judge.
  public mutating func add(neededBy gates: [Gate]) {
    for gate in gates {
      switch gate.metric.source {
      case .areas: areas = true
      case .coverage: coverage = true
      case .answered: answered = true
      case .plain, .coverageAt, .costs: break
      }
    }
  }
}

/// Figures that every score is needed for.
public struct ScoreFigures: Equatable, Sendable {
  public var areas: AreaFigures?
  public var coverage: CoverageFigures?
  /// They are no figures of the report, and written to a file of their own.
  public var thresholds: ChosenThresholds?
  public var cost: CostFigures?
  /// They are no figures of the report, and drawn on a page of their own.
  public var curves: CurveFigures?
  /// The keys of figures that merged reports had, and that cannot be merged.
  public var unmergeable: [String] = []

  public init() {}

  /// The keys of the figures, in the order in which they are listed.
  static let keys = ["roc_auc", "average_precision", "aurc", "coverage", "coverage_at", "cost"]

  /// The keys of the figures that a report has, or that those had that were merged into it.
  static func unmergeable(in report: JSONValue) -> [String] {
    let before = report["not_merged"]?["figures"]?.arrayValue?.compactMap(\.stringValue) ?? []
    return keys.filter { key in
      before.contains(key) || report[key] != nil || report["macro"]?[key] != nil
    }
  }

  /// Why reports that are merged lose these figures.
  static let reason = "they need every score, and reports hold sums: judge all predictions at once"
}

/// Keeps what the wanted figures need of each record.
struct KeptScores {
  let wanted: WantedFigures
  private var scores: ClassScores?
  private var confidences: RankedConfidences?

  /// Prepares for rows with such columns; what these do not have is not kept.
  init(_ wanted: WantedFigures, _ columns: PredictionColumns) {
    self.wanted = wanted
    let needsScores = wanted.areas || wanted.thresholdGoal != nil || wanted.costs != nil || wanted.curves
    if needsScores, columns.hasProbabilities { scores = ClassScores() }
    let hasConfidence = columns.hasProbability || columns.hasProbabilities
    let needsConfidences = wanted.coverage || wanted.accuracyToCover != nil || wanted.curves
    if needsConfidences, hasConfidence { confidences = RankedConfidences() }
  }

  mutating func add(_ row: PredictionRow, truth: Int) {
    scores?.add(row, truth: truth)
    confidences?.add(row, truth: truth)
  }

  /// The figures of the classes `names`, those of `table` in its order, in which `confusion` has them too.
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

  /// What is wanted and the rows do not have.
  func notes(name: String) -> [String] {
    var notes: [String] = []
    if wanted.areas, scores == nil {
      notes.append(
        "\(name): has no areas, which need the probabilities of all classes; add --probabilities or --format raw to"
          + " fm-predict")
    }
    if wanted.coverage || wanted.accuracyToCover != nil, confidences == nil {
      notes.append("\(name): has no coverage, which needs the predicted classes' probabilities")
    }
    return notes
  }
}
