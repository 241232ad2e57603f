// A panel of a chart: axes, a grid, and the lines inside.

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
