// Temperature scaling: one number that makes a network's probabilities fit how often it is right.
//
//     p = softmax(z / T),   T = argmin −1/n Σ ln p_y        over the n held-out images
//
// z is the mean of an image's logits over the views by which the model answers, y its class. Guo, Pleiss, Sun & Weinberger
// 2017, "On Calibration of Modern Neural Networks". A class stays the likeliest at any temperature, so no answer changes.
//
// By β = 1/T, the loss is the mean of functions ln Σ exp(β zₖ) − β z_y, each convex, so its derivative only rises. Where
// that is 0 is found by halving an interval of ln β: it cannot miss, needs no first guess, and takes the same steps always.

import Compute
import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What calibration came to.
public struct Calibration: Equatable, Sendable {
  public enum Result: Equatable, Sendable {
    case temperature(Float)
    /// The lower the better: the images are all answered right, or there are too few that are not.
    case lowest
    /// The higher the better: the answers say nothing of the classes.
    case highest
    /// A logit is no finite number.
    case notFinite
  }
  public let result: Result
  public let answers: HeldOutAnswers

  public var temperature: Float? {
    if case .temperature(let temperature) = result { temperature } else { nil }
  }

  /// Fits the temperature to the answers.
  public init(_ answers: HeldOutAnswers, engine: Engine) {
    self.answers = answers
    result = Self.fit(answers, engine)
  }

  /// How often the interval of ln β is halved. It begins 9.2 wide and ends 8·10⁻¹² wide, far below a Float's precision.
  private static let halvings = 40

  private static func fit(_ answers: HeldOutAnswers, _ engine: Engine) -> Result {
    guard answers.logits.allSatisfy(\.isFinite) else { return .notFinite }
    let bounds = Model.temperatures
    var low = -log(Double(bounds.upperBound))
    var high = -log(Double(bounds.lowerBound))
    guard slope(answers, at: low, engine) < 0 else { return .highest }
    guard slope(answers, at: high, engine) > 0 else { return .lowest }
    for _ in 0..<halvings {
      let middle = (low + high) / 2
      if slope(answers, at: middle, engine) < 0 { low = middle } else { high = middle }
    }
    let temperature = Float(exp(-(low + high) / 2))
    return .temperature(min(max(temperature, bounds.lowerBound), bounds.upperBound))
  }

  /// Images that one thread takes at once. Their sums are added in order, so that threads make no difference.
  private static let imagesPerTask = 512

  /// The derivative of the summed loss by β, at the logarithm of β.
  private static func slope(_ answers: HeldOutAnswers, at logarithm: Double, _ engine: Engine) -> Double {
    let inverse = exp(logarithm)
    var sums = [Double](repeating: 0, count: (answers.count + imagesPerTask - 1) / imagesPerTask)
    sums.withUnsafeMutableBufferPointer { sums in
      engine.forEachRun(answers.count, length: imagesPerTask) { images in
        sums[images.lowerBound / imagesPerTask] = images.reduce(0) {
          $0 + answers.loss(ofImage: $1, inverseTemperature: inverse).slope
        }
      }
    }
    return sums.reduce(0, +)
  }
}
