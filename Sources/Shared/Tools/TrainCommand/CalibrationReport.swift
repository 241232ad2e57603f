// What is said of a calibration: the temperature, and what it changes on the held-out images.

import ByteIO
import CommandLine
import Evaluation
import JSON
import Training

struct CalibrationReport {
  /// How good the probabilities are at a temperature.
  struct Figures {
    let logLoss: Double
    let calibrationError: Double?

    init(_ answers: HeldOutAnswers, at temperature: Float?) {
      logLoss = answers.logLoss(at: temperature)
      calibrationError = Evaluation.calibrationError(
        ofProbabilities: answers.probabilities(at: temperature), truths: answers.labels)
    }
  }
  let calibration: Calibration
  let before: Figures
  let after: Figures

  /// `before` is the temperature that the model had.
  init(_ calibration: Calibration, before: Float?) {
    self.calibration = calibration
    self.before = Figures(calibration.answers, at: before)
    after = Figures(calibration.answers, at: calibration.temperature)
  }

  var text: String {
    let images = counted(calibration.answers.count, "held-out image")
    switch calibration.result {
    case .temperature(let temperature):
      return "calibrated on \(images): temperature \(fixed(Double(temperature), decimals: 4)), log loss "
        + "\(fixed(before.logLoss, decimals: 4)) before, \(fixed(after.logLoss, decimals: 4)) after, calibration error "
        + "\(digits(before.calibrationError)) before, \(digits(after.calibrationError)) after"
    case .lowest:
      return
        "warning: --calibrate: of \(images), too few are answered wrong for a temperature; the model has none"
    case .highest:
      return
        "warning: --calibrate: on \(images), the answers are no better than chance, and no temperature helps;"
        + " the model has none"
    case .notFinite:
      return
        "warning: --calibrate: the network's answers for \(images) are not all finite; the model has no temperature"
    }
  }

  private func digits(_ value: Double?) -> String { value.map { fixed($0, decimals: 4) } ?? "unknown" }

  /// `temperature` is null where none was found.
  var members: [JSONValue.Member] {
    [
      JSONValue.Member("temperature", calibration.temperature.map { .number("\($0)") } ?? .null),
      JSONValue.Member("records", .integer(calibration.answers.count)),
      JSONValue.Member("log_loss_before", Self.number(before.logLoss)),
      JSONValue.Member("log_loss", Self.number(after.logLoss)),
      JSONValue.Member("calibration_error_before", Self.number(before.calibrationError)),
      JSONValue.Member("calibration_error", Self.number(after.calibrationError)),
    ]
  }

  /// JSON has no infinities.
  private static func number(_ value: Double?) -> JSONValue {
    value.flatMap { $0.isFinite ? .double($0) : nil } ?? .null
  }
}

extension FMTrain {
  /// Says what a calibration came to, on standard error and in the log.
  func tell(_ calibration: Calibration, before: Float?, _ log: TrainingLog?) {
    let report = CalibrationReport(calibration, before: before)
    log?.calibration(report)
    if !reporting.quiet { Self.say(report.text) }
  }
}
