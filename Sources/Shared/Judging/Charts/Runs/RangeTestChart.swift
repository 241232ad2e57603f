// The loss over the learning rate (fm-train --lr-find).
import ByteIO

/// A line for each test, over a logarithmic axis of learning rates, with the suggested rate marked.
public struct RangeTestChart {
  private let runs: [TrainingRun]
  private let families: RunFamilies

  /// Creates the chart of one or more tests. `names` are the names of their files.
  public init(_ runs: [TrainingRun], names: [String]) {
    precondition(runs.count == names.count && !runs.isEmpty, "\(names.count) names for \(runs.count) runs")
    self.runs = runs
    families = RunFamilies(names)
  }

  public var chart: Chart {
    let area = Rectangle(66, 0, 600, 300)
    let legend = RunLegend(families, width: area.width)
    let top = 58 + legend.height
    let height = top + area.height + 84
    return Chart(
      width: area.right + 30, height: height,
      title: "Learning-rate range test: \(families.names.joined(separator: ", "))"
    ) { canvas in
      legend.draw(canvas, at: Point(area.x, 34))
      let panel = ChartPanel(
        area: Rectangle(area.x, top, area.width, area.height), xAxis: rateAxis, yAxis: lossAxis,
        title: "Loss, mean cross-entropy in nats", xTitle: "learning rate")
      panel.draw(canvas)
      for (run, color) in zip(runs, families.colors) {
        panel.line(canvas, run.steps.map { ($0.learningRate, $0.loss) }, Stroke(color: color, width: 1.5))
        if let suggestion = run.suggestion { mark(suggestion, color, panel, canvas) }
      }
      canvas.text(
        "Dashed: the suggested rate, where the loss falls fastest.", at: Point(area.x, height - 20),
        Font(11.5),
        .note)
    }
  }

  private func mark(_ rate: Double, _ color: Color, _ panel: ChartPanel, _ canvas: Canvas) {
    let (foot, head) = (panel.point(rate, panel.yAxis.lower), panel.point(rate, panel.yAxis.upper))
    guard panel.area.x...panel.area.right ~= foot.x else { return }
    canvas.line([foot, head], Stroke(color: color, width: 1.2, dashes: [5, 4]))
    // Two significant digits, as fm-train prints them.
    var decimals = 1
    while decimals < 12, rate * (0..<decimals).reduce(1.0, { scale, _ in scale * 10 }) < 10 { decimals += 1 }
    canvas.text(fixed(rate, decimals: decimals), at: Point(head.x + 6, head.y + 12), Font(11.5), color)
  }

  private var rateAxis: Axis {
    let rates = runs.flatMap { $0.steps.map(\.learningRate) }
    return Axis(logarithmicFrom: rates.min() ?? 1e-6, to: rates.max() ?? 1)
  }

  /// The axis ends a little above the losses with which the tests began, because far too high a rate sends the loss
  /// anywhere.
  private var lossAxis: Axis {
    let losses = runs.flatMap { $0.steps.map(\.loss) }
    let first = runs.compactMap(\.steps.first?.loss).max() ?? 1
    return Axis(min(losses.min() ?? 0, first), min(losses.max() ?? 1, 1.25 * first), count: 5)
  }
}
