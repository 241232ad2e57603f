// Temperatures: compared with a naive search, and fitted by training runs.

import Compute
import NetworkSamples
import RandomNumbers
import TensorStream
import Testing

@testable import Networks
@testable import Training

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct CalibrationTests {
  private static let classCount = 5

  /// Returns logits, and labels drawn from their softmax, which is thus the true distribution. Then `factor` scales the
  /// logits.
  private func truthful(_ count: Int, factor: Float = 1, seed: UInt64 = 1) -> HeldOutAnswers {
    var random = SplitMix64(seed: seed)
    func uniform() -> Double { Double(random.next() >> 11) * 0x1p-53 }
    var (logits, labels): ([Float], [UInt8]) = ([], [])
    for _ in 0..<count {
      let row = (0..<Self.classCount).map { _ in 6 * uniform() - 3 }
      let weights = row.map { exp($0) }
      var rest = uniform() * weights.reduce(0, +)
      let label = weights.firstIndex { weight in
        rest -= weight
        return rest < 0
      }
      logits += row.map { factor * Float($0) }
      labels.append(UInt8(label ?? Self.classCount - 1))
    }
    return HeldOutAnswers(logits: logits, labels: labels, classCount: Self.classCount)
  }

  /// Returns the mean log loss at a temperature, term by term.
  private func naiveLoss(_ answers: HeldOutAnswers, at temperature: Double) -> Double {
    (0..<answers.count).reduce(0.0) { sum, index in
      let row = answers.logits[index * answers.classCount..<(index + 1) * answers.classCount]
      return sum
        + NaiveCrossEntropy(row.map { Double($0) / temperature }, label: answers.labels[index], smoothing: 0)
        .loss
    } / Double(answers.count)
  }

  private func fit(_ answers: HeldOutAnswers, jobs: Int = 1) -> Calibration {
    Calibration(answers, engine: Engine(instructionSet: .best, jobs: jobs))
  }

  @Test(arguments: [1, 7, 512, 1025]) func noTemperatureOnAGridIsBetter(_ seed: UInt64) throws {
    let answers = truthful(300 + Int(seed), factor: 2.5, seed: seed)
    let temperature = Double(try #require(fit(answers).temperature))
    let best = naiveLoss(answers, at: temperature)
    #expect(abs(best - answers.logLoss(at: Float(temperature))) <= 1e-12)
    for step in -400...400 where step != 0 {
      // From an eighth of the temperature to eight times it, with close neighbours.
      let other = temperature * exp2(3 * Double(step) / 400)
      #expect(best < naiveLoss(answers, at: other), "\(other)")
    }
    // The minimum is flat. Rounding may cost no more than half of a Float's last place to each side.
    let slope =
      (naiveLoss(answers, at: temperature * (1 + 1e-5)) - naiveLoss(answers, at: temperature * (1 - 1e-5)))
      / 2e-5
    #expect(abs(slope) <= 1e-6)
  }

  @Test(arguments: [Float(0.25), 1, 3, 10]) func aFactorOfTheLogitsIsRecovered(_ factor: Float) throws {
    let once = try #require(fit(truthful(2000)).temperature)
    // 2,000 draws determine the true temperature, 1, to within a few percent.
    #expect(abs(once - 1) <= 0.1)
    let scaled = try #require(fit(truthful(2000, factor: factor)).temperature)
    #expect(abs(scaled - factor * once) <= 1e-6 * scaled)
  }

  @Test func theLossFallsAndTheLikeliestClassStays() throws {
    let answers = truthful(1000, factor: 4)
    let temperature = try #require(fit(answers).temperature)
    #expect(answers.logLoss(at: temperature) < 0.8 * answers.logLoss(at: nil))
    let (before, after) = (answers.probabilities(at: nil), answers.probabilities(at: temperature))
    for start in stride(from: 0, to: before.count, by: Self.classCount) {
      let (one, other) = (before[start..<start + Self.classCount], after[start..<start + Self.classCount])
      #expect(one.firstIndex(of: one.max()!) == other.firstIndex(of: other.max()!))
      #expect(abs(other.reduce(0, +) - 1) <= 1e-6)
    }
  }

  @Test(arguments: [2, 3, 5]) func threadsMakeNoDifference(_ jobs: Int) {
    let answers = truthful(3000, factor: 1.7)
    #expect(fit(answers, jobs: jobs) == fit(answers))
  }

  @Test func theLackOfABestTemperatureIsReported() {
    let right = HeldOutAnswers(logits: [3, 1, 0, 2], labels: [0, 1], classCount: 2)
    #expect(fit(right).result == .lowest)
    let wrong = HeldOutAnswers(logits: [3, 1, 0, 2], labels: [1, 0], classCount: 2)
    #expect(fit(wrong).result == .highest)
    let mute = HeldOutAnswers(logits: [1, 1, 0, 0], labels: [1, 0], classCount: 2)
    #expect(fit(mute).result == .highest)
    for bad in [Float.nan, .infinity, -.infinity] {
      let answers = HeldOutAnswers(logits: [3, 1, bad, 2], labels: [1, 0], classCount: 2)
      #expect(fit(answers).result == .notFinite && fit(answers).temperature == nil)
    }
    // Logits whose exponentials overflow a Double.
    let large = HeldOutAnswers(logits: [3e38, -3e38, 0, 3e38], labels: [1, 1], classCount: 2)
    #expect(fit(large).result == .highest)
  }

  // MARK: - In training

  @Test(arguments: [false, true]) func aRunCalibratesItsBestWeights(_ flips: Bool) throws {
    let training = Dataset.pictures(64, noise: 0.5, strayLabels: 0.1)
    let heldOut = Dataset.pictures(64, noise: 0.5, strayLabels: 0.5, seed: 2)
    let settings = TrainingSettings.sample(epochs: 12, batchSize: 16).with {
      $0.averaging.flips = flips
      $0.calibrates = true
    }
    let run = try Run("linear:48 relu linear:32 relu", on: training, validation: heldOut, settings)
    let plain = try Run(
      "linear:48 relu linear:32 relu", on: training, validation: heldOut,
      settings.with { $0.calibrates = false })
    #expect(run.outcome.parameters == plain.outcome.parameters && run.steps == plain.steps)
    #expect(plain.outcome.calibration == nil)
    let calibration = try #require(run.outcome.calibration)
    let best = try #require(run.outcome.best)
    let judged = try #require(best.validation?.loss)
    // The weights are not the last ones, and their answers are those that they were judged on.
    try #require(best.epoch < 12)
    #expect(abs(calibration.answers.logLoss(at: nil) - judged) <= 1e-6 * judged)
    let temperature = try #require(calibration.temperature)
    #expect(calibration.answers.logLoss(at: temperature) < judged)
    #expect(calibration == fit(calibration.answers))
  }

  @Test func aResumedRunCalibratesLikeTheWholeRun() throws {
    let training = Dataset.pictures(64, noise: 0.5, strayLabels: 0.1)
    let heldOut = Dataset.pictures(64, noise: 0.5, strayLabels: 0.5, seed: 2)
    let settings = TrainingSettings.sample(epochs: 6, batchSize: 16).with { $0.calibrates = true }
    let architecture = try Architecture(specification: "linear:48 relu", input: training.shape, classCount: 4)
    func trainer() throws -> Trainer {
      try Trainer(
        settings: settings, architecture: architecture, training: training, validation: heldOut,
        engine: Engine(instructionSet: .best, jobs: 1))
    }
    let whole = try Run("linear:48 relu", on: training, validation: heldOut, settings)
    let first = try trainer()
    let stopper = Stopper(steps: 10)
    let stopped = first.run(observer: stopper)
    #expect(stopped.wasStopped && stopped.calibration != nil)
    let second = try trainer()
    // The calibration left the network as it was after the last step.
    let state = first.state
    #expect(
      state
        == stopper.state.map { kept in
          var kept = kept
          kept.progress.seconds = state.progress.seconds
          return kept
        })
    try second.restore(state)
    let outcome = second.run(observer: Stopper(steps: .max))
    #expect(outcome.parameters == whole.outcome.parameters)
    #expect(outcome.calibration == whole.outcome.calibration)
  }

  /// Stops after `steps` steps, and keeps the state.
  private final class Stopper: TrainingObserver {
    private let steps: Int
    private var taken = 0
    private(set) var state: TrainingState?

    init(steps: Int) { self.steps = steps }

    func didStep(epoch: Int, recordsDone: Int, records: Int, loss: Double) { taken += 1 }
    func didFinishEpoch(_ report: EpochReport) {}
    var shouldStop: Bool { taken >= steps }
    func keep(_ state: () -> TrainingState) { self.state = state() }
  }
}
