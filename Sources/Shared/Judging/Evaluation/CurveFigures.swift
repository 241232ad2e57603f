// The curves from which areas and coverage are computed. A page draws them; other reports have only what they come to.

/// A place on a curve; both coordinates are shares.
public struct CurvePoint: Equatable, Sendable {
  public var x: Double
  public var y: Double

  public init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
}

/// How classes are told from the rest at every threshold, and how often answers are right at every coverage.
public struct CurveFigures: Equatable, Sendable {
  /// The curves of a class against the rest.
  public struct ClassCurves: Equatable, Sendable {
    /// The class's place in the report.
    public var index: Int
    /// The share of the other records that reach a threshold, and the share of the class's that do: from 0, 0 to 1, 1.
    public var roc: [CurvePoint]
    /// Recall and precision by falling thresholds, as steps: the area below them is the average precision.
    public var precisionRecall: [CurvePoint]
  }

  /// More curves in one diagram hide each other.
  public static let classLimit = 10

  /// The areas of all classes; `nil` where the probabilities of all classes are not known.
  public var areas: AreaFigures?
  /// The curves of the classes with the lowest average precision, the lowest first.
  public var classes: [ClassCurves] = []
  /// `nil` where the probabilities of predicted classes are not known.
  public var coverage: CoverageFigures?
  /// The share of the records that are answered, and the share of the answers that are right, from 1 % of the records on:
  /// of fewer the share says nothing.
  public var coverageCurve: [CurvePoint] = []

  /// The curves of what was kept; class `order[i]` of the scores is class i. `areas` and `coverage` are theirs, where they
  /// have been computed.
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
  /// The places of the classes with the lowest average precision, the lowest first, equal ones in their order.
  func lowest(_ count: Int) -> [Int] {
    let known = classes.indices.compactMap { index in classes[index].map { (index, $0.averagePrecision) } }
    // The sort is stable.
    return known.sorted { $0.1 < $1.1 }.prefix(count).map(\.0)
  }
}

extension RankedScores {
  /// As trapezoids: between two steps, records of one score are taken in any order.
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

/// The points of a curve without those that no drawing tells from the one before: in each cell of a fine grid that the curve
/// goes through, the first. The last one stays.
private func thinned(_ points: [CurvePoint]) -> [CurvePoint] {
  // Sixteen cells a pixel of a diagram 512 wide, so that a part of it can be drawn larger.
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
