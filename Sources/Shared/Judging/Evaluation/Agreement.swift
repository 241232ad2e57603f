// Measures of the agreement between predicted and true classes, corrected for chance. A record without a predicted
// class counts as predicted to be of a class that no record has.

extension ClassTotals {
  /// Cohen's kappa, (observed − expected) / (1 − expected) agreement: 1 is perfect, and 0 is what independent guesses
  /// with the same frequencies would reach. `nil` if guesses cannot be wrong, because all records have one class and
  /// all predictions are that class.
  ///
  /// J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20, 1960.
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
