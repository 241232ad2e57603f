// The number of records of each class.

import TensorStream

/// The number of records of each class in a stream.
public struct ClassCounts: Equatable, Sendable {
  /// The number of records by label, [classCount].
  public let counts: [Int]

  init(_ counts: [Int]) { self.counts = counts }

  /// The imbalance of the classes; see ``classImbalance(_:)``.
  public var imbalance: Double? { classImbalance(counts) }
}

extension AuditedRecords {
  /// Returns the number of records of each class in a stream; `nil` if it has no labels.
  func classCounts(of stream: Int) -> ClassCounts? {
    guard streams[stream].hasLabels else { return nil }
    var counts = [Int](repeating: 0, count: classCount)
    for case let label? in labels[streams[stream].records] { counts[Int(label)] += 1 }
    return ClassCounts(counts)
  }

  /// Returns findings for each stream: for the classes without a record, in order, then for those with fewer than
  /// `limit` records, the smallest first.
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
