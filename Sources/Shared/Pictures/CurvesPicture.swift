// Loss and accuracy of training runs, epoch by epoch.
import ByteIO

/// The picture of runs' logs: curves over the epochs, or of range tests over the learning rate. `names` are those of the files.
/// Throws ``TrainingLogError`` where the logs are of both kinds.
public func trainingPicture(
  _ runs: [TrainingRun], names: [String], showsRate: Bool = false
) throws(TrainingLogError) -> Picture {
  let (tests, trainings) = (runs.filter(\.epochs.isEmpty), runs.filter { !$0.epochs.isEmpty })
  if let test = tests.first, let training = trainings.first {
    throw .mixed(training: training.name, test: test.name)
  }
  return tests.isEmpty
    ? CurvesPicture(runs, names: names, showsRate: showsRate).picture
    : RangeTestPicture(runs, names: names).picture
}

/// A panel for the loss and one for the accuracy, all runs in both; a third for the learning rate where it is wanted.
///
/// A line is a run: solid on held-out images, dotted on training images. A dot marks the epoch whose weights were kept. Runs
/// whose names differ only behind the last dash, `cnn-0` and `cnn-1`, share a colour: they are one setting with several seeds.
public struct CurvesPicture {
  private let runs: [TrainingRun]
  private let families: RunFamilies
  private let showsRate: Bool

  /// `names` are those of the runs' files.
  public init(_ runs: [TrainingRun], names: [String], showsRate: Bool = false) {
    precondition(runs.count == names.count && !runs.isEmpty, "\(names.count) names for \(runs.count) runs")
    self.runs = runs
    self.showsRate = showsRate
    families = RunFamilies(names)
  }

  private enum Quantity: CaseIterable {
    case loss, accuracy, rate

    var title: String {
      switch self {
      case .loss: "Loss, mean cross-entropy in nats"
      case .accuracy: "Accuracy"
      case .rate: "Learning rate"
      }
    }
  }

  private static let panelWidth = 380.0
  private static let panelHeight = 250.0
  private static let left = 66.0
  private static let right = 22.0

  public var picture: Picture {
    let quantities = showsRate ? Quantity.allCases : [.loss, .accuracy]
    let width = Double(quantities.count) * (Self.left + Self.panelWidth + Self.right) + 8
    let legend = RunLegend(families, width: width - Self.left - Self.right)
    let top = 58 + legend.height
    let height = top + Self.panelHeight + 84
    return Picture(
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
    let values = runs.flatMap { run in
      run.epochs.flatMap { [value($0, quantity, false), value($0, quantity, true)].compactMap { $0 } }
    }
    let panel = ChartPanel(
      area: area, xAxis: epochAxis, yAxis: axis(values, quantity), title: quantity.title, xTitle: "epoch")
    panel.draw(canvas)
    for (run, color) in zip(runs, families.colors) {
      let training = points(run, quantity, isHeldOut: false)
      let heldOut = points(run, quantity, isHeldOut: true)
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

  /// A run of one epoch has no line: dots show where it is.
  private func mark(
    _ run: TrainingRun, _ quantity: Quantity, _ color: Color, _ panel: ChartPanel, _ canvas: Canvas
  ) {
    guard quantity != .rate else { return }
    if let best = run.best, let value = value(best, quantity, true) {
      canvas.disc(panel.point(Double(best.number), value), radius: 5.5, .white)
      canvas.disc(panel.point(Double(best.number), value), radius: 4, color)
    }
    if run.epochs.count == 1, let value = value(run.epochs[0], quantity, false) {
      canvas.disc(panel.point(Double(run.epochs[0].number), value), radius: 2, color)
    }
  }

  private func points(_ run: TrainingRun, _ quantity: Quantity, isHeldOut: Bool) -> [(x: Double, y: Double)] {
    run.epochs.compactMap { epoch in
      value(epoch, quantity, isHeldOut).map { (Double(epoch.number), $0) }
    }
  }

  private func value(_ epoch: TrainingRun.Epoch, _ quantity: Quantity, _ isHeldOut: Bool) -> Double? {
    let score = isHeldOut ? epoch.heldOut : epoch.training
    return switch quantity {
    case .loss: score?.loss
    case .accuracy: score.map { 100 * $0.accuracy }
    case .rate: isHeldOut ? nil : epoch.learningRate
    }
  }

  // MARK: Axes

  private var epochAxis: Axis {
    let numbers = runs.flatMap { $0.epochs.map { Double($0.number) } }
    return Axis(numbers.min() ?? 1, numbers.max() ?? 1, count: 8, endsAtTicks: false, isWhole: true)
  }

  private func axis(_ values: [Double], _ quantity: Quantity) -> Axis {
    let (lowest, highest) = (values.min() ?? 0, values.max() ?? 1)
    switch quantity {
    // From zero: that is where a loss wants to be.
    case .loss, .rate: return Axis(min(0, lowest), highest > 0 ? highest : 1, count: 5)
    case .accuracy: return Axis(lowest, highest, count: 5, unit: " %")
    }
  }
}
