// The forward pass of layer normalisation, for one image's map; see KernelInterface/PixelNormalization.swift.
//
// The loop takes a pixel at a time. Its channels come from memory once, and are in the first-level cache for the
// passes that follow. Pixels are independent, so that the processor begins the next one while it computes the
// root of this one.

import KernelInterface

extension KernelTable {
  /// Mean and variance take two passes. In one pass, Σ x² − n · mean² would lose all digits of a pixel whose mean is
  /// large compared with its deviation.
  public static func normalizePixels(_ problem: PixelNormalization, output: MapRegion) {
    let input = problem.input
    let channels = CountedChannels(problem.channelCount)
    // No number is less than −∞: a comparison for every vector costs less than a second loop.
    let least = Vector(repeating: problem.rectifies ? 0 : -.infinity)
    for y in 0..<input.height {
      for x in 0..<input.width {
        let pixel = UnsafePointer(input.pixel(y, x))
        let mean = channels.mean(of: Values(pixel: pixel))
        let variance = channels.mean(
          of: SquaredDeviations(pixel: pixel, mean: Vector(repeating: mean)))
        let inverse = 1 / (variance + problem.epsilon).squareRoot()
        if let statistics = problem.statistics {
          statistics.mean[y &* input.width &+ x] = mean
          statistics.inverseDeviation[y &* input.width &+ x] = inverse
        }
        write(
          problem, pixel, mean: Vector(repeating: mean), inverse: Vector(repeating: inverse), least, channels,
          to: output.pixel(y, x))
      }
    }
  }
}

/// target ← scale[c] · (x − mean) · inverse + bias[c], but at least `least`, and 0 in the padding.
@inline(__always)
private func write(
  _ problem: PixelNormalization, _ pixel: UnsafePointer<Float>, mean: Vector, inverse: Vector,
  _ least: Vector, _ channels: CountedChannels, to target: UnsafeMutablePointer<Float>
) {
  for channel in vectorStarts(channels.last) {
    store(normalized(problem, pixel, mean, inverse, least, channel), target + channel)
  }
  let last = normalized(problem, pixel, mean, inverse, least, channels.last)
  store(channels.counted(last), target + channels.last)
  channels.clearPadding(of: target, channels: problem.input.channels)
}

@inline(__always)
private func normalized(
  _ problem: PixelNormalization, _ pixel: UnsafePointer<Float>, _ mean: Vector, _ inverse: Vector,
  _ least: Vector, _ channel: Int
) -> Vector {
  let y = scaled(
    (load(pixel + channel) - mean) * inverse, load(problem.scale + channel), load(problem.bias + channel))
  // A NaN is not less than anything, and stays.
  return y.replacing(with: least, where: y .< least)
}

// MARK: - Sums over the channels of a pixel

/// The channels of a pixel without the padding: whole vectors, and a last one that may partly be padding.
struct CountedChannels {
  /// The first channel of the last vector.
  let last: Int
  private let count: Float
  /// All bits set in the elements of the last vector that count.
  private let bits: IntegerVector

  init(_ count: Int) {
    last = (count &- 1) / vectorWidth &* vectorWidth
    self.count = Float(count)
    var bits = IntegerVector.zero
    for element in 0..<count &- last { bits[element] = .max }
    self.bits = bits
  }

  /// Returns the last vector with 0 in place of the padding, whatever its contents.
  @inline(__always)
  func counted(_ x: Vector) -> Vector { select(Vector.zero, x, by: bits) }

  /// Sets the vectors of a pixel that are only padding to 0.
  @inline(__always)
  func clearPadding(of target: UnsafeMutablePointer<Float>, channels: Int) {
    for channel in stride(from: last &+ vectorWidth, to: channels, by: vectorWidth) {
      store(Vector.zero, target + channel)
    }
  }

  /// Returns the mean over the channels. It adds up a block at a time, in four independent sums.
  @inline(__always)
  func mean<Terms: PixelTerms>(of terms: Terms) -> Float {
    var total: Float = 0
    var sum0 = Vector.zero
    terms.add(last, to: &sum0)
    sum0 = counted(sum0)
    var channel = 0
    repeat {
      var (sum1, sum2, sum3) = (Vector.zero, Vector.zero, Vector.zero)
      let end = min(channel &+ blockChannels, last)
      while channel &+ 4 &* vectorWidth <= end {
        terms.add(channel, to: &sum0)
        terms.add(channel &+ vectorWidth, to: &sum1)
        terms.add(channel &+ 2 &* vectorWidth, to: &sum2)
        terms.add(channel &+ 3 &* vectorWidth, to: &sum3)
        channel &+= 4 &* vectorWidth
      }
      while channel < end {
        terms.add(channel, to: &sum0)
        channel &+= vectorWidth
      }
      total += elementSum((sum0 + sum1) + (sum2 + sum3))
      sum0 = Vector.zero
    } while channel < last
    return total / count
  }
}

/// The channels in one block of a longer sum, as in the product of matrices.
private let blockChannels = 2048

/// The terms of a sum over the channels of a pixel. (They are types, not closures, which the compiler
/// turns into calls.)
protocol PixelTerms {
  /// Adds the terms of a vector of channels that begins with `channel`.
  func add(_ channel: Int, to sum: inout Vector)
}

private struct Values: PixelTerms {
  let pixel: UnsafePointer<Float>

  @inline(__always)
  func add(_ channel: Int, to sum: inout Vector) { sum += load(pixel + channel) }
}

private struct SquaredDeviations: PixelTerms {
  let pixel: UnsafePointer<Float>
  let mean: Vector

  @inline(__always)
  func add(_ channel: Int, to sum: inout Vector) {
    let deviation = load(pixel + channel) - mean
    multiplyAdd(&sum, deviation, deviation)
  }
}
