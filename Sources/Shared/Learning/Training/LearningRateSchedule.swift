// How the learning rate changes over a run.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The learning rate of each step of a run.
public struct LearningRateSchedule: Equatable, Sendable {
  /// The shape of the curve after the warm-up.
  public enum Shape: String, CaseIterable, Sendable {
    /// Always the peak.
    case constant
    /// Half a cosine from the peak to 0 (Loshchilov & Hutter 2017).
    case cosine
    /// A rise from 1/25 of the peak over 30 % of the run, unless the warm-up says otherwise. Then half a cosine down to
    /// 1/10,000 of the peak (after Smith & Topin 2018).
    case oneCycle = "one-cycle"
    /// A rise over 20 % of the run, unless the warm-up says otherwise. Then a straight line down to 0.
    case triangular
  }
  public let shape: Shape
  public let peak: Double
  public let stepCount: Int
  /// The number of steps of the straight rise to the peak.
  let warmUpSteps: Int
  /// The rate of the first step of a range test; `nil` for any other schedule.
  private var lowest: Double?

  /// If `warmUpSteps` is `nil`, the shape decides: none, or 30 % of the run for one-cycle and 20 % for triangular.
  public init(shape: Shape, peak: Double, stepCount: Int, warmUpSteps: Int? = nil) {
    self.shape = shape
    self.peak = peak
    self.stepCount = stepCount
    let ownShare =
      switch shape {
      case .constant, .cosine: 0.0
      case .oneCycle: 0.3
      case .triangular: 0.2
      }
    let own = Int((ownShare * Double(stepCount)).rounded())
    self.warmUpSteps = min(max(warmUpSteps ?? own, 0), stepCount)
  }

  /// The schedule of a run with these settings. It counts steps of the first batch size.
  init(_ settings: TrainingSettings, stepsPerEpoch: Int) {
    self.init(
      shape: settings.schedule, peak: settings.learningRate, stepCount: stepsPerEpoch * settings.epochs,
      warmUpSteps: settings.warmUp.map {
        // The warm-up is no longer than the run, so it fits in an Int.
        Int((min($0, Double(settings.epochs)) * Double(stepsPerEpoch)).rounded())
      })
  }

  /// Returns the schedule of a range test, which rises from `lowest` to `highest`, each step by the same factor.
  static func rangeTest(from lowest: Double, to highest: Double, stepCount: Int) -> LearningRateSchedule {
    var schedule = LearningRateSchedule(shape: .constant, peak: highest, stepCount: stepCount)
    schedule.lowest = lowest
    return schedule
  }

  /// Returns the learning rate of step `step`, from 0.
  public func rate(at step: Int) -> Double { rate(at: Double(step)) }

  /// Returns the learning rate at a position in the schedule, in steps.
  func rate(at step: Double) -> Double {
    if let lowest { return lowest * pow(peak / lowest, step / Double(max(1, stepCount - 1))) }
    let start = shape == .oneCycle ? peak / 25 : 0
    if step < Double(warmUpSteps) { return start + (peak - start) * (step + 1) / Double(warmUpSteps) }
    let end = shape == .oneCycle ? peak / 10_000 : 0
    let progress = (step - Double(warmUpSteps)) / Double(max(1, stepCount - warmUpSteps))
    switch shape {
    case .constant: return peak
    case .triangular: return peak * (1 - min(progress, 1))
    case .cosine, .oneCycle: return end + (peak - end) * (1 + cos(.pi * min(progress, 1))) / 2
    }
  }
}
