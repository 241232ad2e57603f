// How far predicted and true classes agree beyond what chance would give. Records without a predicted class count as
// given a class that no record has.

extension ClassTotals {
  /// Cohen's kappa, (observed − expected) / (1 − expected) agreement: 1 for perfect, 0 for what independent guesses with
  /// the same frequencies would reach. `nil` where guessing could not go wrong: all records have one class and were
  /// given it.
  ///
  /// J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20, 1960.
  var kappa: Double? {
    let total = Double(records)
    let expected = marginalProducts / total
    return expected == total ? nil : (correctCount - expected) / (total - expected)
  }

  /// Matthews' correlation coefficient for any number of classes: 1 for perfect, 0 for no relation. 0 also where only
  /// one class is true or predicted, as scikit-learn has it.
  ///
  /// J. Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", Computational Biology
  /// and Chemistry 28, 2004: R_K as a covariance over two deviations.
  var matthewsCorrelation: Double {
    let total = Double(records)
    func squares(_ counts: [Int]) -> Double { counts.reduce(0) { $0 + Double($1) * Double($1) } }
    let none = Double(abstained)
    let truthSpread = total * total - squares(support)
    let predictedSpread = total * total - (squares(predicted) + none * none)
    guard truthSpread > 0 && predictedSpread > 0 else { return 0 }
    // The two roots may round the quotient of a perfect or a hopeless table past the end.
    if correctCount == total { return 1 }
    let covariance = correctCount * total - marginalProducts
    return min(max(covariance / (truthSpread.squareRoot() * predictedSpread.squareRoot()), -1), 1)
  }

  private var correctCount: Double { Double(correct.reduce(0, +)) }

  /// The sum over the classes of how many have it times how many were given it.
  private var marginalProducts: Double {
    zip(support, predicted).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }
}
