// Chooses thresholds on predictions of records whose true classes are known, and withholds answers that do not reach
// their class's threshold.
import ByteIO
import Predictions

/// The goal that a class's threshold must achieve on the records whose probability of the class reaches it, even if
/// another class is likelier.
public enum ThresholdGoal: Equatable, Sendable {
  /// The largest F1.
  case f1
  /// The largest recall among thresholds with at least this precision.
  case precision(Double)
  /// The largest precision among thresholds with at least this recall.
  case recall(Double)

  /// Parses `f1`, `precision=0.95` or `recall=0.9`; `nil` for other texts.
  public init?(parsing text: String) {
    if text == "f1" {
      self = .f1
      return
    }
    let parts = text.split(separator: "=", omittingEmptySubsequences: false)
    guard parts.count == 2, let least = Double(parts[1]), least > 0, least <= 1 else { return nil }
    switch parts[0] {
    case "precision": self = .precision(least)
    case "recall": self = .recall(least)
    default: return nil
    }
  }

  var words: String {
    switch self {
    case .f1: "an F1 above 0"
    case .precision(let least): "a precision of \(plain(least))"
    case .recall(let least): "a recall of \(plain(least))"
    }
  }
}

/// A class's threshold, and what it achieves.
public struct ChosenThreshold: Equatable, Sendable {
  public var name: String
  /// The number of records that have the class.
  public var support: Int
  /// The threshold and its figures; `nil` if no threshold achieves the goal.
  public var achieved: Achievement?

  /// The figures of the class against the rest, at a threshold.
  public struct Achievement: Equatable, Sendable {
    public var threshold: Float
    public var precision: Double
    public var recall: Double
    public var f1: Double
  }
}

extension RankedScores {
  /// Returns the best threshold for a goal; `nil` if none achieves it. Of equally good ones, this is the highest, which
  /// gives the fewest answers. With a goal of recall, it is the lowest, which has the highest recall.
  ///
  /// - Complexity: O(n) for n steps
  func threshold(for goal: ThresholdGoal) -> ChosenThreshold.Achievement? {
    var best: (value: Double, step: Step)?
    for step in steps where step.positives > 0 {
      let (precision, recall) = (ratio(step.positives, step.records), ratio(step.positives, positives))
      let isBetter: Bool
      let value: Double
      switch goal {
      case .f1:
        value = f1(step)
        isBetter = value > best?.value ?? 0
      case .precision(let least):
        value = recall
        isBetter = precision >= least && value > best?.value ?? 0
      case .recall(let least):
        value = precision
        isBetter = recall >= least && value >= best?.value ?? 0
      }
      if isBetter { best = (value, step) }
    }
    return best.map { _, step in
      ChosenThreshold.Achievement(
        threshold: step.score, precision: ratio(step.positives, step.records),
        recall: ratio(step.positives, positives), f1: f1(step))
    }
  }

  private func f1(_ step: Step) -> Double { ratio(2 * step.positives, step.records + positives) }
}

/// The thresholds of all classes for a goal.
public struct ChosenThresholds: Equatable, Sendable {
  public let goal: ThresholdGoal
  public let classes: [ChosenThreshold]

  /// Chooses thresholds from scores. Class `names[i]` is class `order[i]` of the scores.
  ///
  /// - Complexity: O(c n log n) for n records and c classes
  init(_ scores: ClassScores, goal: ThresholdGoal, names: [String], order: [Int]) {
    self.goal = goal
    classes = zip(names, order).map { name, label in
      let ranking = scores.probabilityRanking(of: label)
      return ChosenThreshold(
        name: name, support: ranking.positives, achieved: ranking.threshold(for: goal))
    }
  }

  /// A line that names the classes without a threshold; `nil` if all have one.
  var note: String? {
    let lost = classes.filter { $0.achieved == nil }
    guard !lost.isEmpty else { return nil }
    let listed = shortList(lost, atMost: 5) { "'\(displayed($0.name))'" }
    return
      "no threshold achieves \(goal.words) for \(listed): the threshold '\(ClassThresholds.never)' is written, and such a class is never"
      + " the answer"
  }

  /// Writes the table that ``ClassThresholds`` reads. The sink is not committed.
  ///
  /// - Complexity: O(classes).
  public func write(to sink: any ByteSink) throws {
    try sink.write("class\tthreshold\tprecision\trecall\tf1\trecords\n")
    for ofClass in classes {
      let values =
        ofClass.achieved.map { ["\($0.threshold)", "\($0.precision)", "\($0.recall)", "\($0.f1)"] }
        ?? [ClassThresholds.never, "", "", ""]
      let fields = [displayed(ofClass.name)] + values + ["\(ofClass.support)"]
      try sink.write(fields.joined(separator: "\t") + "\n")
    }
  }
}

// MARK: - Answers below a threshold

/// Removes the predicted class of rows that do not reach its threshold. fm-predict would have left it empty.
struct WithheldAnswers {
  private let thresholds: ClassThresholds
  /// The threshold of each class, by its number; `nil` for classes that have not occurred yet.
  private var minimums: [Float?] = []

  init(_ thresholds: ClassThresholds) { self.thresholds = thresholds }

  /// Judges a row that `reader` has just read.
  ///
  /// - Complexity: O(1), apart from the first row of each class
  mutating func judge(_ row: inout PredictionRow, _ reader: PredictionReader) throws {
    guard let predicted = row.predicted else { return }
    guard let probability = row.probability ?? row.probability(of: predicted) else {
      throw EvaluationError.noProbabilities(name: reader.name)
    }
    if minimums.isEmpty, reader.format == .raw, !reader.areClassesGiven {
      do {
        _ = try thresholds.minimums(of: reader.classes.names)
      } catch {
        // A stream of predictions names its classes at its end, which is too late.
        throw EvaluationError.thresholdsNeedClasses(name: reader.name, error)
      }
    }
    while minimums.count <= predicted { minimums.append(nil) }
    let minimum = minimums[predicted] ?? thresholds.minimum(of: reader.classes.names[predicted])
    minimums[predicted] = minimum
    if probability < minimum { row.predicted = nil }
  }

  /// Throws if there are thresholds of unknown classes. If classes are known only by occurring, returns a line that
  /// names those that did not occur.
  func finish(_ classes: ClassTable) throws(ThresholdError) -> String? {
    guard !classes.areKnown else {
      _ = try thresholds.minimums(of: classes.names)
      return nil
    }
    let others = thresholds.others(than: classes.names)
    guard !others.isEmpty else { return nil }
    let listed = others.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
    return "\(thresholds.name): no record has or was given the class \(listed)"
      + (others.count > 5 ? " or \(others.count - 5) more" : "")
  }
}
