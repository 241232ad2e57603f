// How unequal classes are in number.

import ByteIO
import TensorStream

/// The records of each class, compared.
struct ClassBalance {
  /// [classes]
  private let counts: [Int]

  /// `counts` by label; of classes that have names, those after the last label that occurs have no records.
  init(_ counts: [Int], classCount: Int) {
    self.counts = counts + [Int](repeating: 0, count: max(0, classCount - counts.count))
  }

  /// From here on, a network that learns each image once has little reason to learn the smallest class: in a batch of 128
  /// images of ten classes, there is about one of it.
  static let remarkableRatio = 10.0

  private var largest: Int { counts.max() ?? 0 }
  private var absentCount: Int { counts.count { $0 == 0 } }

  /// See ``classImbalance(_:)``.
  var ratio: Double? { classImbalance(counts) }

  /// Whether that is for whoever trains to know.
  var isRemarkable: Bool { (ratio ?? 1) >= Self.remarkableRatio }

  /// `the largest class has 3.0 times the records of the smallest; 1 class has none`, `nil` without records.
  var text: String? {
    guard let ratio else { return nil }
    let comparison =
      ratio == 1
      ? "\(counted(largest, "record")) of each class"
      : "the largest class has \(fixed(ratio, decimals: 1)) times the records of the smallest"
    guard absentCount > 0 else { return comparison }
    return comparison + (ratio == 1 ? " that has any" : "")
      + "; \(counted(absentCount, "class", plural: "classes")) \(absentCount == 1 ? "has" : "have") none"
  }
}
