// The accuracies of several models with their intervals, one below the other.
import ByteIO
import Evaluation

/// A chart with a row for each model: its accuracy as a dot, its interval as a line, and its difference from the first
/// model.
public struct ComparisonChart {
  private let comparison: ModelComparison
  private let names: [String]
  private let nameWidth: Double

  private static let font = Font(12.5)
  private static let rowHeight = 30.0
  private static let left = 24.0
  private static let panelWidth = 420.0
  private static let top = 96.0

  public init(_ comparison: ModelComparison) {
    self.comparison = comparison
    let measure = TextMeasure()
    names = measure.fitted(comparison.models.map { displayed($0.name) }, Self.font, width: 260)
    nameWidth = measure.width(ofWidest: names, Self.font)
  }

  public var chart: Chart {
    let models = comparison.models
    let measure = TextMeasure()
    let words = models.map(words)
    let panelLeft = Self.left + nameWidth + 18
    let wordLeft = panelLeft + Self.panelWidth + 18
    let width = wordLeft + measure.width(ofWidest: words, Self.font) + Self.left
    let area = Rectangle(panelLeft, Self.top, Self.panelWidth, Double(models.count) * Self.rowHeight)
    let panel = ChartPanel(area: area, xAxis: axis, yAxis: Axis(0, 1, count: 0), xTitle: "accuracy")
    return Chart(width: width, height: area.bottom + 84, title: title) { canvas in
      canvas.text(headline, at: Point(Self.left, 40), Font(19, isBold: true))
      canvas.text(explanation, at: Point(Self.left, 62), Font(11.5), .note)
      drawGrid(panel, canvas)
      for (row, model) in models.enumerated() {
        let y = area.y + (Double(row) + 0.5) * Self.rowHeight
        canvas.text(names[row], at: Point(Self.left, y + 4), Self.font)
        draw(model, at: y, panel, canvas)
        canvas.text(words[row], at: Point(wordLeft, y + 4), Self.font, .note)
      }
    }
  }

  private var headline: String {
    let count = comparison.models.count
    return
      "Accuracy of \(count) model\(count == 1 ? "" : "s") on \(grouped(comparison.models[0].records)) records"
  }

  private var explanation: String {
    let confidence = percent(comparison.models[0].interval.confidence, 0)
    let hasTests = comparison.models.contains { $0.pairs != nil }
    return "Line: Wilson's \(confidence) % interval."
      + (hasTests
        ? " p: McNemar's exact test against the first model, corrected for the number of tests by Holm's method."
        : "")
  }

  /// Returns the text beside a model's row. The title of an SVG contains it too.
  private func words(_ model: ModelComparison.ComparedModel) -> String {
    let share = "\(percent(model.accuracy, 2)) %"
    let isFirst = model == comparison.models[0]
    return isFirst ? share : "\(share), \(model.difference(to: comparison.models[0]))"
  }

  private var title: String {
    headline + ": " + comparison.models.map { "\(displayed($0.name)) \(words($0))" }.joined(separator: "; ")
  }

  private var axis: Axis {
    let lower = comparison.models.map(\.interval.lower).min() ?? 0
    let upper = comparison.models.map(\.interval.upper).max() ?? 1
    return Axis(100 * lower, 100 * upper, count: 6, unit: " %")
  }

  private func drawGrid(_ panel: ChartPanel, _ canvas: Canvas) {
    for tick in panel.xAxis.ticks {
      let x = panel.point(tick, 0).x
      canvas.line([Point(x, panel.area.y), Point(x, panel.area.bottom)], Stroke(color: .faint))
    }
    panel.drawBase(canvas)
    let first = panel.point(100 * comparison.models[0].accuracy, 0).x
    canvas.line(
      [Point(first, panel.area.y), Point(first, panel.area.bottom)],
      Stroke(color: .note, width: 1.2, dashes: [5, 4]))
  }

  /// Draws a model's accuracy and interval: the first model in black, others in blue if they differ significantly from
  /// it (p below 0.05), and in grey if they do not or were not tested.
  private func draw(
    _ model: ModelComparison.ComparedModel, at y: Double, _ panel: ChartPanel, _ canvas: Canvas
  ) {
    let differs = (model.correctedProbability ?? 1) < 0.05
    let color = model == comparison.models[0] ? Color.ink : differs ? .right : .note
    let ends = [model.interval.lower, model.interval.upper].map { panel.point(100 * $0, 0).x }
    canvas.line(ends.map { Point($0, y) }, Stroke(color: color, width: 2))
    for end in ends { canvas.line([Point(end, y - 5), Point(end, y + 5)], Stroke(color: color, width: 2)) }
    canvas.disc(Point(panel.point(100 * model.accuracy, 0).x, y), radius: 5, color)
  }
}
