// The axes of charts: ranges, the values of ticks, and their labels; and panels, which have two axes, a grid, and lines
// inside.
import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An axis maps the values of its range to positions from 0 to 1.
package struct Axis {
  package let lower: Double
  package let upper: Double
  package let ticks: [Double]
  let isLogarithmic: Bool
  /// The text after a tick's number, such as ` %`.
  var unit = ""
  private var decimals = 0

  /// Creates a linear axis with at most about `count` ticks, at multiples of 1, 2 or 5 times a power of ten.
  ///
  /// With `endsAtTicks`, the range is extended so that the axis ends at ticks. With `isWhole`, ticks are whole numbers.
  package init(
    _ lower: Double, _ upper: Double, count: Int, endsAtTicks: Bool = true, isWhole: Bool = false,
    unit: String = ""
  ) {
    // A range of a single value has that value in its middle. A range too narrow for ticks counts as a single value.
    let isRange = upper - lower > 1e-9 * max(abs(lower), abs(upper))
    let spread = isRange ? upper - lower : max(1, abs(upper) / 10)
    let (first, last) = isRange ? (lower, upper) : (lower - spread / 2, upper + spread / 2)
    var step = Self.niceStep(spread / Double(max(1, count)))
    if isWhole { step = max(1, step) }
    // A value within rounding errors of a tick counts as the tick.
    let (low, high) = (first / step, last / step)
    let range =
      endsAtTicks
      ? Int((low + 1e-9).rounded(.down))...Int((high - 1e-9).rounded(.up))
      : Int(
        (low - 1e-9).rounded(.up))...max(Int((low - 1e-9).rounded(.up)), Int((high + 1e-9).rounded(.down)))
    ticks = range.map { Double($0) * step }
    self.lower = endsAtTicks ? ticks.first! : first
    self.upper = endsAtTicks ? ticks.last! : last
    self.unit = unit
    isLogarithmic = false
    var scaled = step
    while decimals < 9, abs(scaled - scaled.rounded()) > 1e-6 * scaled {
      scaled *= 10
      decimals += 1
    }
  }

  /// Creates a logarithmic axis over positive values, with ticks at powers of ten. If the range contains no power of
  /// ten, the only tick is `lower`.
  init(logarithmicFrom lower: Double, to upper: Double) {
    let (low, high) = (log10(lower), log10(upper))
    let (first, last) = (Int((low - 1e-9).rounded(.up)), Int((high + 1e-9).rounded(.down)))
    ticks = first <= last ? (first...last).map { pow(10, Double($0)) } : [lower]
    self.lower = lower
    self.upper = max(upper, lower * 1.0001)
    isLogarithmic = true
  }

  /// Returns the position of a value: 0 at the lower end, 1 at the upper end.
  package func place(of value: Double) -> Double {
    isLogarithmic ? log(value / lower) / log(upper / lower) : (value - lower) / (upper - lower)
  }

  /// Returns the label of a tick.
  package func text(of tick: Double) -> String {
    if isLogarithmic {
      let exponent = Int(log10(tick).rounded())
      return exponent >= -3 && exponent <= 3 ? fixed(tick, decimals: max(0, -exponent)) : "1e\(exponent)"
    }
    return (tick.magnitude < 1e6 ? fixed(tick, decimals: decimals) : "\(tick)") + unit
  }

  /// Returns the smallest of 1, 2 and 5 times a power of ten that is at least `step`.
  private static func niceStep(_ step: Double) -> Double {
    let power = pow(10, floor(log10(step)))
    return ([1, 2, 5].first { $0 * power >= step * (1 - 1e-9) } ?? 10) * power
  }
}

/// A rectangle with an axis along its bottom and one along its left side.
struct ChartPanel {
  let area: Rectangle
  let xAxis: Axis
  let yAxis: Axis
  var title = ""
  var xTitle = ""

  static let tickFont = Font(11)

  func point(_ x: Double, _ y: Double) -> Point {
    Point(area.x + xAxis.place(of: x) * area.width, area.bottom - yAxis.place(of: y) * area.height)
  }

  /// Draws the grid, ticks and titles. The content of the panel must be drawn afterwards, on top of them.
  func draw(_ canvas: Canvas) {
    for tick in yAxis.ticks {
      let y = point(xAxis.lower, tick).y
      canvas.line([Point(area.x, y), Point(area.right, y)], Stroke(color: .faint))
      canvas.text(yAxis.text(of: tick), at: Point(area.x - 7, y + 4), Self.tickFont, .note, .end)
    }
    drawBase(canvas)
  }

  /// Draws the horizontal axis and the titles.
  func drawBase(_ canvas: Canvas) {
    for tick in xAxis.ticks {
      let x = point(tick, yAxis.lower).x
      canvas.line([Point(x, area.bottom), Point(x, area.bottom + 4)], Stroke(color: .rule))
      canvas.text(xAxis.text(of: tick), at: Point(x, area.bottom + 17), Self.tickFont, .note, .middle)
    }
    canvas.line([Point(area.x, area.bottom), Point(area.right, area.bottom)], Stroke(color: .rule))
    canvas.text(title, at: Point(area.x, area.y - 12), Font(13, isBold: true))
    canvas.text(xTitle, at: Point(area.x + area.width / 2, area.bottom + 35), Font(11.5), .note, .middle)
  }

  /// Draws a line through values, clipped to the panel.
  func line(_ canvas: Canvas, _ values: [(x: Double, y: Double)], _ stroke: Stroke) {
    // A little larger than the panel, so that lines along its edges keep their width.
    let room = Rectangle(area.x - 2, area.y - 2, area.width + 4, area.height + 4)
    canvas.clipped(to: room) { canvas.line(values.map { point($0.x, $0.y) }, stroke) }
  }
}
