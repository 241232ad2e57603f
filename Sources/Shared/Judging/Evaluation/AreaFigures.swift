// Areas under curves: how well scores separate each class from the rest, over all thresholds.

/// The areas of each class against the rest, and their means.
public struct AreaFigures: Equatable, Sendable {
  /// The areas of one class, or their means over several classes.
  public struct Areas: Equatable, Sendable {
    /// The area under the receiver operating characteristic, 0 to 1; 0.5 for uninformative scores.
    public var roc: Double
    /// The average precision, 0 to 1; for uninformative scores, the class's share of the records.
    public var averagePrecision: Double
  }

  /// The areas of each class, in the report's order; `nil` if all records are of the class, or none.
  public var classes: [Areas?]
  /// The unweighted mean over the classes that have areas; `nil` if none has.
  public var macro: Areas?

  /// The number of classes that the means are over.
  public var meanCount: Int { classes.count { $0 != nil } }

  /// Computes the areas from scores. Class `order[i]` of the scores is class i here.
  ///
  /// - Complexity: O(c n log n) for n records and c classes
  init(_ scores: ClassScores, order: [Int]) {
    self.init(
      classes: order.map { label in
        let ranking = scores.ranking(of: label)
        guard let roc = ranking.rocArea, let precision = ranking.averagePrecision else { return nil }
        return Areas(roc: roc, averagePrecision: precision)
      })
  }

  init(classes: [Areas?]) {
    self.classes = classes
    let known = classes.compactMap { $0 }
    guard !known.isEmpty else { return }
    func mean(_ area: KeyPath<Areas, Double>) -> Double {
      var sum = CompensatedSum()
      for areas in known { sum.add(areas[keyPath: area]) }
      return sum.value / Double(known.count)
    }
    macro = Areas(roc: mean(\.roc), averagePrecision: mean(\.averagePrecision))
  }
}
