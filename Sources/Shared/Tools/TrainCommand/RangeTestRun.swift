// fm-train --lr-find: runs the learning-rate range test, and prints the curve of the loss and a suggestion.

import ByteIO
import CommandLine
import Compute
import Training

/// A range test on the options' images and network.
struct RangeTestRun {
  private let options: FMTrain

  init(_ options: FMTrain) { self.options = options }

  /// Runs the test and prints its report.
  func run(_ engine: Engine) throws {
    let log = try options.display.openLog()
    let problem = try LearningProblem(
      options, from: options.start.open(), teaching: options.teacher.load())
    if options.display.summary { StandardError.print(problem.architecture.summary) }
    let progress = Progress(options.reporting, label: "lr-find", unit: "steps", total: RangeTest.stepCount)
    let test = try RangeTest(
      settings: problem.settings(options.settings), architecture: problem.architecture,
      training: problem.training, engine: engine, start: problem.start.parameters, teaching: problem.teaching
    ) { progress.update($0) }
    progress.finish()
    log?.start(problem, epochs: 0)
    log?.rangeTest(test)
    let output = try OutputFile(path: "-")
    try output.write(RangeTestReport(test: test).text)
    try output.commit()
    try log?.close()
  }
}

/// The report of a range test.
struct RangeTestReport {
  let test: RangeTest

  /// The report, in lines of at most 80 columns.
  var text: String {
    let bands = test.bands
    // Bars end at 1.25 times the first loss: above it, the rate is far too high, and the exact loss does not matter.
    let top = bands.first.map { 1.25 * $0.loss } ?? 1
    var lines = [row("rate", "loss", "")]
    for band in bands {
      let isSuggested = band.learningRate == test.suggestion
      let length = Int((min(1, band.loss / top) * 50).rounded())
      lines.append(
        row(
          Self.digits(band.learningRate), fixed(band.loss, decimals: 4),
          String(repeating: "#", count: length) + (isSuggested ? " <" : "")))
    }
    return lines.map { $0 + "\n" }.joined() + "\n" + conclusion + "\n"
  }

  private var conclusion: String {
    guard let suggestion = test.suggestion, let lowest = test.lowest else {
      return "The loss falls at no rate, so there is no suggestion."
    }
    return """
      suggested: --learning-rate \(Self.digits(suggestion)), where the loss falls fastest (steepest slope)
      at most:   \(Self.digits(lowest)), where it is lowest; keep the peak of a schedule below that
      """
  }

  private func row(_ rate: String, _ loss: String, _ bar: String) -> String {
    let line = padded(rate, to: 9, .trailing) + padded(loss, to: 10, .trailing) + "  " + bar
    return trimmedAtEnd(line)
  }

  /// Returns the rate rounded to two significant digits.
  static func digits(_ rate: Double) -> String {
    var scale = 1.0
    while rate * scale < 10 { scale *= 10 }
    return "\((rate * scale).rounded() / scale)"
  }
}
