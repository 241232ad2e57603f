// The sums of the confusion matrix's rows and columns, and the measures of agreement, which follow from them alone.
// Bootstrap samples are drawn as such sums.

/// The totals of a confusion matrix for each class.
struct ClassTotals: Equatable {
  /// For each class, the number of records that have it, that are predicted as it, and both.
  var support: [Int]
  var predicted: [Int]
  var correct: [Int]
  /// The number of records without a predicted class.
  var abstained: Int

  /// The number of all records.
  var records: Int { support.reduce(0, +) }

  /// Sums the rows and the columns of a matrix.
  ///
  /// - Complexity: O(c²) for c classes
  init(_ matrix: ConfusionMatrix) {
    let classes = 0..<matrix.classCount
    support = matrix.abstained
    predicted = [Int](repeating: 0, count: classes.count)
    for truth in classes {
      for label in classes {
        support[truth] += matrix[truth, label]
        predicted[label] += matrix[truth, label]
      }
    }
    correct = classes.map { matrix[$0, $0] }
    abstained = matrix.abstained.reduce(0, +)
  }
}

// MARK: - Samples

extension ClassTotals {
  /// Sets all counts to 0.
  mutating func removeAll() {
    for index in support.indices { (support[index], predicted[index], correct[index]) = (0, 0, 0) }
    abstained = 0
  }

  /// Adds `count` records.
  mutating func add(_ count: Int, truth: Int, predicted label: Int?) {
    support[truth] += count
    guard let label else {
      abstained += count
      return
    }
    predicted[label] += count
    if label == truth { correct[truth] += count }
  }

  /// The means of the classes' F1, as ``MeanFigures`` defines them.
  ///
  /// - Complexity: O(c) for c classes
  var meanF1: (macro: Double, weighted: Double) {
    var (macro, weighted) = (CompensatedSum(), CompensatedSum())
    var occurring = 0
    for index in support.indices where support[index] + predicted[index] > 0 {
      let f1 = ratio(2 * correct[index], support[index] + predicted[index])
      macro.add(f1)
      weighted.add(Double(support[index]) * f1)
      occurring += 1
    }
    return (occurring == 0 ? 0 : macro.value / Double(occurring), weighted.value / Double(max(1, records)))
  }
}

// MARK: - Agreement corrected for chance

/// Measures of the agreement between predicted and true classes. A record without a predicted class counts as predicted
/// to be of a class that no record has.
extension ClassTotals {
  /// Cohen's kappa, (observed − expected) / (1 − expected) agreement: 1 is perfect, and 0 is what independent guesses
  /// with the same frequencies would reach. `nil` if guesses cannot be wrong, because all records have one class and
  /// all predictions are that class.
  ///
  /// J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20, 1960.
  ///
  /// - Complexity: O(c) for c classes
  var kappa: Double? {
    let total = Double(records)
    let expected = marginalProducts / total
    return expected == total ? nil : (correctCount - expected) / (total - expected)
  }

  /// The Matthews correlation coefficient for any number of classes: 1 is perfect, and 0 is no relation. As in
  /// scikit-learn, it is also 0 if only one class is true or only one is predicted.
  ///
  /// J. Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", Computational Biology
  /// and Chemistry 28, 2004: R_K as a covariance over two deviations.
  ///
  /// - Complexity: O(c) for c classes
  var matthewsCorrelation: Double {
    let total = Double(records)
    func squares(_ counts: [Int]) -> Double { counts.reduce(0) { $0 + Double($1) * Double($1) } }
    let none = Double(abstained)
    let truthSpread = total * total - squares(support)
    let predictedSpread = total * total - (squares(predicted) + none * none)
    guard truthSpread > 0 && predictedSpread > 0 else { return 0 }
    // Rounding of the two roots can move a quotient of 1 or −1 out of range.
    if correctCount == total { return 1 }
    let covariance = correctCount * total - marginalProducts
    return min(max(covariance / (truthSpread.squareRoot() * predictedSpread.squareRoot()), -1), 1)
  }

  private var correctCount: Double { Double(correct.reduce(0, +)) }

  /// The sum over the classes of the number of records that have the class times the number predicted as it.
  private var marginalProducts: Double {
    zip(support, predicted).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }
}
