// A training run: turns options and files into a trainer and everything around it, trains, and writes the model.

import ByteIO
import CommandLine
import Compute
import Inspection
import Networks
import Training

/// A run that is ready to begin.
struct PreparedRun {
  let problem: LearningProblem
  private let trainer: Trainer
  private let observer: TrainingDisplay
  let heading: CheckpointKeeper.Heading
  private let target: ModelTarget
  private let keeper: CheckpointKeeper?
  private let log: TrainingLog?
  /// The state that the run resumes from; `nil` for a new run.
  let saved: TrainingState?

  /// Reads all inputs, checks that they fit each other, and prepares the run.
  init(_ options: FMTrain, _ engine: Engine, _ timeLimit: TimeLimit?, _ sharing: Sharing) throws {
    let model = try options.start.open()
    target = try ModelTarget(options)
    let teaching = try options.teacher.load()
    let found = try options.checkpoints.find(claims: sharing.tells)
    let saved = try options.checkpoints.load(found, options.reporting)
    log = sharing.tells ? try options.display.openLog(appending: saved != nil) : nil
    problem = try LearningProblem(options, from: model, teaching: teaching)
    let settings = problem.settings(options.settings)
    heading = try problem.heading(options, engine, saved)
    keeper = sharing.tells ? options.checkpoints.keeper(for: heading, replacing: found) : nil
    observer = TrainingDisplay(
      options.reporting, log: log, keeper: keeper, settings: settings, judges: problem.heldOut != nil,
      timeLimit: timeLimit)
    trainer = try Trainer(
      settings: settings, architecture: problem.architecture, training: problem.training,
      validation: problem.heldOut, engine: engine, start: problem.start.parameters,
      timeLimit: timeLimit, teaching: teaching, peers: sharing.peers)
    if let saved {
      try options.checkpoints.restore(trainer, from: saved, as: heading, options.reporting)
    }
    if options.display.summary { StandardError.print(problem.architecture.summary) }
    self.saved = saved?.state
  }

  /// Prepares a run, trains, and writes the best model. All processes that share the run end the same way.
  static func perform(
    _ options: FMTrain, _ engine: Engine, _ timeLimit: TimeLimit?, _ sharing: Sharing
  ) throws {
    let run = try sharing.agree { try PreparedRun(options, engine, timeLimit, sharing) }
    // Signals are caught before the run reports anything: whoever reads the report may stop the run.
    StopRequest.noteSignals()
    run.observer.begin(run.problem, resuming: run.saved)
    let outcome = run.trainer.run(observer: run.observer)
    try sharing.finish(outcome) {
      if let calibration = outcome.calibration {
        CalibrationReport(calibration, before: nil).tell(options.reporting, run.log)
      }
      run.observer.end(outcome)
      try run.target.save(outcome, of: run.heading, run.keeper)
      try run.log?.close()
    }
  }
}
