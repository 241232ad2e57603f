// Batch normalisation forward, of one image's map: moments of its channels, and the linear function with all that follows;
// see KernelInterface/Normalization.swift.
//
// Loops go row by row, a vector of channels at a time, pixel by pixel: a row is in the first-level cache when its next
// vector of channels comes, and what belongs to the channels stays in registers.

import KernelInterface

extension KernelTable {
  /// mean[c] and Σ (x − mean[c])², in two passes: with one, Σ x² − n · mean² would lose all digits of a channel whose mean is
  /// large beside its deviation.
  public static func channelMoments(
    _ map: MapRegion, mean: UnsafeMutablePointer<Float>, squaredDeviations: UnsafeMutablePointer<Float>
  ) {
    mean.update(repeating: 0, count: map.channels)
    squaredDeviations.update(repeating: 0, count: map.channels)
    for y in 0..<map.height {
      for channel in vectorStarts(map.channels) {
        let sum = rowSum(map.pixel(y, 0) + channel, map) { $0 }
        store(load(mean + channel) + sum, mean + channel)
      }
    }
    let pixelCount = Float(map.height &* map.width)
    for channel in vectorStarts(map.channels) { store(load(mean + channel) / pixelCount, mean + channel) }
    for y in 0..<map.height {
      for channel in vectorStarts(map.channels) {
        let center = load(mean + channel)
        let sum = rowSum(map.pixel(y, 0) + channel, map) { ($0 - center) * ($0 - center) }
        store(load(squaredDeviations + channel) + sum, squaredDeviations + channel)
      }
    }
  }

  /// y ← act(x · scale[c] + shift[c] + addend)
  public static func normalize(_ problem: Normalization, output: MapRegion) {
    run(NormalizationForward(problem: problem, output: output), with: problem.activation)
  }
}

/// Σ of a term for each pixel of a row, in four sums that do not wait for each other.
@inline(__always)
private func rowSum(_ row: UnsafePointer<Float>, _ map: MapRegion, _ term: (Vector) -> Vector) -> Vector {
  let stride = map.pixelStride
  var pixel = row
  var (sum0, sum1, sum2, sum3) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
  for _ in 0..<map.width / 4 {
    sum0 += term(load(pixel))
    sum1 += term(load(pixel + stride))
    sum2 += term(load(pixel + 2 &* stride))
    sum3 += term(load(pixel + 3 &* stride))
    pixel += 4 &* stride
  }
  for _ in 0..<map.width % 4 {
    sum0 += term(load(pixel))
    pixel += stride
  }
  return (sum0 + sum1) + (sum2 + sum3)
}

private struct NormalizationForward: ActivationLoop {
  let problem: Normalization
  let output: MapRegion

  func run<Function: ActivationFunction>(_ function: Function) {
    let input = problem.input
    for y in 0..<input.height {
      for channel in vectorStarts(input.channels) {
        let scale = load(problem.scale + channel)
        let shift = load(problem.shift + channel)
        var source = input.pixel(y, 0) + channel
        var target = output.pixel(y, 0) + channel
        if let addend = problem.addend {
          var added = addend.pixel(y, 0) + channel
          for _ in 0..<input.width {
            let x = scaled(load(source), scale, shift) + load(added)
            store(function.value(x), target)
            source += input.pixelStride
            target += output.pixelStride
            added += addend.pixelStride
          }
        } else {
          for _ in 0..<input.width {
            store(function.value(scaled(load(source), scale, shift)), target)
            source += input.pixelStride
            target += output.pixelStride
          }
        }
      }
    }
  }
}

/// x · scale + shift: in the backward pass the same bits as in the forward pass, so that both see the same side of a kink.
@inline(__always)
func scaled(_ x: Vector, _ scale: Vector, _ shift: Vector) -> Vector {
  var sum = shift
  multiplyAdd(&sum, x, scale)
  return sum
}
