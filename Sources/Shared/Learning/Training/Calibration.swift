// Temperature scaling: one number that makes a network's probabilities match how often it is right.
//
//     p = softmax(z / T),   T = argmin −1/n Σ ln p_y        over the n held-out images
//
// z is the mean of an image's logits over the views that the model averages, and y its class. Guo, Pleiss, Sun &
// Weinberger 2017, "On Calibration of Modern Neural Networks". The likeliest class is the same at any temperature, so
// no answer changes.
//
// With β = 1/T, the loss is a mean of functions ln Σ exp(β zₖ) − β z_y. Each is convex, so the derivative only rises.
// Bisection on ln β finds its zero: it cannot miss, needs no first guess, and always takes the same steps.

import Compute
import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The result of a calibration.
public struct Calibration: Equatable, Sendable {
  public enum Result: Equatable, Sendable {
    case temperature(Float)
    /// The lower the temperature, the better: all images are answered right, or too few are wrong.
    case lowest
    /// The higher the temperature, the better: the answers say nothing about the classes.
    case highest
    /// A logit is not finite.
    case notFinite
  }
  public let result: Result
  public let answers: HeldOutAnswers

  public var temperature: Float? {
    if case .temperature(let temperature) = result { temperature } else { nil }
  }

  /// Fits the temperature to the answers.
  ///
  /// - Complexity: O(n c) for n images and c classes.
  public init(_ answers: HeldOutAnswers, engine: Engine) {
    self.answers = answers
    result = Self.fit(answers, engine)
  }

  /// The number of times the interval of ln β is halved. It begins 9.2 wide and ends 8·10⁻¹² wide, far below a Float's
  /// precision.
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

  /// The number of images in a task. The sums of the tasks are added in order, so the number of threads makes no
  /// difference.
  private static let imagesPerTask = 512

  /// Returns the derivative of the summed loss with respect to β, given ln β.
  ///
  /// - Complexity: O(n c) for n images and c classes.
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
