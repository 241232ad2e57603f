// Pictures to learn, and runs to watch.

import Compute
import RandomNumbers
import TensorStream

@testable import Networks
@testable import Execution
@testable import Training

extension Dataset {
  /// Soft shapes on black with some noise: each kind has three blobs of its own, which move and fade a little from
  /// picture to picture. There are as many kinds as classes, if not said otherwise. `strayLabels` is the share of
  /// pictures with a random label, which can only be learned by heart.
  static func pictures(
    _ count: Int, shape: ImageShape = ImageShape(height: 12, width: 12, channels: 1), classCount: Int = 4,
    kinds: Int? = nil, noise: Double = 0.1, strayLabels: Double = 0, seed: UInt64 = 1
  ) -> Dataset {
    var random = SplitMix64(seed: seed)
    var images: [UInt8] = []
    var labels: [UInt8] = []
    for record in 0..<count {
      let kind = record % (kinds ?? classCount)
      let blobs = Blob.blobs(of: kind, moving: &random)
      for y in 0..<shape.height {
        for x in 0..<shape.width {
          let place = (Double(y) / Double(shape.height), Double(x) / Double(shape.width))
          for channel in 0..<shape.channels {
            let light = blobs.reduce(0) { $0 + $1.light(at: place, channel: channel) }
            images.append(UInt8(255 * min(1, light + noise * random.uniform())))
          }
        }
      }
      let isStray = random.uniform() < strayLabels
      labels.append(UInt8(isStray ? random.next(below: classCount) : kind % classCount))
    }
    return Dataset(shape: shape, images: images, labels: labels, classes: nil, history: [])
  }

  private struct Blob {
    let y, x, width, brightness: Double

    static func blobs(of kind: Int, moving: inout SplitMix64) -> [Blob] {
      var random = SplitMix64(seed: 99, UInt64(kind))
      return (0..<3).map { _ in
        Blob(
          y: 0.2 + 0.6 * random.uniform() + 0.08 * (moving.uniform() - 0.5),
          x: 0.2 + 0.6 * random.uniform() + 0.08 * (moving.uniform() - 0.5),
          width: 0.08 + 0.1 * random.uniform(), brightness: 0.6 + 0.4 * moving.uniform())
      }
    }

    func light(at place: (y: Double, x: Double), channel: Int) -> Double {
      let distance = (place.y - y) * (place.y - y) + (place.x - x) * (place.x - x)
      // 1 in the middle, 0 beyond three widths; colours differ in how wide they shine.
      return brightness * max(0, 1 - distance / (width * width * Double(9 - channel)))
    }
  }
}

extension TrainingSettings {
  /// Settings that learn small pictures in a few epochs.
  static func sample(
    epochs: Int = 3, batchSize: Int = 8, method: OptimizerSettings.Method = .adam,
    learningRate: Double = 0.005
  ) -> TrainingSettings {
    TrainingSettings(
      epochs: epochs, batchSize: batchSize, optimizer: OptimizerSettings(method: method),
      learningRate: learningRate, schedule: .constant, seed: 3)
  }

  func with(_ change: (inout TrainingSettings) -> Void) -> TrainingSettings {
    var settings = self
    change(&settings)
    return settings
  }
}

/// A run, and all that its observer was told.
final class Run: TrainingObserver {
  struct Step: Equatable {
    let epoch: Int
    let recordsDone: Int
    let records: Int
    let loss: Double
  }
  private(set) var steps: [Step] = []
  private(set) var reports: [EpochReport] = []
  private(set) var outcome = TrainingOutcome(epochsRun: 0, wasStopped: false, ranOutOfPatience: false)
  private let stopAfter: Int?

  /// Trains to the end, or until so many steps are done.
  init(
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

  func didStep(epoch: Int, recordsDone: Int, records: Int, loss: Double) {
    steps.append(Step(epoch: epoch, recordsDone: recordsDone, records: records, loss: loss))
  }

  func didFinishEpoch(_ report: EpochReport) { reports.append(report) }

  var shouldStop: Bool { stopAfter.map { steps.count >= $0 } ?? false }

  /// The loss of the last epoch.
  var finalLoss: Double { reports.last?.training.loss ?? .nan }
}

/// Loss and accuracy by a network that is made for nothing else.
func figures(
  _ specification: String, _ parameters: [Parameter], on data: Dataset,
  instructionSet: InstructionSet = .best
) throws -> Figures {
  let architecture = try Architecture(
    specification: specification, input: data.shape, classCount: max(data.classCount, 4))
  let network = Network(
    architecture, batchCapacity: data.count, forTraining: true,
    engine: Engine(instructionSet: instructionSet, jobs: 1))
  network.importParameters(parameters)
  let result = data.images.withUnsafeBufferPointer { images in
    data.labels.withUnsafeBufferPointer { labels in
      network.evaluate(ImageBatch(bytes: images, count: data.count), labels: labels)
    }
  }
  return Figures(
    loss: result.lossSum / Double(data.count), accuracy: Double(result.correctCount) / Double(data.count))
}
