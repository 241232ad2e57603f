// Layer normalisation of a map in Double, naively, with bounds for Float.

import Compute
import KernelInterface

/// The values of a map, [pixels, channels], whose last channels are padding, and the settings that normalise its
/// pixels.
struct PixelNormalizationProblem: CustomStringConvertible {
  let size: MapSize
  /// The number of channels that are not padding.
  let count: Int
  let epsilon: Float
  /// [pixels, channels]; `scale` and `bias` are [channels]. Padding is NaN, so that it shows if it is read.
  let values: [Float]
  let scale: [Float]
  let bias: [Float]

  init(_ size: MapSize, count: Int, epsilon: Float = 0.01) {
    (self.size, self.count, self.epsilon) = (size, count, epsilon)
    values = Self.padded(randomFloats(size.count, seed: 31, scale: 2), size, count)
    scale = Self.padded(randomFloats(size.channels, seed: 32, scale: 3), size, count)
    bias = Self.padded(randomFloats(size.channels, seed: 33), size, count)
  }

  /// Every size, with one channel, with channels on both sides of each instruction set's vectors, and without padding.
  static let several: [PixelNormalizationProblem] = MapSize.several.flatMap { size in
    Set([1, 3, 4, 5, 8, 9, 15, 16, 17, size.channels - 1, size.channels]).sorted()
      .filter { $0 <= size.channels }.map { PixelNormalizationProblem(size, count: $0) }
  }

  var description: String { "\(size), \(count) channels" }

  /// The same numbers with NaN in the padding.
  static func padded(_ values: [Float], _ size: MapSize, _ count: Int) -> [Float] {
    values.enumerated().map { $0 % size.channels < count ? $1 : .nan }
  }

  func random(seed: Int) -> [Float] { Self.padded(randomFloats(size.count, seed: seed), size, count) }

  // MARK: - Forward

  /// The statistics that normalise a pixel.
  struct Statistics {
    let mean: Rounded
    let inverseDeviation: Rounded
  }

  var statistics: [Statistics] {
    (0..<size.pixelCount).map { pixel in
      let mean = self.mean { Rounded(values[pixel * size.channels + $0]) }
      let variance = self.mean { channel in
        let deviation = Rounded(values[pixel * size.channels + channel]) - mean
        return deviation * deviation
      }
      return Statistics(
        mean: mean,
        inverseDeviation: Rounded(1) / (variance + Rounded(epsilon)).squareRoot(ulps: 0.5))
    }
  }

  func output(rectifies: Bool) -> Expected {
    let statistics = self.statistics
    let result = perValue { pixel, channel in
      let normal =
        (Rounded(values[pixel * size.channels + channel]) - statistics[pixel].mean)
        * statistics[pixel].inverseDeviation
      return normal * Rounded(scale[channel]) + Rounded(bias[channel])
    }
    return rectifies ? result.rectified : result
  }

  // MARK: - Backward

  /// Gradients for arbitrary statistics.
  struct Backward {
    let problem: PixelNormalizationProblem
    /// [pixels, channels]; `means` and `inverses` are [pixels].
    let gradient: [Float]
    let means: [Float]
    let inverses: [Float]

    private func scaled(_ pixel: Int, _ channel: Int) -> Rounded {
      Rounded(gradient[pixel * problem.size.channels + channel]) * Rounded(problem.scale[channel])
    }

    private func deviation(_ pixel: Int, _ channel: Int) -> Rounded {
      Rounded(problem.values[pixel * problem.size.channels + channel]) - Rounded(means[pixel])
    }

    /// start[c] + Σ g · x̂, or start[c] + Σ g. Padding stays `start`.
    func sums(startingFrom start: [Float], ofProducts: Bool) -> Expected {
      Expected(
        (0..<problem.size.channels).map { channel in
          guard channel < problem.count else { return Rounded(start[channel]) }
          return .sum(
            [Rounded(start[channel])]
              + (0..<problem.size.pixelCount).map { pixel in
                let g = Rounded(gradient[pixel * problem.size.channels + channel])
                return ofProducts ? g * (deviation(pixel, channel) * Rounded(inverses[pixel])) : g
              })
        })
    }

    /// start + inverse · (ĝ − mean of ĝ − x̂ · mean of ĝ · x̂); 0 in the padding.
    func inputGradient(startingFrom start: [Float]?) -> Expected {
      let shares = (0..<problem.size.pixelCount).map { pixel -> (constant: Rounded, factor: Rounded) in
        let inverse = Rounded(inverses[pixel])
        let product = problem.mean { scaled(pixel, $0) * deviation(pixel, $0) } * inverse
        return (problem.mean { scaled(pixel, $0) } * inverse, product * inverse * inverse)
      }
      return problem.perValue { pixel, channel in
        let sum =
          scaled(pixel, channel) * Rounded(inverses[pixel])
          - deviation(pixel, channel) * shares[pixel].factor - shares[pixel].constant
        return start.map { Rounded($0[pixel * problem.size.channels + channel]) + sum } ?? sum
      }
    }
  }

  // MARK: - Values

  fileprivate func mean(_ term: (_ channel: Int) -> Rounded) -> Rounded {
    .sum((0..<count).map(term)) / Rounded(Float(count))
  }

  /// Computes a value for each pixel and channel. Padding is 0.
  fileprivate func perValue(_ body: (_ pixel: Int, _ channel: Int) -> Rounded) -> Expected {
    Expected(
      (0..<size.count).map { index in
        let (pixel, channel) = index.quotientAndRemainder(dividingBy: size.channels)
        return channel < count ? body(pixel, channel) : Rounded(0)
      })
  }
}
