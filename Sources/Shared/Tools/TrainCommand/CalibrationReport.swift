// Reports a calibration: the temperature, and how it changes the figures of the held-out images.

import ByteIO
import CommandLine
import Evaluation
import JSON
import Training

struct CalibrationReport {
  /// The quality of the probabilities at a temperature.
  struct Quality {
    let logLoss: Double
    let calibrationError: Double?

    init(_ answers: HeldOutAnswers, at temperature: Float?) {
      logLoss = answers.logLoss(at: temperature)
      calibrationError = Evaluation.calibrationError(
        ofProbabilities: answers.probabilities(at: temperature), truths: answers.labels)
    }
  }
  let calibration: Calibration
  let before: Quality
  let after: Quality

  /// `before` is the temperature that the model had before; `nil` if it had none.
  init(_ calibration: Calibration, before: Float?) {
    self.calibration = calibration
    self.before = Quality(calibration.answers, at: before)
    after = Quality(calibration.answers, at: calibration.temperature)
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
        "warning: --calibrate: too few wrong answers on \(images) to fit a temperature; the model has none"
    case .highest:
      return
        "warning: --calibrate: the answers on \(images) are no better than chance, so no temperature helps;"
        + " the model has none"
    case .notFinite:
      return
        "warning: --calibrate: some of the network's answers on \(images) are not finite; the model has no temperature"
    }
  }

  private func digits(_ value: Double?) -> String { value.map { fixed($0, decimals: 4) } ?? "unknown" }

  /// The members of the log's `calibration` object. `temperature` is null if none was found.
  var members: [JSONValue.Member] {
    [
      JSONValue.Member("temperature", calibration.temperature.map { .number("\($0)") } ?? .null),
      JSONValue.Member("records", .integer(calibration.answers.count)),
      JSONValue.Member("log_loss_before", .doubleOrNull(before.logLoss)),
      JSONValue.Member("log_loss", .doubleOrNull(after.logLoss)),
      JSONValue.Member(
        "calibration_error_before", before.calibrationError.map(JSONValue.doubleOrNull) ?? .null),
      JSONValue.Member("calibration_error", after.calibrationError.map(JSONValue.doubleOrNull) ?? .null),
    ]
  }
}

extension CalibrationReport {
  /// Reports the calibration on standard error and in the log.
  func tell(_ reporting: ReportingOptions, _ log: TrainingLog?) {
    log?.calibration(self)
    if !reporting.quiet { FMTrain.say(text) }
  }
}
