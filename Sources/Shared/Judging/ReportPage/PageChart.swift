// Charts as SVG within the page: their panels, and curves with fewer points that look the same. They have the page's
// colours, light or dark, and their text stays text.
import ByteIO
import Charts
import Evaluation

/// A rectangle with an axis along its bottom and one along its left side, in a chart that is ``width`` units wide. It
/// writes SVG for a style sheet; `ChartPanel` draws a panel with Cairo, as shapes in fixed colours.
struct PagePanel {
  /// The width of a chart in units: the width in CSS pixels that a small phone has for it, so that letters keep their
  /// size there.
  static let width = 340.0

  let left: Double
  let top: Double
  let innerWidth: Double
  let innerHeight: Double
  let xAxis: Axis
  let yAxis: Axis
  var xTitle = ""
  var yTitle = ""

  /// Creates a panel with room for the numbers and titles of its axes. Its first line of text begins at `top`.
  init(top: Double = 0, height: Double, _ xAxis: Axis, _ yAxis: Axis, xTitle: String, yTitle: String) {
    (left, self.top) = (52, top + 26)
    (innerWidth, innerHeight) = (Self.width - 52 - 24, height)
    (self.xAxis, self.yAxis, self.xTitle, self.yTitle) = (xAxis, yAxis, xTitle, yTitle)
  }

  /// The lower end of the text below the panel.
  var bottom: Double { top + innerHeight + 44 }

  func x(_ value: Double) -> Double { left + xAxis.place(of: value) * innerWidth }
  func y(_ value: Double) -> Double { top + (1 - yAxis.place(of: value)) * innerHeight }

  /// The grid, numbers and titles, which are drawn before the content of the panel.
  var frame: [String] {
    let (right, base) = (left + innerWidth, top + innerHeight)
    var lines: [String] = []
    for tick in yAxis.ticks {
      let y = short(y(tick))
      lines.append("<path class=\"grid\" d=\"M\(short(left)) \(y)H\(short(right))\"/>")
      lines.append(text(yAxis.text(of: tick), left - 6, self.y(tick) + 4, anchor: "end"))
    }
    for tick in xAxis.ticks {
      lines.append("<path class=\"axis\" d=\"M\(short(x(tick))) \(short(base))v4\"/>")
      lines.append(text(xAxis.text(of: tick), x(tick), base + 17, anchor: "middle"))
    }
    lines.append("<path class=\"axis\" d=\"M\(short(left)) \(short(base))H\(short(right))\"/>")
    lines.append(text(yTitle, left - 46, top - 12, anchor: "start"))
    lines.append(text(xTitle, right, base + 35, anchor: "end"))
    return lines
  }

  /// Returns a line through points in the units of the axes, without the points that nobody could see.
  func path(_ points: [CurvePoint], class name: String) -> String {
    let placed = simplified(points.map { CurvePoint(x($0.x), y($0.y)) }, tolerance: Self.tolerance)
    let texts = placed.map { "\(short($0.x)) \(short($0.y))" }
    return "<path class=\"\(name)\" d=\"M\(texts.joined(separator: "L"))\"/>"
  }

  /// A quarter of a pixel if the chart is twice as large as on a phone.
  private static let tolerance = 0.125

  private func text(_ text: String, _ x: Double, _ y: Double, anchor: String) -> String {
    "<text x=\"\(short(x))\" y=\"\(short(y))\" text-anchor=\"\(anchor)\">\(escapedXML(text))</text>"
  }
}

/// Returns a chart with a title and a description for those who cannot see it. Both are escaped for HTML.
func svg(_ id: String, height: Double, title: String, description: String, _ body: [String]) -> [String] {
  [
    "<svg role=\"img\" aria-labelledby=\"\(id)-t\" aria-describedby=\"\(id)-d\" viewBox=\"0 0 \(short(PagePanel.width)) \(short(height))\">",
    "<title id=\"\(id)-t\">\(title)</title>", "<desc id=\"\(id)-d\">\(description)</desc>",
  ] + body + ["</svg>"]
}

/// Returns a rectangle of a chart.
func bar(_ x: Double, _ y: Double, _ width: Double, _ height: Double, class name: String) -> String {
  "<rect class=\"\(name)\" x=\"\(short(x))\" y=\"\(short(y))\" width=\"\(short(width))\" height=\"\(short(height))\"/>"
}

/// Returns a coordinate rounded to a tenth, which is finer than screens can show.
func short(_ value: Double) -> String {
  let tenths = Int((value * 10).rounded())
  let sign = tenths < 0 ? "-" : ""
  let (whole, rest) = (tenths.magnitude / 10, tenths.magnitude % 10)
  return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
}

// MARK: - Fewer points

/// Returns the points of a line without those that are within `tolerance` of the line through the remaining points.
///
/// D. H. Douglas and T. K. Peucker, "Algorithms for the reduction of the number of points required to represent a
/// digitized line", Cartographica 10, 1973. A list of spans replaces the recursion, for which a long line could exhaust
/// the stack.
///
/// - Complexity: O(n log n) for n points if the spans are cut into similar parts, O(n²) in the worst case
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
