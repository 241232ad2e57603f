// The sums of the confusion matrix's rows and columns, from which all of its figures follow.

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
