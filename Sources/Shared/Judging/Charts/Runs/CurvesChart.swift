// Loss and accuracy of training runs, epoch by epoch: the chart, and the values and axes that it shares with curves in
// a terminal.
import ByteIO

/// Returns the chart of logs: curves over the epochs, or for range tests over the learning rate. `names` are the
/// names of the files. Throws ``TrainingLogError`` if the logs are of both kinds.
///
/// - Complexity: O(epochs, or steps of the range tests, in all logs).
public func trainingChart(
  _ runs: [TrainingRun], names: [String], showsRate: Bool = false
) throws(TrainingLogError) -> Chart {
  let (tests, trainings) = (runs.filter(\.epochs.isEmpty), runs.filter { !$0.epochs.isEmpty })
  if let test = tests.first, let training = trainings.first {
    throw .mixed(training: training.name, test: test.name)
  }
  return tests.isEmpty
    ? CurvesChart(runs, names: names, showsRate: showsRate).chart
    : RangeTestChart(runs, names: names).chart
}

/// A panel for the loss and one for the accuracy, each with all runs, and optionally a third for the learning rate.
///
/// A run has a solid line for the held-out images and a dotted one for the training images. A dot marks the epoch whose
/// weights were kept. Runs whose names differ only after the last dash, such as `cnn-0` and `cnn-1`, count as one
/// setting with several seeds, and share a colour.
public struct CurvesChart {
  private let runs: [TrainingRun]
  private let families: RunFamilies
  private let showsRate: Bool

  /// Creates the chart of one or more runs. `names` are the names of their files.
  public init(_ runs: [TrainingRun], names: [String], showsRate: Bool = false) {
    precondition(runs.count == names.count && !runs.isEmpty, "\(names.count) names for \(runs.count) runs")
    self.runs = runs
    self.showsRate = showsRate
    families = RunFamilies(names)
  }

  private typealias Quantity = TrainingCurves.Quantity

  private var curves: TrainingCurves { TrainingCurves(runs: runs) }

  private static let panelWidth = 380.0
  private static let panelHeight = 250.0
  private static let left = 66.0
  private static let right = 22.0

  public var chart: Chart {
    let quantities = showsRate ? Quantity.allCases : [.loss, .accuracy]
    let width = Double(quantities.count) * (Self.left + Self.panelWidth + Self.right) + 8
    let legend = RunLegend(families, width: width - Self.left - Self.right)
    let top = 58 + legend.height
    let height = top + Self.panelHeight + 84
    return Chart(
      width: width, height: height,
      title: "Training: loss and accuracy of \(families.names.joined(separator: ", "))"
    ) { canvas in
      legend.draw(canvas, at: Point(Self.left, 34))
      for (index, quantity) in quantities.enumerated() {
        let x = Self.left + Double(index) * (Self.left + Self.panelWidth + Self.right)
        draw(quantity, Rectangle(x, top, Self.panelWidth, Self.panelHeight), canvas)
      }
      canvas.text(explanation, at: Point(Self.left, height - 20), Font(11.5), .note)
    }
  }

  private var explanation: String {
    let hasHeldOut = runs.contains { $0.epochs.contains { $0.heldOut != nil } }
    return hasHeldOut
      ? "Solid: held-out images. Dotted: training images, while the weights change. Dot: the epoch that was kept."
      : "Dotted: training images, while the weights change; no images were held out."
  }

  // MARK: A panel

  private func draw(_ quantity: Quantity, _ area: Rectangle, _ canvas: Canvas) {
    let panel = ChartPanel(
      area: area, xAxis: curves.epochAxis, yAxis: curves.axis(quantity), title: quantity.title,
      xTitle: "epoch")
    panel.draw(canvas)
    for (run, color) in zip(runs, families.colors) {
      let training = curves.points(run, quantity, isHeldOut: false)
      let heldOut = curves.points(run, quantity, isHeldOut: true)
      let isSolid = quantity == .rate
      panel.line(
        canvas, training,
        Stroke(
          color: color, width: isSolid ? 1.8 : 1.3, dashes: isSolid ? [] : [1.5, 2.5],
          opacity: isSolid ? 1 : 0.85))
      panel.line(canvas, heldOut, Stroke(color: color, width: 1.8))
      mark(run, quantity, color, panel, canvas)
    }
  }

  /// Marks the epoch that was kept, and the only epoch of a run that has no line.
  private func mark(
    _ run: TrainingRun, _ quantity: Quantity, _ color: Color, _ panel: ChartPanel, _ canvas: Canvas
  ) {
    guard quantity != .rate else { return }
    if let best = run.best, let value = curves.value(best, quantity, true) {
      canvas.disc(panel.point(Double(best.number), value), radius: 5.5, .white)
      canvas.disc(panel.point(Double(best.number), value), radius: 4, color)
    }
    if run.epochs.count == 1, let value = curves.value(run.epochs[0], quantity, false) {
      canvas.disc(panel.point(Double(run.epochs[0].number), value), radius: 2, color)
    }
  }
}

/// The curves of some runs.
struct TrainingCurves {
  let runs: [TrainingRun]

  enum Quantity: CaseIterable {
    case loss, accuracy, rate

    var title: String {
      switch self {
      case .loss: "Loss, mean cross-entropy in nats"
      case .accuracy: "Accuracy"
      case .rate: "Learning rate"
      }
    }
  }

  func points(_ run: TrainingRun, _ quantity: Quantity, isHeldOut: Bool) -> [(x: Double, y: Double)] {
    run.epochs.compactMap { epoch in
      value(epoch, quantity, isHeldOut).map { (Double(epoch.number), $0) }
    }
  }

  func value(_ epoch: TrainingRun.Epoch, _ quantity: Quantity, _ isHeldOut: Bool) -> Double? {
    let score = isHeldOut ? epoch.heldOut : epoch.training
    return switch quantity {
    case .loss: score?.loss
    case .accuracy: score.map { 100 * $0.accuracy }
    case .rate: isHeldOut ? nil : epoch.learningRate
    }
  }

  var epochAxis: Axis {
    let numbers = runs.flatMap { $0.epochs.map { Double($0.number) } }
    return Axis(numbers.min() ?? 1, numbers.max() ?? 1, count: 8, endsAtTicks: false, isWhole: true)
  }

  func axis(_ quantity: Quantity) -> Axis {
    let values = runs.flatMap { run in
      run.epochs.flatMap { [value($0, quantity, false), value($0, quantity, true)].compactMap { $0 } }
    }
    let (lowest, highest) = (values.min() ?? 0, values.max() ?? 1)
    switch quantity {
    // The axis begins at zero, the best possible loss.
    case .loss, .rate: return Axis(min(0, lowest), highest > 0 ? highest : 1, count: 5)
    case .accuracy: return Axis(lowest, highest, count: 5, unit: " %")
    }
  }
}
