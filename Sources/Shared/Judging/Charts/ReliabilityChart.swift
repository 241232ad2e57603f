// The reliability diagram: how often predictions are right, by their confidence.
import ByteIO
import Evaluation

/// A chart with a bar for each bin of the calibration error: its accuracy, with a line at its mean confidence. A second
/// chart below shows the share of the predictions that are in each bin.
///
/// A. Niculescu-Mizil and R. Caruana, "Predicting good probabilities with supervised learning", ICML 2005.
public struct ReliabilityChart {
  private let bins: [CalibrationBin]
  private let error: Double

  /// Creates the diagram of bins between 0 and 1 and of their calibration error. Some bins can be empty.
  public init(bins: [CalibrationBin], error: Double) {
    (self.bins, self.error) = (bins, error)
  }

  /// Creates the diagram of an evaluation. Throws an `EvaluationError` if the predictions have no probabilities. `name`
  /// is their name in the message.
  public init(_ figures: Figures, name: String) throws(EvaluationError) {
    guard let error = figures.calibrationError else { throw .noProbabilities(name: name) }
    self.init(bins: figures.calibrationBins, error: error)
  }

  private static let side = 340.0
  private static let left = 72.0
  private static let top = 120.0
  private static let countHeight = 84.0

  public var chart: Chart {
    let headline = "Calibration error \(percent(error, 2)) %"
    let width = Self.left + Self.side + 40
    let countTop = Self.top + Self.side + 74
    return Chart(
      width: width, height: countTop + Self.countHeight + 58,
      title: "Reliability diagram: \(headline), \(tally)"
    ) { canvas in
      canvas.text(headline, at: Point(24, 44), Font(21, isBold: true))
      canvas.text(tally, at: Point(24, 66), Font(13), .note)
      drawAccuracies(canvas)
      drawCounts(canvas, top: countTop)
    }
  }

  private var tally: String {
    let total = bins.total
    return
      "\(percent(total.accuracy, 1)) % right, with a mean confidence of \(percent(total.meanProbability, 1)) %"
  }

  private var shareAxis: Axis { Axis(0, 100, count: 5, unit: " %") }

  private func drawAccuracies(_ canvas: Canvas) {
    let panel = ChartPanel(
      area: Rectangle(Self.left, Self.top, Self.side, Self.side), xAxis: shareAxis, yAxis: shareAxis,
      title: "Accuracy of the predictions", xTitle: "confidence: the predicted class's probability")
    panel.draw(canvas)
    canvas.line(
      [panel.point(0, 0), panel.point(100, 100)], Stroke(color: .note, width: 1.2, dashes: [5, 4]))
    for bin in bins where bin.count > 0 {
      let accuracy = 100 * bin.accuracy
      let (left, right) = (panel.point(100 * bin.lower, 0).x + 1, panel.point(100 * bin.upper, 0).x - 1)
      let (base, head) = (panel.point(0, 0).y, panel.point(0, accuracy).y)
      canvas.fill(Rectangle(left, head, right - left, base - head), .right, opacity: 0.8)
      // The distance of the bar's end from this line, weighted by the bin's count, is the bin's part of the error.
      let mean = panel.point(0, 100 * bin.meanProbability).y
      canvas.line([Point(left, mean), Point(right, mean)], Stroke(color: .wrong, width: 2.5))
    }
    drawKey(canvas, at: Point(Self.left + 14, Self.top + 22))
  }

  private func drawKey(_ canvas: Canvas, at corner: Point) {
    canvas.fill(Rectangle(corner.x, corner.y - 9, 16, 10), .right, opacity: 0.8)
    canvas.text("accuracy", at: Point(corner.x + 22, corner.y), Font(11.5))
    canvas.line(
      [Point(corner.x, corner.y + 14), Point(corner.x + 16, corner.y + 14)], Stroke(color: .wrong, width: 2.5)
    )
    canvas.text("mean confidence", at: Point(corner.x + 22, corner.y + 18), Font(11.5))
  }

  private func drawCounts(_ canvas: Canvas, top: Double) {
    let largest = bins.reduce(1) { max($0, $1.count) }
    let total = bins.total.count
    let panel = ChartPanel(
      area: Rectangle(Self.left, top, Self.side, Self.countHeight), xAxis: shareAxis,
      yAxis: Axis(0, 100 * Double(largest) / Double(max(1, total)), count: 3, unit: " %"),
      title: "Share of the \(grouped(total)) predictions", xTitle: "confidence")
    panel.draw(canvas)
    for bin in bins where bin.count > 0 {
      let (left, right) = (panel.point(100 * bin.lower, 0).x + 1, panel.point(100 * bin.upper, 0).x - 1)
      let head = panel.point(0, 100 * Double(bin.count) / Double(total)).y
      canvas.fill(Rectangle(left, head, right - left, panel.area.bottom - head), .note, opacity: 0.75)
    }
  }
}
