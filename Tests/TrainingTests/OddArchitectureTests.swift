// Any specification is either refused with a reason or can be trained. Nothing traps.

import ByteIO
import Compute
import NetworkSamples
import RandomNumbers
import TensorStream
import Testing

@testable import Networks
@testable import Execution
@testable import Training

@Suite struct OddArchitectureTests {
  private static let engine = Engine(instructionSet: .best, jobs: 8)

  /// The outcome for a specification.
  private enum Fate {
    case refused
    /// Understood, and its memory counted, but too much work for a test.
    case planned
    case trained
  }

  @Test(arguments: UInt64(1)...8)
  func oddArchitecturesAreRefusedOrTrained(seed: UInt64) throws {
    var architectures = OddArchitectures(seed: seed)
    var counts: [Fate: Int] = [:]
    for _ in 0..<60 {
      let specimen = architectures.next()
      counts[try fate(of: specimen, seed: seed), default: 0] += 1
    }
    // A generator that draws too much of one kind would test little.
    for (fate, least) in [(Fate.refused, 5), (.planned, 1), (.trained, 15)] {
      #expect(counts[fate, default: 0] >= least, "\(counts)")
    }
  }

  private func fate(of specimen: GradientCase, seed: UInt64) throws -> Fate {
    let architecture: Architecture
    do {
      architecture = try Architecture(
        specification: specimen.specification, input: specimen.input, classCount: specimen.classCount)
    } catch {
      expectOneLine(error, "\(specimen)")
      return .refused
    }
    expectRoundTrip(architecture)
    do {
      try Network.checkMemory(
        architecture, batch: 128, forTraining: true, engine: Self.engine, room: nil)
    } catch {
      expectOneLine(error, "\(specimen)")
      return .refused
    }
    guard architecture.paddedWork <= 20_000_000, architecture.parameterCount <= 50_000 else {
      return .planned
    }
    try train(specimen, architecture, seed: seed)
    return .trained
  }

  /// Trains for two steps, the second with a single image, and judges the result. Then a network for prediction
  /// computes logits from the trained parameters.
  private func train(_ specimen: GradientCase, _ architecture: Architecture, seed: UInt64) throws {
    var random = SplitMix64(seed: seed, 7)
    let count = specimen.batch + 1
    let data = Dataset(
      shape: specimen.input,
      images: (0..<count * specimen.input.byteCount).map { _ in UInt8(random.next(below: 256)) },
      labels: (0..<count).map { _ in UInt8(random.next(below: specimen.classCount)) }, classes: nil,
      history: [])
    let settings = TrainingSettings.sample(epochs: 1, batchSize: specimen.batch, learningRate: 0.001).with {
      $0.labelSmoothing = specimen.smoothing
    }
    for instructionSet in InstructionSet.supported {
      let engine = Engine(instructionSet: instructionSet, jobs: 2)
      let run = Watcher()
      let outcome = try Trainer(
        settings: settings, architecture: architecture, training: data, validation: data, engine: engine
      ).run(observer: run)
      let place: Comment = "\(specimen) with \(instructionSet)"
      #expect(outcome.failure == nil, place)
      #expect(
        run.report?.training.loss.isFinite == true && run.report?.validation?.loss.isFinite == true, place)
      let parameters = try #require(outcome.parameters, place)
      #expect(parameters.allSatisfy { $0.values.allSatisfy(\.isFinite) }, place)

      let network = Network(architecture, batchCapacity: count, forTraining: false, engine: engine)
      network.importParameters(parameters)
      let logits = data.images.withUnsafeBufferPointer { network.logits(ImageBatch(bytes: $0, count: count)) }
      #expect(logits.count == count * specimen.classCount && logits.allSatisfy(\.isFinite), place)
    }
  }

  private final class Watcher: TrainingObserver {
    private(set) var report: EpochReport?
    func didStep(epoch: Int, recordsDone: Int, records: Int, loss: Double) {}
    func didFinishEpoch(_ report: EpochReport) { self.report = report }
    var shouldStop: Bool { false }
  }

  // MARK: - Texts

  private static let valid =
    Architecture.presets.map(\.specification) + [
      "ffnn", "conv:4,kernel=5,stride=2,padding=3 relu pool:3,stride=2 dropout:0.25 linear:10 relu",
      "pool:16,stride=1 conv:70,kernel=15", "dropout:5e-1", "relu",
    ]

  @Test(arguments: valid)
  func garbledTextsAreRefusedOrUnderstood(specification: String) {
    var architectures = OddArchitectures(seed: 5)
    let input = ImageShape(height: 28, width: 28, channels: 1)
    var refused = 0
    for _ in 0..<500 {
      let text = architectures.garbled(specification)
      do {
        let architecture = try Architecture(specification: text, input: input, classCount: 10)
        expectRoundTrip(architecture)
        try Network.checkMemory(
          architecture, batch: 128, forTraining: true, engine: Self.engine, room: nil)
      } catch {
        refused += 1
        expectOneLine(error, "\(text.debugDescription)")
      }
    }
    #expect(refused >= 100)
  }

  private func expectRoundTrip(_ architecture: Architecture) {
    let again = try? Architecture(
      specification: architecture.specification, input: architecture.input,
      classCount: architecture.classCount)
    #expect(again == architecture, "\(architecture.specification)")
  }

  /// Checks that a refusal is a usage error, and gives its reason in one line without control characters.
  private func expectOneLine(_ error: any Error, _ what: Comment) {
    guard let failure = error as? any Failure else {
      Issue.record("\(what): \(error)")
      return
    }
    #expect(failure.kind == .usage, what)
    #expect(failure.description.count > 20, what)
    #expect(failure.description.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }, what)
  }
}
