// How many records each class has.

/// The records of each class in a stream.
public struct ClassCounts: Equatable, Sendable {
  /// [classCount].
  public let counts: [Int]

  init(_ counts: [Int]) { self.counts = counts }

  /// How many times as many records the largest class has as the smallest of those that have any; `nil` if none has.
  public var imbalance: Double? {
    guard let largest = counts.max(), let smallest = counts.lazy.filter({ $0 > 0 }).min() else { return nil }
    return Double(largest) / Double(smallest)
  }
}

extension AuditedRecords {
  /// The records of each class in a stream, `nil` if it has no labels.
  func classCounts(of stream: Int) -> ClassCounts? {
    guard streams[stream].hasLabels else { return nil }
    var counts = [Int](repeating: 0, count: classCount)
    for case let label? in labels[streams[stream].records] { counts[Int(label)] += 1 }
    return ClassCounts(counts)
  }

  /// The classes without a record, in their order; then those with fewer than `limit`, the smallest first.
  func classFindings(fewerThan limit: Int) -> [Finding] {
    streams.indices.flatMap { stream -> [Finding] in
      guard let counts = classCounts(of: stream)?.counts else { return [] }
      let small = counts.indices.filter { counts[$0] == 0 || counts[$0] < limit }
      return small.sorted { (counts[$0], $0) < (counts[$1], $1) }.map { label in
        var finding = Finding(counts[label] == 0 ? .missingClass : .smallClass, stream: stream)
        finding.label = label
        finding.count = counts[label]
        return finding
      }
    }
  }
}
