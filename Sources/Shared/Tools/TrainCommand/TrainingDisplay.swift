// Shows a run on standard error: a progress bar, and a line for each epoch.

import ByteIO
import CommandLine
import Networks
import Training

final class TrainingDisplay: TrainingObserver {
  private let reporting: ReportingOptions
  private let log: TrainingLog?
  private let keeper: CheckpointKeeper?
  private let epochs: Int
  private let judges: Bool
  private let tellsRecall: Bool
  private var progress: Progress?
  private var progressEpoch = 0
  private let timeLimit: TimeLimit?
  /// The time of this process's first step, and the epochs done by then, which are not 0 in a resumed run.
  private var beginning: (time: ContinuousClock.Instant, epochs: Double)?

  init(
    _ reporting: ReportingOptions, log: TrainingLog?, keeper: CheckpointKeeper?, settings: TrainingSettings,
    judges: Bool, timeLimit: TimeLimit?
  ) {
    self.timeLimit = timeLimit
    self.reporting = reporting
    self.log = log
    self.keeper = keeper
    epochs = settings.epochs
    self.judges = judges
    tellsRecall = judges && settings.tellsMacroRecall
  }

  var shouldStop: Bool { StopRequest.signal != nil }
  var wantsState: Bool { keeper?.isDue ?? false }
  func keep(_ state: () -> TrainingState) { keeper?.keep(state()) }

  func begin(_ problem: LearningProblem, resuming state: TrainingState?) {
    if let state { log?.resume(state) } else { log?.start(problem, epochs: epochs) }
    guard !reporting.quiet else { return }
    let (architecture, heldOut) = (problem.architecture, problem.heldOut?.count ?? 0)
    FMTrain.say(
      "\(problem.training.count) \(problem.training.count == 1 ? "image" : "images") of \(architecture.input.text), \(architecture.classCount) classes, "
        + "\(heldOut == 0 ? "none" : "\(heldOut)") held out; \(architecture.parameterCount) parameters")
    StandardError.print(
      column("epoch", 9) + column("loss", 9) + column("accuracy", 11)
        + (judges ? column("held-out", 11) + column("accuracy", 11) : "")
        + (tellsRecall ? column("recall", 10) : "") + column("images/s", 11))
  }

  func didStep(epoch: Int, recordsDone: Int, records: Int, loss: Double) {
    if epoch != progressEpoch {
      progress?.finish()
      progress = Progress(reporting, label: "epoch \(epoch)/\(epochs)", unit: "images", total: records)
      progressEpoch = epoch
    }
    let epochsDone = Double(epoch - 1) + Double(recordsDone) / Double(records)
    progress?.update(
      recordsDone, secondsLeft: secondsLeft(after: epochsDone), note: "loss \(fixed(loss, decimals: 4))")
  }

  /// Estimates the seconds until the end of the run from the epochs that this process has done, their judging included.
  /// Returns `nil` at the first step.
  private func secondsLeft(after epochsDone: Double) -> Double? {
    let now = ContinuousClock.now
    guard let beginning, epochsDone > beginning.epochs else {
      beginning = (now, epochsDone)
      return nil
    }
    let secondsPerEpoch = (now - beginning.time) / .seconds(1) / (epochsDone - beginning.epochs)
    let estimate = secondsPerEpoch * (Double(epochs) - epochsDone)
    return min(estimate, timeLimit?.secondsLeft ?? .infinity)
  }

  func didFinishEpoch(_ report: EpochReport) {
    progress?.finish()
    log?.epoch(report)
    guard !reporting.quiet else { return }
    var line = column("\(report.epoch)/\(epochs)", 9) + column(fixed(report.training.loss, decimals: 4), 9)
    line += column(percent(report.training.accuracy), 11)
    if let validation = report.validation {
      line += column(fixed(validation.loss, decimals: 4), 11) + column(percent(validation.accuracy), 11)
      if let recall = validation.macroRecall { line += column(percent(recall), 10) }
    }
    line += column(fixed(report.imagesPerSecond, decimals: 0), 11)
    StandardError.print(line + (judges && report.isBest ? "  best" : ""))
  }

  func end(_ outcome: TrainingOutcome) {
    progress?.finish()
    log?.end(outcome)
    guard !reporting.quiet else { return }
    if outcome.ranOutOfPatience, let best = outcome.best {
      FMTrain.say("no improvement since epoch \(best.epoch): stopped by --patience")
    }
    if outcome.ranOutOfTime {
      FMTrain.say(
        "--time-limit: ended after \(fixed(outcome.passes, decimals: 2)) of \(counted(epochs, "epoch"))")
    }
  }

  private func column(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(1, width - text.count)) + text
  }

  private func percent(_ share: Double) -> String { fixed(100 * share, decimals: 2) + " %" }
}
