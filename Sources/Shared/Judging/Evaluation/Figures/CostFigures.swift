// The cost of answers, and the cost if decisions minimised the expected cost.
import ByteIO

/// Mean costs per record.
public struct CostFigures: Equatable, Sendable {
  /// The mean cost of the answers; `nil` if there are none. Records without an answer cost nothing and are not counted.
  public var answers: Double?
  /// The mean cost over all records if each were assigned the class with the least expected cost; `nil` without
  /// probabilities.
  public var decisions: Double?

  /// Computes the cost of the answers. `costs` is [true class, predicted class], row-major, in the order of the matrix.
  ///
  /// - Complexity: O(c²) for c classes
  init(_ confusion: ConfusionMatrix, _ costs: [Double]) {
    answers = Self.mean(confusion, costs)
  }

  /// Computes the costs of the answers and of decisions based on the probabilities. Class i of the costs is class
  /// `order[i]` of the scores.
  ///
  /// A decision assigns the class j with the least Σ p(i) cost(i, j), the first of equal ones: the Bayes decision (C.
  /// Elkan, "The foundations of cost-sensitive learning", IJCAI 2001).
  ///
  /// - Complexity: O(n c²) for n records and c classes
  init(_ confusion: ConfusionMatrix, _ costs: [Double], _ scores: ClassScores, order: [Int]) {
    self.init(confusion, costs)
    var decisions = ConfusionMatrix(classCount: order.count)
    var places = [Int](repeating: 0, count: order.count)
    for (place, label) in order.enumerated() { places[label] = place }
    for record in scores.truths.indices {
      let probabilities = scores.probabilities(of: record)
      let decision = Self.decision(order.map { Double(probabilities[$0]) }, costs)
      decisions.add(truth: places[Int(scores.truths[record])], predicted: decision)
    }
    self.decisions = Self.mean(decisions, costs)
  }

  /// Returns the class of the least expected cost. `probabilities` is [classes], and `costs` is [true class, predicted
  /// class], row-major.
  ///
  /// - Complexity: O(c²) for c classes
  static func decision(_ probabilities: [Double], _ costs: [Double]) -> Int {
    let count = probabilities.count
    var best = (label: 0, cost: Double.infinity)
    for label in 0..<count {
      var cost = 0.0
      for truth in 0..<count { cost += probabilities[truth] * costs[truth * count + label] }
      if cost < best.cost { best = (label, cost) }
    }
    return best.label
  }

  private static func mean(_ counts: ConfusionMatrix, _ costs: [Double]) -> Double? {
    let classes = counts.classCount
    precondition(costs.count == classes * classes, "\(costs.count) costs for \(classes) classes")
    var (sum, answers) = (CompensatedSum(), 0)
    for truth in 0..<classes {
      for label in 0..<classes {
        sum.add(Double(counts[truth, label]) * costs[truth * classes + label])
        answers += counts[truth, label]
      }
    }
    return answers == 0 ? nil : sum.value / Double(answers)
  }

  /// At most two lines: `0.1234 for an answer, on average` and `0.1201 if …`.
  package var lines: [String] {
    [
      answers.map { "\(shown($0)) for an answer, on average" },
      decisions.map { "\(shown($0)) if each answer were the class of the least expected cost" },
    ].compactMap { $0 }
  }

  private func shown(_ cost: Double) -> String { cost.magnitude < 1e9 ? fixed(cost, decimals: 4) : "\(cost)" }
}
