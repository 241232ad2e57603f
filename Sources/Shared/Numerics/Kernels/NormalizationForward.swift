// The forward pass of batch normalisation, for one image's map: the moments of its channels, and the linear function
// with the sum and the activation that follow. See KernelInterface/Normalization.swift.
//
// Loops run over rows, then over vectors of channels, then over pixels. A row is still in the first-level cache when
// its next vector of channels comes, and the values that belong to channels stay in registers.

import KernelInterface

extension KernelTable {
  /// Writes mean[c] and Σ (x − mean[c])² in two passes. In one pass, Σ x² − n · mean² would lose all digits of a
  /// channel whose mean is large compared with its deviation.
  public static func channelMoments(
    _ map: MapRegion, mean: UnsafeMutablePointer<Float>, squaredDeviations: UnsafeMutablePointer<Float>
  ) {
    mean.update(repeating: 0, count: map.channels)
    squaredDeviations.update(repeating: 0, count: map.channels)
    addPixels(map, to: mean)
    let pixelCount = Float(map.height &* map.width)
    for channel in vectorStarts(map.channels) { store(load(mean + channel) / pixelCount, mean + channel) }
    addSquaredDeviations(map, mean, to: squaredDeviations)
  }

  /// y ← act(x · scale[c] + shift[c] + addend)
  public static func normalize(_ problem: Normalization, output: MapRegion) {
    run(NormalizationForward(problem: problem, output: output), with: problem.activation)
  }
}

// Both passes add up a row in four independent sums. One function for both, with the term as an argument, would be
// shorter, but the compiler turns the term into a call.

/// sums[c] += Σ x
private func addPixels(_ map: MapRegion, to sums: UnsafeMutablePointer<Float>) {
  let stride = map.pixelStride
  for y in 0..<map.height {
    for channel in vectorStarts(map.channels) {
      var pixel = map.pixel(y, 0) + channel
      var (sum0, sum1, sum2, sum3) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
      for _ in 0..<map.width / 4 {
        sum0 += load(pixel)
        sum1 += load(pixel + stride)
        sum2 += load(pixel + 2 &* stride)
        sum3 += load(pixel + 3 &* stride)
        pixel += 4 &* stride
      }
      for _ in 0..<map.width % 4 {
        sum0 += load(pixel)
        pixel += stride
      }
      store(load(sums + channel) + ((sum0 + sum1) + (sum2 + sum3)), sums + channel)
    }
  }
}

/// sums[c] += Σ (x − mean[c])²
private func addSquaredDeviations(
  _ map: MapRegion, _ means: UnsafePointer<Float>, to sums: UnsafeMutablePointer<Float>
) {
  let stride = map.pixelStride
  for y in 0..<map.height {
    for channel in vectorStarts(map.channels) {
      let mean = load(means + channel)
      var pixel = map.pixel(y, 0) + channel
      var (sum0, sum1, sum2, sum3) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
      for _ in 0..<map.width / 4 {
        addSquare(&sum0, load(pixel) - mean)
        addSquare(&sum1, load(pixel + stride) - mean)
        addSquare(&sum2, load(pixel + 2 &* stride) - mean)
        addSquare(&sum3, load(pixel + 3 &* stride) - mean)
        pixel += 4 &* stride
      }
      for _ in 0..<map.width % 4 {
        addSquare(&sum0, load(pixel) - mean)
        pixel += stride
      }
      store(load(sums + channel) + ((sum0 + sum1) + (sum2 + sum3)), sums + channel)
    }
  }
}

@inline(__always)
private func addSquare(_ sum: inout Vector, _ x: Vector) { multiplyAdd(&sum, x, x) }

/// The two loops are separate functions, and not inlined, since the compiler inlines an activation only the first time
/// that it occurs in a function.
private struct NormalizationForward: ActivationLoop {
  let problem: Normalization
  let output: MapRegion

  func run<Function: ActivationFunction>(_ function: Function) {
    if let addend = problem.addend {
      runAdding(addend, function)
    } else {
      runPlainly(function)
    }
  }

  @inline(never)
  private func runPlainly<Function: ActivationFunction>(_ function: Function) {
    let input = problem.input
    for y in 0..<input.height {
      for channel in vectorStarts(input.channels) {
        let scale = load(problem.scale + channel)
        let shift = load(problem.shift + channel)
        var source = input.pixel(y, 0) + channel
        var target = output.pixel(y, 0) + channel
        for _ in 0..<input.width {
          store(function.value(scaled(load(source), scale, shift)), target)
          source += input.pixelStride
          target += output.pixelStride
        }
      }
    }
  }

  @inline(never)
  private func runAdding<Function: ActivationFunction>(_ addend: MapRegion, _ function: Function) {
    let input = problem.input
    for y in 0..<input.height {
      for channel in vectorStarts(input.channels) {
        let scale = load(problem.scale + channel)
        let shift = load(problem.shift + channel)
        var source = input.pixel(y, 0) + channel
        var target = output.pixel(y, 0) + channel
        var added = addend.pixel(y, 0) + channel
        for _ in 0..<input.width {
          store(function.value(scaled(load(source), scale, shift) + load(added)), target)
          source += input.pixelStride
          target += output.pixelStride
          added += addend.pixelStride
        }
      }
    }
  }
}

/// Returns x · scale + shift, with the same bits in both passes, so that both see the same side of a kink.
@inline(__always)
func scaled(_ x: Vector, _ scale: Vector, _ shift: Vector) -> Vector {
  var sum = shift
  multiplyAdd(&sum, x, scale)
  return sum
}
