// What a run could go on from, at every step.

import Testing

@testable import Training

/// Keeps the state after every step, and stops after `stepsLeft`.
final class StatesOfSteps: TrainingObserver {
  var states: [TrainingState] = []
  var stepsLeft = Int.max
  func didStep(epoch: Int, recordsDone: Int, records: Int, loss: Double) { stepsLeft -= 1 }
  func didFinishEpoch(_ report: EpochReport) {}
  var shouldStop: Bool { stepsLeft <= 0 }
  var wantsState: Bool { true }
  func keep(_ state: () -> TrainingState) { states.append(state()) }
}

/// What a run comes to that is left after some steps and taken up again. `trainer` makes one with a number of threads.
func outcome(leavingAfter steps: Int, _ trainer: (_ jobs: Int) throws -> Trainer) throws -> TrainingOutcome {
  let observer = StatesOfSteps()
  observer.stepsLeft = steps
  _ = try trainer(2).run(observer: observer)
  let rest = try trainer(3)
  try rest.restore(#require(observer.states.last))
  observer.stepsLeft = .max
  return rest.run(observer: observer)
}
