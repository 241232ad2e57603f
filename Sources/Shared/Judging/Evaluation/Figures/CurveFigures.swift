// How well scores separate each class from the rest, over all thresholds: curves, and the areas under them. Only the
// HTML page draws the curves.

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
  var meanCount: Int { classes.count { $0 != nil } }

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

/// A point on a curve. Both coordinates are shares, 0 to 1.
public struct CurvePoint: Equatable, Sendable {
  public var x: Double
  public var y: Double

  public init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
}

/// Curves of how well classes are separated from the rest at every threshold, and of how often answers are right at
/// every coverage.
public struct CurveFigures: Equatable, Sendable {
  /// The curves of a class against the rest.
  public struct ClassCurves: Equatable, Sendable {
    /// The class's index in the report.
    public var index: Int
    /// The share of the other records that reach a threshold (x), and the share of the class's records that do (y),
    /// from (0, 0) to (1, 1).
    public var roc: [CurvePoint]
    /// Recall (x) and precision (y) by falling threshold, as steps. The area below them is the average precision.
    public var precisionRecall: [CurvePoint]
  }

  /// The most classes whose curves are drawn. More curves in one chart hide each other.
  static let classLimit = 10

  /// The areas of all classes; `nil` if the probabilities of all classes are not known.
  public var areas: AreaFigures?
  /// The curves of the classes with the lowest average precision, the lowest first.
  public var classes: [ClassCurves] = []
  /// The figures of coverage; `nil` if the probabilities of predicted classes are not known.
  public var coverage: CoverageFigures?
  /// The share of the records that are answered (x), and the share of these answers that are right (y). The curve
  /// begins at 1 % of the records, since the accuracy on fewer says nothing.
  public var coverageCurve: [CurvePoint] = []

  /// Computes the curves of kept scores and confidences. Class `order[i]` of the scores is class i here. `areas` are
  /// those of the scores, or `nil` if they are yet to be computed. `coverage` are the figures of the confidences.
  ///
  /// - Complexity: O(c n log n) for n records and c classes; O(n log n) if the areas are known, since at most
  ///   ``classLimit`` classes have curves
  init(
    _ scores: ClassScores?, areas known: AreaFigures?, order: [Int], _ confidences: RankedConfidences?,
    coverage: CoverageFigures?
  ) {
    if let scores {
      let areas = known ?? AreaFigures(scores, order: order)
      self.areas = areas
      classes = areas.lowest(Self.classLimit).map { index in
        let ranking = scores.ranking(of: order[index])
        return ClassCurves(index: index, roc: ranking.rocCurve, precisionRecall: ranking.precisionRecallCurve)
      }
    }
    self.coverage = coverage
    if let confidences {
      coverageCurve = RankedScores(confidences.answers).coverageCurve(of: confidences.records)
    }
  }
}

extension AreaFigures {
  /// Returns the indices of the classes with the lowest average precision, the lowest first, equal ones in their order.
  ///
  /// - Complexity: O(c log c) for c classes
  func lowest(_ count: Int) -> [Int] {
    let known = classes.indices.compactMap { index in classes[index].map { (index, $0.averagePrecision) } }
    // The sort is stable.
    return known.sorted { $0.1 < $1.1 }.prefix(count).map(\.0)
  }
}

extension RankedScores {
  /// The ROC curve, to be drawn with straight lines: between two steps, records with the same score can come in any
  /// order.
  fileprivate var rocCurve: [CurvePoint] {
    let negatives = records - positives
    return thinned(
      [CurvePoint(0, 0)]
        + steps.map {
          CurvePoint(ratio($0.records - $0.positives, negatives), ratio($0.positives, positives))
        })
  }

  fileprivate var precisionRecallCurve: [CurvePoint] {
    var points: [CurvePoint] = []
    var recall = 0.0
    for step in steps {
      let precision = ratio(step.positives, step.records)
      points.append(CurvePoint(recall, precision))
      recall = ratio(step.positives, positives)
      points.append(CurvePoint(recall, precision))
    }
    return thinned(points)
  }

  fileprivate func coverageCurve(of all: Int) -> [CurvePoint] {
    thinned(
      steps.filter { 100 * $0.records >= all }.map {
        CurvePoint(ratio($0.records, all), ratio($0.positives, $0.records))
      })
  }
}

/// Drops points that no chart could show apart: of consecutive points in one cell of a fine grid, only the first stays.
/// The last point of the curve stays too.
private func thinned(_ points: [CurvePoint]) -> [CurvePoint] {
  // 16 cells per pixel of a chart 512 pixels wide, so that a part of it can be enlarged.
  let cells = 8192.0
  var kept: [CurvePoint] = []
  for point in points.dropLast() {
    let isNew = kept.last.map {
      ($0.x * cells).rounded(.down) != (point.x * cells).rounded(.down)
        || ($0.y * cells).rounded(.down) != (point.y * cells).rounded(.down)
    }
    if isNew ?? true { kept.append(point) }
  }
  return kept + points.suffix(1).filter { $0 != kept.last }
}
