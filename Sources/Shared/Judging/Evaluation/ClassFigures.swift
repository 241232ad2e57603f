// How well each class is recognised, and the means over the classes.

/// The figures of a class, from the sums of its row and its column of the confusion matrix.
///
/// - precision: of the records that were given the class, the share that has it
/// - recall: of the records that have the class, the share that was given it; those without a predicted class count
/// - f1: the harmonic mean of both, 2 TP / (2 TP + FP + FN)
///
/// Where there is nothing to divide by they are 0, as with scikit-learn's `zero_division`.
/// C. J. van Rijsbergen, "Information Retrieval", 2nd edition, 1979, chapter 7.
public struct ClassFigures: Equatable, Sendable {
  public var name: String
  /// The records that have the class.
  public var support: Int
  /// The records that were given the class.
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

/// Means of the classes' figures.
public struct MeanFigures: Equatable, Sendable {
  public var precision: Double
  public var recall: Double
  public var f1: Double

  /// The mean over the classes, each with the same weight. Classes that are neither among the true nor among the
  /// predicted ones are left out: whether an input lists them must not change the mean.
  static func macro(_ classes: [ClassFigures]) -> MeanFigures {
    MeanFigures(classes) { $0.support + $0.predicted > 0 ? 1 : 0 }
  }

  /// The mean over the classes, each with its number of records as weight.
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
