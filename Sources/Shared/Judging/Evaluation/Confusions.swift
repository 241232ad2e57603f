// Confusions by the names of their classes, and as a line of a report.
import ByteIO

/// Records of one class that were predicted as another, with the names of the classes.
public struct ConfusedPair: Equatable, Sendable {
  public var truth: String
  public var predicted: String
  public var count: Int
  /// The number of records that have the true class.
  public var support: Int
  /// `count` as a share of `support`.
  public var share: Double { ratio(count, support) }

  /// Returns `Shirt taken for T-shirt/top: 98 of 1,000 records, 9.8 %`, with names as `shown` displays them.
  func words(_ shown: (String) -> String) -> String {
    "\(shown(truth)) taken for \(shown(predicted)): \(grouped(count)) of \(grouped(support))"
      + " record\(support == 1 ? "" : "s"), \(percent(share, 1)) %"
  }
}

extension Figures {
  /// The most pairs that any report lists. The confusion matrix has all of them.
  static let confusionLimit = 100

  /// The most frequent confusions, the most frequent first. Equally frequent ones are in the order of the classes.
  public var confusions: [ConfusedPair] {
    confusion.mostFrequentConfusions(limit: Self.confusionLimit).map {
      ConfusedPair(
        truth: classes[$0.truth].name, predicted: classes[$0.predicted].name, count: $0.count,
        support: classes[$0.truth].support)
    }
  }
}
