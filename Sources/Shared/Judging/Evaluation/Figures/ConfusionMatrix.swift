// The confusion matrix: how often records of each true class were predicted as each class.

/// Counts of records by true and predicted class. The matrix grows as new classes appear.
///
/// Memory: 8 bytes for each pair of classes; up to four times that after the matrix has grown.
///
/// Memory: 8 bytes for each pair of classes; up to four times that after the matrix has grown.
public struct ConfusionMatrix: Equatable, Sendable {
  public private(set) var classCount: Int
  /// [capacity, capacity], row-major; rows are true classes. `capacity` is at least `classCount`.
  private var counts: [Int]
  private var capacity: Int
  /// The number of records without a predicted class, by true class.
  public private(set) var abstained: [Int]

  public init(classCount: Int = 0) {
    self.classCount = classCount
    capacity = classCount
    counts = [Int](repeating: 0, count: classCount * classCount)
    abstained = [Int](repeating: 0, count: classCount)
  }

  /// The number of records of the class `truth` that were predicted as `predicted`.
  public subscript(truth: Int, predicted: Int) -> Int { counts[truth * capacity + predicted] }

  /// Adds one or more records. `predicted` is `nil` if the model abstained.
  ///
  /// - Complexity: O(1); O(c²) for a new class if c classes fill the capacity, which then at least doubles
  public mutating func add(truth: Int, predicted: Int?, count: Int = 1) {
    grow(to: max(truth, predicted ?? 0) + 1)
    if let predicted { counts[truth * capacity + predicted] += count } else { abstained[truth] += count }
  }

  /// Adds the counts of another matrix, whose class i is class `indices[i]` here.
  ///
  /// - Complexity: O(c²) for c classes of the other matrix
  public mutating func add(_ other: ConfusionMatrix, as indices: [Int]) {
    for (truth, newTruth) in indices.enumerated() {
      for (predicted, newPredicted) in indices.enumerated() {
        add(truth: newTruth, predicted: newPredicted, count: other[truth, predicted])
      }
      add(truth: newTruth, predicted: nil, count: other.abstained[truth])
    }
  }

  /// Grows the matrix to `count` classes, if it has fewer.
  ///
  /// - Complexity: O(c²) for c classes if they exceed the capacity, otherwise O(1)
  public mutating func grow(to count: Int) {
    guard count > classCount else { return }
    if count > capacity {
      let wider = max(count, 2 * capacity, 16)
      var moved = [Int](repeating: 0, count: wider * wider)
      for truth in 0..<classCount {
        for predicted in 0..<classCount { moved[truth * wider + predicted] = self[truth, predicted] }
      }
      (counts, capacity) = (moved, wider)
    }
    abstained += [Int](repeating: 0, count: count - classCount)
    classCount = count
  }

  /// Returns the same counts with the classes in another order: class `order[i]` becomes class i.
  ///
  /// - Complexity: O(c²) for c classes
  func reordered(_ order: [Int]) -> ConfusionMatrix {
    precondition(order.count == classCount, "an order of \(order.count) for \(classCount) classes")
    var result = ConfusionMatrix(classCount: classCount)
    for (newTruth, truth) in order.enumerated() {
      for (newPredicted, predicted) in order.enumerated() {
        result.counts[newTruth * classCount + newPredicted] = self[truth, predicted]
      }
      result.abstained[newTruth] = abstained[truth]
    }
    return result
  }

  // MARK: Totals

  /// The number of all records.
  ///
  /// - Complexity: O(c²) for c classes
  public var total: Int { (0..<classCount).reduce(0) { $0 + support($1) } }

  /// The number of records whose predicted class is the true one.
  ///
  /// - Complexity: O(c) for c classes
  public var correct: Int { (0..<classCount).reduce(0) { $0 + self[$1, $1] } }

  /// The number of records of a true class.
  ///
  /// - Complexity: O(c) for c classes
  public func support(_ truth: Int) -> Int {
    (0..<classCount).reduce(abstained[truth]) { $0 + self[truth, $1] }
  }

  /// The number of records predicted as a class.
  ///
  /// - Complexity: O(c) for c classes
  public func predicted(_ predicted: Int) -> Int { (0..<classCount).reduce(0) { $0 + self[$1, predicted] } }

  /// Whether two matrices have the same counts.
  ///
  /// - Complexity: O(c²) for c classes
  public static func == (one: ConfusionMatrix, other: ConfusionMatrix) -> Bool {
    one.classCount == other.classCount && one.abstained == other.abstained
      && (0..<one.classCount).allSatisfy { truth in
        (0..<one.classCount).allSatisfy { one[truth, $0] == other[truth, $0] }
      }
  }
}

/// Records of one class that were predicted as another.
public struct Confusion: Equatable, Sendable {
  public var truth: Int
  public var predicted: Int
  public var count: Int
}

extension ConfusionMatrix {
  /// Returns the `limit` most frequent confusions, the most frequent first. Equally frequent ones are in the order of
  /// the classes.
  ///
  /// - Complexity: O(c² + m log m) for c classes and m different confusions
  func mostFrequentConfusions(limit: Int) -> [Confusion] {
    var found: [Confusion] = []
    for truth in 0..<classCount {
      for predicted in 0..<classCount where predicted != truth && self[truth, predicted] > 0 {
        found.append(Confusion(truth: truth, predicted: predicted, count: self[truth, predicted]))
      }
    }
    // The sort is stable.
    return Array(found.sorted { $0.count > $1.count }.prefix(limit))
  }
}
