// Confusions with the names of their classes: the most frequent ones of a report, and the matrix alone.
import ByteIO
import Predictions

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
  ///
  /// - Complexity: O(c² + m log m) for c classes and m different confusions
  public var confusions: [ConfusedPair] {
    confusion.mostFrequentConfusions(limit: Self.confusionLimit).map {
      ConfusedPair(
        truth: classes[$0.truth].name, predicted: classes[$0.predicted].name, count: $0.count,
        support: classes[$0.truth].support)
    }
  }
}

/// A confusion matrix with the names of its classes.
public struct NamedConfusion: Equatable, Sendable {
  public var names: [String]
  public var matrix: ConfusionMatrix

  /// Reads a JSON report of fm-eval, or predictions in any format, in constant memory. `classes` are the names that the
  /// user gave. Throws ``EvaluationError``, `PredictionError`, `StreamError` or `FileError`.
  ///
  /// - Complexity: that of ``mergeReports(_:classes:settings:costs:gates:baseline:)`` for one report, or of
  ///   ``evaluate(_:classes:titles:truths:settings:wanted:thresholds:gates:baseline:wrong:)``
  public init(_ source: any ByteSource, classes: [String]? = nil, titles: [String]? = nil) throws {
    let source = PeekedSource(source)
    if try Baseline.isReport(source) {
      if titles != nil { throw EvaluationError.columnsOfReport(name: source.name) }
      // Merging a single report applies the given names in the same way as merging several.
      let figures = try mergeReports([{ source }], classes: classes).figures
      self.init(names: figures.classes.map(\.name), matrix: figures.confusion)
    } else {
      let figures = try evaluate(source, classes: classes, titles: titles).figures
      self.init(names: figures.classes.map(\.name), matrix: figures.confusion)
    }
  }

  init(names: [String], matrix: ConfusionMatrix) { (self.names, self.matrix) = (names, matrix) }
}
