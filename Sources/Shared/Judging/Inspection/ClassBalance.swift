// Measures how unequal the classes are in size.

import ByteIO
import TensorStream

/// Compares the number of records in each class.
struct ClassBalance {
  /// The number of records in each class: [classes].
  private let counts: [Int]

  /// `counts` are the records of each label. They may end before `classCount`, the number of class names: the remaining
  /// classes have no records.
  init(_ counts: [Int], classCount: Int) {
    self.counts = counts + [Int](repeating: 0, count: max(0, classCount - counts.count))
  }

  /// From this ratio on, a network that sees each image once per epoch has little reason to learn the smallest class: a
  /// batch of 128 images of ten classes has about one image of it.
  static let remarkableRatio = 10.0

  private var largest: Int { counts.max() ?? 0 }
  private var absentCount: Int { counts.count { $0 == 0 } }

  /// See ``classImbalance(_:)``.
  var ratio: Double? { classImbalance(counts) }

  /// Whether the ratio is large enough to tell the user.
  var isRemarkable: Bool { (ratio ?? 1) >= Self.remarkableRatio }

  /// `the largest class has 3.0 times the records of the smallest; 1 class has none`; `nil` without records.
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
