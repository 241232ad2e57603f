// What a run could go on from, at every step.

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
