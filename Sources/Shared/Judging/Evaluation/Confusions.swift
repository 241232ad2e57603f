// Which class was taken for which, in words.
import ByteIO

/// A class that was taken for another, by their names.
public struct ConfusedPair: Equatable, Sendable {
  public var truth: String
  public var predicted: String
  public var count: Int
  /// The records that have the true class.
  public var support: Int
  /// `count` of `support`.
  public var share: Double { ratio(count, support) }

  /// `Shirt taken for T-shirt/top: 98 of 1,000 records, 9.8 %`, with the names as `shown` shows them.
  func words(_ shown: (String) -> String) -> String {
    "\(shown(truth)) taken for \(shown(predicted)): \(grouped(count)) of \(grouped(support))"
      + " record\(support == 1 ? "" : "s"), \(percent(share, 1)) %"
  }
}

extension Figures {
  /// More pairs than this are listed nowhere; the confusion matrix has all.
  static let confusionLimit = 100

  /// The most frequent confusions, the most frequent first, those alike in the order of the classes.
  public var confusions: [ConfusedPair] {
    confusion.mostFrequentConfusions(limit: Self.confusionLimit).map {
      ConfusedPair(
        truth: classes[$0.truth].name, predicted: classes[$0.predicted].name, count: $0.count,
        support: classes[$0.truth].support)
    }
  }
}
