// Loss and accuracy of training runs, epoch by epoch.
import ByteIO

/// Returns the picture of logs: curves over the epochs, or for range tests over the learning rate. `names` are the
/// names of the files. Throws ``TrainingLogError`` if the logs are of both kinds.
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

/// A panel for the loss and one for the accuracy, each with all runs, and optionally a third for the learning rate.
///
/// A run has a solid line for the held-out images and a dotted one for the training images. A dot marks the epoch whose
/// weights were kept. Runs whose names differ only after the last dash, such as `cnn-0` and `cnn-1`, count as one
/// setting with several seeds, and share a colour.
public struct CurvesPicture {
  private let runs: [TrainingRun]
  private let families: RunFamilies
  private let showsRate: Bool

  /// Creates the picture of one or more runs. `names` are the names of their files.
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
