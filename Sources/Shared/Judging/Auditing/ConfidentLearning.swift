// Finds labels that are probably wrong, from the predictions of models that were not trained on the records.
//
// Northcutt, Jiang & Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels", J. Artif. Intell. Res. 70.

/// The score that ranks suspects.
public enum SuspectRank: String, CaseIterable, Sendable {
  /// The probability of the label minus that of the likeliest other class, mapped to 0 to 1: (p − max + 1) / 2.
  case margin
  /// The probability of the label.
  case selfConfidence = "self-confidence"
}

/// A record whose label is probably wrong.
public struct Suspect: Equatable, Sendable {
  public let record: Int
  /// The class that it probably belongs to.
  public let suggested: Int
  /// The score, 0 to 1. The lowest is the most suspicious.
  public let score: Double
}

/// The result of confident learning: thresholds, the confident joint, and the records off its diagonal.
///
/// The figures equal those of cleanlab 2.9 with its defaults: `compute_confident_joint(calibrate=False)`,
/// `find_label_issues(filter_by="confident_learning")`, ranked by `normalized_margin` or `self_confidence`.
public struct ConfidentLearning: Equatable, Sendable {
  /// For each class, the mean of its probability over the records with that label; `nil` for a class without records.
  public let thresholds: [Double?]
  /// For each label, the number of its records that confidently belong to each class, [classCount][classCount]. The
  /// diagonal is at least 1.
  let joint: [[Int]]
  /// The suspects, sorted by score, then by record.
  public let suspects: [Suspect]

  /// cleanlab's tolerance. A probability may be below its threshold by this much, and the class of the label wins ties
  /// within it.
  private static let tolerance = 1e-6

  /// Finds suspects. labels: [n], below `classCount`. probabilities: [n, classCount], row-major.
  ///
  /// - Complexity: O(n · classCount + s log s) for s suspects. Memory is that of the joint and of the suspects.
  public init(labels: [Int], probabilities: [Float], classCount: Int, rank: SuspectRank) {
    precondition(
      probabilities.count == labels.count * classCount,
      "\(probabilities.count) probabilities for \(labels.count) labels of \(classCount) classes")
    let thresholds = Self.thresholds(labels, probabilities, classCount)
    var joint = [[Int]](repeating: [Int](repeating: 0, count: classCount), count: classCount)
    var suspects: [Suspect] = []
    for (record, label) in labels.enumerated() {
      let row = probabilities[record * classCount..<(record + 1) * classCount].map(Double.init)
      guard let confident = Self.confidentClass(row, thresholds) else { continue }
      joint[label][confident] += 1
      if confident == label || Self.isLikeliest(label, of: row) { continue }
      suspects.append(
        Suspect(record: record, suggested: confident, score: Self.score(row, label: label, by: rank)))
    }
    for label in 0..<classCount { joint[label][label] = max(1, joint[label][label]) }
    self.thresholds = thresholds
    self.joint = joint
    self.suspects = suspects.sorted { ($0.score, $0.record) < ($1.score, $1.record) }
  }

  private static func thresholds(_ labels: [Int], _ probabilities: [Float], _ classCount: Int) -> [Double?] {
    var sums = [Double](repeating: 0, count: classCount)
    var counts = [Int](repeating: 0, count: classCount)
    for (record, label) in labels.enumerated() {
      sums[label] += Double(probabilities[record * classCount + label])
      counts[label] += 1
    }
    // A class that is never likely would have a threshold below the tolerance, and every record would belong to it.
    return zip(sums, counts).map { sum, count in count == 0 ? nil : max(2 * tolerance, sum / Double(count)) }
  }

  /// Returns the class that a record confidently belongs to: the only class that reaches its threshold or, if several
  /// do, the likeliest class of all. `nil` if none does.
  private static func confidentClass(_ row: [Double], _ thresholds: [Double?]) -> Int? {
    let confident = row.indices.filter { index in
      thresholds[index].map { row[index] >= $0 - tolerance } ?? false
    }
    return confident.count > 1 ? likeliest(row) : confident.first
  }

  /// Returns the first of the likeliest classes.
  private static func likeliest(_ row: [Double]) -> Int {
    row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
  }

  /// Whether the model predicts the label, too. Then the record is not a suspect.
  private static func isLikeliest(_ label: Int, of row: [Double]) -> Bool {
    var row = row
    row[label] += tolerance
    return likeliest(row) == label
  }

  private static func score(_ row: [Double], label: Int, by rank: SuspectRank) -> Double {
    switch rank {
    case .selfConfidence: return row[label]
    case .margin:
      let others = row.indices.lazy.filter { $0 != label }.map { row[$0] }
      return (row[label] - (others.max() ?? 0) + 1) / 2
    }
  }
}
