// How far predicted and true classes agree beyond what chance would give. Records without a predicted class count as
// given a class that no record has.

extension ConfusionMatrix {
  /// Cohen's kappa, (observed − expected) / (1 − expected) agreement: 1 for perfect, 0 for what independent guesses with
  /// the same frequencies would reach. `nil` where guessing could not go wrong: all records have one class and were
  /// given it.
  ///
  /// J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20, 1960.
  public var kappa: Double? {
    let total = Double(self.total)
    let expected = marginalProducts / total
    return expected == total ? nil : (Double(correct) - expected) / (total - expected)
  }

  /// Matthews' correlation coefficient for any number of classes: 1 for perfect, 0 for no relation. 0 also where only
  /// one class is true or predicted, as scikit-learn has it.
  ///
  /// J. Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", Computational Biology
  /// and Chemistry 28, 2004: R_K as a covariance over two deviations.
  public var matthewsCorrelation: Double {
    let total = Double(self.total)
    func squares(_ counts: [Int]) -> Double { counts.reduce(0) { $0 + Double($1) * Double($1) } }
    let none = abstained.reduce(0, +)
    let truthSpread = total * total - squares((0..<classCount).map(support))
    let predictedSpread = total * total - squares((0..<classCount).map(predicted) + [none])
    guard truthSpread > 0 && predictedSpread > 0 else { return 0 }
    let covariance = Double(correct) * total - marginalProducts
    return covariance / (truthSpread.squareRoot() * predictedSpread.squareRoot())
  }

  /// The sum over the classes of how many have it times how many were given it.
  private var marginalProducts: Double {
    (0..<classCount).reduce(0) { $0 + Double(support($1)) * Double(predicted($1)) }
  }
}
