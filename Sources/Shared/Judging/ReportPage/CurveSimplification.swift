// Reduces curves to fewer points that look the same.
import Evaluation

/// Returns the points of a line without those that are within `tolerance` of the line through the remaining points.
///
/// D. H. Douglas and T. K. Peucker, "Algorithms for the reduction of the number of points required to represent a
/// digitized line", Cartographica 10, 1973. A list of spans replaces the recursion, for which a long line could exhaust
/// the stack. n points take O(n²) time in the worst case.
func simplified(_ points: [CurvePoint], tolerance: Double) -> [CurvePoint] {
  guard points.count > 2 else { return points }
  var isKept = [Bool](repeating: false, count: points.count)
  isKept[0] = true
  isKept[points.count - 1] = true
  var spans = [0..<points.count - 1]
  while let span = spans.popLast() {
    guard span.count > 1 else { continue }
    var farthest = (index: span.lowerBound, distance: 0.0)
    for index in span.dropFirst() {
      let distance = distance(points[index], points[span.lowerBound], points[span.upperBound])
      if distance > farthest.distance { farthest = (index, distance) }
    }
    guard farthest.distance > tolerance else { continue }
    isKept[farthest.index] = true
    spans.append(span.lowerBound..<farthest.index)
    spans.append(farthest.index..<span.upperBound)
  }
  return points.indices.filter { isKept[$0] }.map { points[$0] }
}

/// Returns the distance of a point from the line segment between two others.
private func distance(_ point: CurvePoint, _ start: CurvePoint, _ end: CurvePoint) -> Double {
  let (width, height) = (end.x - start.x, end.y - start.y)
  let squared = width * width + height * height
  let along = squared == 0 ? 0 : ((point.x - start.x) * width + (point.y - start.y) * height) / squared
  let nearest = min(max(along, 0), 1)
  let (x, y) = (point.x - start.x - nearest * width, point.y - start.y - nearest * height)
  return (x * x + y * y).squareRoot()
}

/// Returns the part of a curve with ascending x that ends at x = `limit`.
func cut(_ points: [CurvePoint], atX limit: Double) -> [CurvePoint] {
  guard let first = points.firstIndex(where: { $0.x > limit }), first > 0 else { return points }
  let (before, after) = (points[first - 1], points[first])
  let share = (limit - before.x) / (after.x - before.x)
  return points[..<first] + [CurvePoint(limit, before.y + share * (after.y - before.y))]
}
