// The mean and variance of a batch, joined from those of its images.
//
// Two sets with means a and b and with n and m values have together (Chan, Golub & LeVeque, "Updating Formulae and a
// Pairwise Algorithm for Computing Sample Variances", 1979)
//
//     mean = a + (b − a) · m / (n + m)        Σ d² = Σ d² of both + (b − a)² · n · m / (n + m)
//
// which subtracts no large numbers from each other. Moments are joined in Double, and always in the images' order, so
// that the result does not depend on which thread computed what.

/// The count, the means and the sums of squared deviations of some values of each channel.
public struct ChannelMoments: Equatable, Sendable {
  public private(set) var count = 0
  /// [channels]
  public private(set) var means: [Double]
  /// [channels]: Σ (x − mean)²
  public private(set) var squaredDeviations: [Double]

  /// Creates the moments of no values.
  public init(channels: Int) {
    means = [Double](repeating: 0, count: channels)
    squaredDeviations = means
  }

  public var channels: Int { means.count }

  /// Adds the moments of `count` values of each channel, such as those of an image.
  ///
  /// - Complexity: O(channels).
  public mutating func add(mean: Floats, squaredDeviations: Floats, count: Int) {
    precondition(
      mean.count >= channels && squaredDeviations.count >= channels && count >= 0,
      "moments of \(mean.count) channels for \(channels)")
    guard count > 0 else { return }
    join(count: count) { (Double(mean[$0]), Double(squaredDeviations[$0])) }
  }

  /// Adds the moments of another set.
  ///
  /// - Complexity: O(channels).
  public mutating func merge(_ other: ChannelMoments) {
    precondition(other.channels == channels, "moments of \(other.channels) channels for \(channels)")
    guard other.count > 0 else { return }
    join(count: other.count) { (other.means[$0], other.squaredDeviations[$0]) }
  }

  /// Returns Σ (x − mean)² / n, which normalisation uses; 0 for no values.
  public func variance(_ channel: Int) -> Double {
    count == 0 ? 0 : squaredDeviations[channel] / Double(count)
  }

  /// Returns Σ (x − mean)² / (n − 1), which running statistics use; 0 for fewer than two values.
  public func unbiasedVariance(_ channel: Int) -> Double {
    count <= 1 ? 0 : squaredDeviations[channel] / Double(count - 1)
  }

  private mutating func join(count added: Int, _ moments: (Int) -> (mean: Double, squaredDeviations: Double))
  {
    let total = count + added
    let share = Double(added) / Double(total)
    let weight = Double(count) * share
    for channel in 0..<channels {
      let other = moments(channel)
      let difference = other.mean - means[channel]
      means[channel] += difference * share
      squaredDeviations[channel] += other.squaredDeviations + difference * difference * weight
    }
    count = total
  }
}
