// A learning-rate range test (Smith 2017, "Cyclical Learning Rates for Training Neural Networks", §3.3): a few hundred
// steps, in which the rate rises from far too low to far too high, show at which rates a network learns.

import Networks
import Execution
import Compute
import TensorStream

/// The result of a range test.
public struct RangeTest: Equatable, Sendable {
  /// A step's learning rate, and the mean loss of its batch before the step.
  public struct Step: Equatable, Sendable {
    public let learningRate: Double
    public let loss: Double
  }

  /// Consecutive steps: the geometric mean of their first and last rates, and their mean loss.
  public struct Band: Equatable, Sendable {
    public let learningRate: Double
    public let loss: Double
  }

  /// The steps that were taken. A loss that is not finite, or far above the best, ends the test.
  public let steps: [Step]

  /// The range of rates, from one at which nothing happens to one at which nothing lasts.
  public static let rates = 1e-7...10.0
  /// The number of steps: fifty for each power of ten.
  public static let stepCount = 400
  /// The number of steps in a band: a fifth of a power of ten. The mean loss of ten batches hardly jumps.
  static let bandLength = 10
  /// The loss at which the test ends, as a multiple of the best so far. Both are running means.
  static let hopelessRatio = 4.0

  init(steps: [Step]) { self.steps = steps }

  /// Takes the steps, with the settings' batch size, optimiser and regularisation. `didStep` receives the number of
  /// steps done. Throws ``NetworkSizeError`` and ``FileError``.
  ///
  /// - Complexity: At most ``stepCount`` training steps.
  public init(
    settings: TrainingSettings, architecture: Architecture, training: Dataset, engine: Engine,
    start: [Parameter]? = nil, teaching: Teaching? = nil, didStep: @escaping (_ done: Int) -> Void = { _ in }
  ) throws {
    var settings = settings
    settings.patience = nil
    settings.weightAverage = nil
    settings.batchSizes = BatchSizes(settings.batchSize)
    settings.freezing = settings.freezing?.fromTheBeginning
    let stepsPerEpoch = RunSteps(settings, imageCount: training.count).scheduleStepsPerEpoch
    settings.epochs = (Self.stepCount + stepsPerEpoch - 1) / stepsPerEpoch
    let schedule = LearningRateSchedule.rangeTest(
      from: Self.rates.lowerBound, to: Self.rates.upperBound, stepCount: Self.stepCount)
    let trainer = try Trainer(
      settings: settings, architecture: architecture, training: training, validation: nil, engine: engine,
      start: start, schedule: schedule, teaching: teaching)
    let observer = RangeTestObserver(didStep: didStep)
    // Divergence at the last rates is expected, so it is not a failure.
    if case .unreadable(let failure) = trainer.run(observer: observer).failure { throw failure }
    steps = observer.losses.enumerated().map { Step(learningRate: schedule.rate(at: $0), loss: $1) }
  }

  /// The steps by bands. Remaining steps at the end form a band if it is at least half as long.
  ///
  /// - Complexity: O(n) for n steps.
  public var bands: [Band] {
    stride(from: 0, to: steps.count, by: Self.bandLength).compactMap { start in
      let part = steps[start..<min(start + Self.bandLength, steps.count)]
      guard part.count >= Self.bandLength / 2, let first = part.first, let last = part.last else {
        return nil
      }
      return Band(
        learningRate: (first.learningRate * last.learningRate).squareRoot(),
        loss: part.reduce(0) { $0 + $1.loss } / Double(part.count))
    }
  }

  /// The rate at which the smoothed loss is lowest. Higher rates do more harm than good.
  ///
  /// - Complexity: O(n) for n steps.
  public var lowest: Double? { lowestBand.map { bands[$0].learningRate } }

  /// The bands' losses, each averaged with its neighbours'.
  private var smoothLosses: [Double] {
    let losses = bands.map(\.loss)
    return losses.indices.map { index in
      (losses[max(0, index - 1)] + 2 * losses[index] + losses[min(losses.count - 1, index + 1)]) / 4
    }
  }

  private var lowestBand: Int? {
    let smooth = smoothLosses
    return smooth.indices.min { smooth[$0] < smooth[$1] }
  }

  /// The rate at which the smoothed loss falls fastest, before its lowest band. `nil` if the lowest band is one of the
  /// first two, or if the loss falls by no more than a fiftieth.
  ///
  /// - Complexity: O(n) for n steps.
  public var suggestion: Double? {
    let smooth = smoothLosses
    guard let lowest = lowestBand, lowest >= 2, smooth[lowest] < 0.98 * smooth[0] else { return nil }
    func rise(_ band: Int) -> Double { smooth[band + 1] - smooth[band - 1] }
    let steepest = (1..<lowest).min { rise($0) < rise($1) }
    return steepest.map { bands[$0].learningRate }
  }
}

/// Collects the losses, and ends the test when they are enough.
private final class RangeTestObserver: TrainingObserver {
  private(set) var losses: [Double] = []
  private let didStep: (Int) -> Void
  /// An exponential mean of the losses, over about ten of them.
  private var mean = 0.0
  private var weight = 0.0
  private var best = Double.infinity

  init(didStep: @escaping (Int) -> Void) { self.didStep = didStep }

  func didStep(epoch: Int, recordsDone: Int, records: Int, loss: Double) {
    losses.append(loss)
    mean = 0.9 * mean + 0.1 * loss
    weight = 0.9 * weight + 0.1
    best = min(best, mean / weight)
    didStep(losses.count)
  }

  func didFinishEpoch(_ report: EpochReport) {}

  var shouldStop: Bool {
    losses.count >= RangeTest.stepCount || mean / weight > RangeTest.hopelessRatio * best
  }
}
