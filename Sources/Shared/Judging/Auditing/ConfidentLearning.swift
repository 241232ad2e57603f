// Which labels are probably wrong, told from what models that have not seen a record say of it.
//
// Northcutt, Jiang & Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels", J. Artif. Intell. Res. 70.

/// By what suspects are ranked.
public enum SuspectRank: String, CaseIterable, Sendable {
  /// The probability of the label less that of the likeliest other class, moved to 0 to 1: (p − max + 1) / 2.
  case margin
  /// The probability of the label.
  case selfConfidence = "self-confidence"
}

/// A record whose label is probably wrong.
public struct Suspect: Equatable, Sendable {
  public let record: Int
  /// The class that it probably belongs to.
  public let suggested: Int
  /// 0 to 1, the least the most suspicious.
  public let score: Double
}

/// What probabilities say of labels: thresholds, the confident joint, and the records off its diagonal.
///
/// The figures are those of cleanlab 2.9 with its defaults: `compute_confident_joint(calibrate=False)`,
/// `find_label_issues(filter_by="confident_learning")`, ranked by `normalized_margin` or `self_confidence`.
public struct ConfidentLearning: Equatable, Sendable {
  /// For each class the mean of its probability over the records that are labelled so; `nil` for a class without records.
  public let thresholds: [Double?]
  /// For each label how many of its records confidently belong to each class, [classCount][classCount]. The diagonal is at
  /// least 1.
  public let joint: [[Int]]
  /// Sorted by their scores, then by their records.
  public let suspects: [Suspect]

  /// cleanlab's tolerance: a probability may be below its threshold by that much, and the label's own class wins a tie
  /// within it.
  private static let tolerance = 1e-6

  /// labels: [n], below `classCount`. probabilities: [n, classCount], row-major.
  ///
  /// Complexity: O(n · classCount).
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

  /// The class that a record confidently belongs to: the only one at its threshold, or of several the likeliest class of
  /// all; `nil` if there is none.
  private static func confidentClass(_ row: [Double], _ thresholds: [Double?]) -> Int? {
    let confident = row.indices.filter { index in
      thresholds[index].map { row[index] >= $0 - tolerance } ?? false
    }
    return confident.count > 1 ? likeliest(row) : confident.first
  }

  /// The first of the likeliest.
  private static func likeliest(_ row: [Double]) -> Int {
    row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
  }

  /// Whether the model would give a record its label, too; then it is no suspect.
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
