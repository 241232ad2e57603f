// Areas under curves: how well scores tell each class from the rest, whatever the threshold.

/// The areas of each class against the rest, and their means.
public struct AreaFigures: Equatable, Sendable {
  /// The areas of a class, or the means of several classes'.
  public struct Areas: Equatable, Sendable {
    /// Under the receiver operating characteristic, 0 to 1; 0.5 for scores that tell nothing.
    public var roc: Double
    /// Average precision, 0 to 1; the class's share of the records for scores that tell nothing.
    public var averagePrecision: Double
  }

  /// In the order of the report's classes; `nil` where all records are of the class, or none.
  public var classes: [Areas?]
  /// The mean over the classes that have areas, each with the same weight; `nil` where none has.
  public var macro: Areas?

  /// How many classes the means are over.
  public var meanCount: Int { classes.count { $0 != nil } }

  /// The areas of scores, of class `order[i]` at i. O(c n log n) for n records and c classes.
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
