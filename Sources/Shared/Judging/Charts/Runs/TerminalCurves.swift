// Training curves in a terminal, for watching runs.
import ByteIO

/// Charts of the loss and the accuracy of runs, one below the other, and a line of figures for each run.
public struct TerminalCurves {
  private let curves: TrainingCurves
  private let names: [String]
  private let families: RunFamilies
  private let width: Int
  private let isColored: Bool

  private static let rows = 8
  private static let labelWidth = 9

  /// Creates the curves of one or more runs. `names` are the names of their files, and `width` is the terminal's width
  /// in characters.
  public init(_ runs: [TrainingRun], names: [String], width: Int, isColored: Bool) {
    precondition(runs.count == names.count && !runs.isEmpty, "\(names.count) names for \(runs.count) runs")
    curves = TrainingCurves(runs: runs)
    self.names = names.map { displayed($0) }
    families = RunFamilies(names)
    self.width = max(width, Self.labelWidth + 12)
    self.isColored = isColored
  }

  /// The lines of text, at most as wide as the terminal, or 21 characters wide if it is narrower than that.
  public var lines: [String] {
    var lines: [String] = []
    for quantity in [TrainingCurves.Quantity.loss, .accuracy] { lines += chart(quantity) + [""] }
    lines.append(shortened("solid: held-out images, dotted: training images", to: width))
    lines += curves.runs.indices.map { figures($0) }
    return lines
  }

  private func chart(_ quantity: TrainingCurves.Quantity) -> [String] {
    let (xAxis, yAxis) = (curves.epochAxis, curves.axis(quantity))
    var canvas = BrailleCanvas(columns: width - Self.labelWidth, rows: Self.rows)
    for (index, run) in curves.runs.enumerated() {
      for isHeldOut in [false, true] {
        let points = curves.points(run, quantity, isHeldOut: isHeldOut).map {
          (x: xAxis.place(of: $0.x), y: yAxis.place(of: $0.y))
        }
        canvas.line(points, owner: index, isDotted: !isHeldOut)
      }
    }
    let ends = [0: yAxis.text(of: yAxis.upper), Self.rows - 1: yAxis.text(of: yAxis.lower)]
    let rows = (0..<Self.rows).map { row in
      label(ends[row] ?? "") + canvas.text(row: row) { isColored ? color($0) : nil }
    }
    return [shortened(quantity.title, to: width)] + rows + [epochs]
  }

  /// The line below a chart, with the numbers of the first and the last epoch.
  private var epochs: String {
    let numbers = curves.runs.flatMap { $0.epochs.map(\.number) }
    let (first, last) = ("\(numbers.min() ?? 1)", "epoch \(numbers.max() ?? 1)")
    let gap = max(1, width - Self.labelWidth - first.count - last.count)
    return label("") + first + String(repeating: " ", count: gap) + last
  }

  private func label(_ text: String) -> String { padded(text, to: Self.labelWidth - 1, .trailing) + " " }

  /// Returns a line with the figures of a run's latest epoch.
  private func figures(_ index: Int) -> String {
    let run = curves.runs[index]
    guard let epoch = run.epochs.last else { return names[index] }
    let score = epoch.heldOut ?? epoch.training
    let best = run.best.map { $0.number == epoch.number ? ", the best" : ", best \($0.number)" } ?? ""
    let text =
      ": epoch \(epoch.number)\(best), loss \(fixed(score.loss, decimals: 4)),"
      + " accuracy \(fixed(100 * score.accuracy, decimals: 2)) %\(run.hasEnded ? ", ended" : "")"
    let name = shortened(names[index], to: max(8, width - text.count))
    return (isColored ? color(index).map { "\($0)\(name)\u{1B}[0m" } ?? name : name)
      + shortened(text, to: max(1, width - displayedWidth(name)))
  }

  /// Returns the escape sequence of a run's colour, in 24 bits; `nil` for black.
  private func color(_ index: Int) -> String? {
    let color = families.colors[index]
    func byte(_ component: Double) -> Int { Int((255 * component).rounded()) }
    // Black lines would be invisible on the dark background of most terminals.
    guard color.luminance > 0.02 else { return nil }
    return "\u{1B}[38;2;\(byte(color.red));\(byte(color.green));\(byte(color.blue))m"
  }
}
