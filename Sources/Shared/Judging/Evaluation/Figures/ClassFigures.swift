// How well each class is recognised, and the means over the classes.

/// The figures of a class, computed from the sums of its row and its column of the confusion matrix.
///
/// - precision: the share of the records predicted as the class that have it
/// - recall: the share of the records of the class that are predicted as it; records without a predicted class count
/// - f1: the harmonic mean of both, 2 TP / (2 TP + FP + FN)
///
/// A figure whose denominator is 0 is 0, as with scikit-learn's `zero_division`.
/// C. J. van Rijsbergen, "Information Retrieval", 2nd edition, 1979, chapter 7.
public struct ClassFigures: Equatable, Sendable {
  public var name: String
  /// The number of records that have the class.
  public var support: Int
  /// The number of records predicted as the class.
  public var predicted: Int
  public var precision: Double
  public var recall: Double
  public var f1: Double

  init(name: String, index: Int, in totals: ClassTotals) {
    self.name = name
    let correct = totals.correct[index]
    support = totals.support[index]
    predicted = totals.predicted[index]
    precision = ratio(correct, predicted)
    recall = ratio(correct, support)
    f1 = ratio(2 * correct, support + predicted)
  }
}

/// The means of the classes' figures.
public struct MeanFigures: Equatable, Sendable {
  public var precision: Double
  public var recall: Double
  public var f1: Double

  /// Returns the unweighted mean over the classes that occur, as true or as predicted ones. The mean must not depend on
  /// whether an input lists further classes.
  ///
  /// - Complexity: O(c) for c classes
  static func macro(_ classes: [ClassFigures]) -> MeanFigures {
    MeanFigures(classes) { $0.support + $0.predicted > 0 ? 1 : 0 }
  }

  /// Returns the mean over the classes, weighted by their numbers of records.
  ///
  /// - Complexity: O(c) for c classes
  static func weighted(_ classes: [ClassFigures]) -> MeanFigures {
    MeanFigures(classes) { Double($0.support) }
  }

  private init(_ classes: [ClassFigures], weight: (ClassFigures) -> Double) {
    let total = classes.reduce(0) { $0 + weight($1) }
    func mean(_ figure: KeyPath<ClassFigures, Double>) -> Double {
      var sum = CompensatedSum()
      for figures in classes { sum.add(weight(figures) * figures[keyPath: figure]) }
      return total == 0 ? 0 : sum.value / total
    }
    (precision, recall, f1) = (mean(\.precision), mean(\.recall), mean(\.f1))
  }
}

/// Returns `numerator / denominator`, or 0 if the denominator is 0, as scikit-learn does.
func ratio(_ numerator: Int, _ denominator: Int) -> Double {
  denominator == 0 ? 0 : Double(numerator) / Double(denominator)
}
