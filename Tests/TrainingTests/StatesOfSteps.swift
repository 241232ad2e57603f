// The state of a run after every step, and runs that resume from it.

import Testing

@testable import Training

/// Keeps the state after every step, and stops after `stepsLeft` steps.
final class StatesOfSteps: TrainingObserver {
  var states: [TrainingState] = []
  var stepsLeft = Int.max
  func didStep(epoch: Int, recordsDone: Int, records: Int, loss: Double) { stepsLeft -= 1 }
  func didFinishEpoch(_ report: EpochReport) {}
  var shouldStop: Bool { stepsLeft <= 0 }
  var wantsState: Bool { true }
  func keep(_ state: () -> TrainingState) { states.append(state()) }
}

/// Returns the outcome of a run that is stopped after some steps and resumed. Requires that the stop came before the
/// run's end. `trainer` makes a trainer with the given number of threads.
func outcome(stoppingAfter steps: Int, _ trainer: (_ jobs: Int) throws -> Trainer) throws -> TrainingOutcome {
  let observer = StatesOfSteps()
  observer.stepsLeft = steps
  let stopped = try trainer(2).run(observer: observer)
  try #require(stopped.wasStopped, "after \(steps) steps")
  let rest = try trainer(3)
  try rest.restore(#require(observer.states.last))
  observer.stepsLeft = .max
  return rest.run(observer: observer)
}
