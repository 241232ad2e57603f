// Training runs that record their progress, and the figures of a network.

import Compute
import Execution
import Networks
import TensorStream
import Training

extension TrainingSettings {
  /// Settings that learn small pictures in a few epochs.
  package static func sample(
    epochs: Int = 3, batchSize: Int = 8, method: OptimizerSettings.Method = .adam,
    learningRate: Double = 0.005
  ) -> TrainingSettings {
    TrainingSettings(
      epochs: epochs, batchSize: batchSize, optimizer: OptimizerSettings(method: method),
      learningRate: learningRate, schedule: .constant, seed: 3)
  }

  package func with(_ change: (inout TrainingSettings) -> Void) -> TrainingSettings {
    var settings = self
    change(&settings)
    return settings
  }
}

/// A training run, with everything it reported to its observer.
package final class Run: TrainingObserver {
  package struct Step: Equatable {
    package let epoch: Int
    package let recordsDone: Int
    package let records: Int
    package let loss: Double
  }
  package private(set) var steps: [Step] = []
  package private(set) var reports: [EpochReport] = []
  package private(set) var outcome: TrainingOutcome!
  private let stopAfter: Int?

  /// Trains to the end, or until `stopAfter` steps are done.
  package init(
    _ specification: String, on training: Dataset, validation: Dataset? = nil, _ settings: TrainingSettings,
    start: [Parameter]? = nil, stopAfter: Int? = nil, instructionSet: InstructionSet = .best, jobs: Int = 1,
    teaching: Teaching? = nil
  ) throws {
    self.stopAfter = stopAfter
    let trainer = try Trainer(
      settings: settings,
      architecture: Architecture(
        specification: specification, input: training.shape, classCount: max(training.classCount, 4)),
      training: training, validation: validation, engine: Engine(instructionSet: instructionSet, jobs: jobs),
      start: start, teaching: teaching)
    outcome = trainer.run(observer: self)
  }

  package func didStep(epoch: Int, recordsDone: Int, records: Int, loss: Double) {
    steps.append(Step(epoch: epoch, recordsDone: recordsDone, records: records, loss: loss))
  }

  package func didFinishEpoch(_ report: EpochReport) { reports.append(report) }

  package var shouldStop: Bool { stopAfter.map { steps.count >= $0 } ?? false }

  /// The training loss of the last epoch.
  package var finalLoss: Double { reports.last?.training.loss ?? .nan }
}

/// The loss and accuracy of these parameters, computed by a new network.
package func figures(
  _ specification: String, _ parameters: [Parameter], on data: Dataset,
  instructionSet: InstructionSet = .best
) throws -> TrainingFigures {
  let architecture = try Architecture(
    specification: specification, input: data.shape, classCount: max(data.classCount, 4))
  let network = Network(
    architecture, batchCapacity: data.count, forTraining: true,
    engine: Engine(instructionSet: instructionSet, jobs: 1))
  network.importParameters(parameters)
  let result = data.images.withUnsafeBufferPointer { images in
    data.labels.withUnsafeBufferPointer { labels in
      network.judge(
        network.forward(ImageBatch(bytes: images, count: data.count)), labels: labels, batch: data.count)
    }
  }
  return TrainingFigures(
    loss: result.lossSum / Double(data.count), accuracy: Double(result.correctCount) / Double(data.count))
}
