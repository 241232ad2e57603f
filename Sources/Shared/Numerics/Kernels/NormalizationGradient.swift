// The backward pass of batch normalisation, for one image's map; see KernelInterface/Normalization.swift.

import KernelInterface

extension KernelTable {
  /// g ← g · act′(x · scale[c] + shift[c] + addend); adds Σ g and Σ g · x̂ to `sums`.
  public static func normalizeBackward(
    _ problem: Normalization, gradient: MapRegion, sums: NormalizationSums
  ) {
    run(NormalizationBackward(problem: problem, gradient: gradient, sums: sums), with: problem.activation)
  }

  /// output ← a[c] · g + b[c] · x + c[c], or output += that.
  public static func normalizeInputGradient(
    gradient: MapRegion, input: MapRegion, _ combination: ChannelCombination, output: MapRegion,
    accumulates: Bool
  ) {
    if accumulates {
      combine(gradient, input, combination, output) { load($0) }
    } else {
      combine(gradient, input, combination, output) { _ in Vector.zero }
    }
  }
}

@inline(__always)
private func combine(
  _ gradient: MapRegion, _ input: MapRegion, _ combination: ChannelCombination, _ output: MapRegion,
  _ start: (UnsafePointer<Float>) -> Vector
) {
  for y in 0..<gradient.height {
    for channel in vectorStarts(gradient.channels) {
      let gradientFactor = load(combination.gradientFactor + channel)
      let inputFactor = load(combination.inputFactor + channel)
      let constant = load(combination.constant + channel)
      var g = gradient.pixel(y, 0) + channel
      var x = input.pixel(y, 0) + channel
      var target = output.pixel(y, 0) + channel
      for _ in 0..<gradient.width {
        var sum = constant
        multiplyAdd(&sum, load(x), inputFactor)
        multiplyAdd(&sum, load(g), gradientFactor)
        store(start(target) + sum, target)
        g += gradient.pixelStride
        x += input.pixelStride
        target += output.pixelStride
      }
    }
  }
}

/// Each row and vector of channels has two loops, the second over the values that the first has just written. One loop
/// would need more registers than AVX2 has.
private struct NormalizationBackward: ActivationLoop {
  let problem: Normalization
  let gradient: MapRegion
  let sums: NormalizationSums

  func run<Function: ActivationFunction>(_ function: Function) {
    if let addend = problem.addend {
      runAdding(addend, function)
    } else {
      runPlainly(function)
    }
  }

  // Not inlined, for the same reason as in the forward pass.
  @inline(never)
  private func runPlainly<Function: ActivationFunction>(_ function: Function) {
    let input = problem.input
    for y in 0..<input.height {
      for channel in vectorStarts(input.channels) {
        let scale = load(problem.scale + channel)
        let shift = load(problem.shift + channel)
        var source = input.pixel(y, 0) + channel
        var target = gradient.pixel(y, 0) + channel
        for _ in 0..<input.width {
          let slope = function.derivative(at: scaled(load(source), scale, shift))
          store(load(target) * slope, target)
          source += input.pixelStride
          target += gradient.pixelStride
        }
        addSums(y, channel)
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
        var target = gradient.pixel(y, 0) + channel
        var added = addend.pixel(y, 0) + channel
        for _ in 0..<input.width {
          let slope = function.derivative(at: scaled(load(source), scale, shift) + load(added))
          store(load(target) * slope, target)
          source += input.pixelStride
          target += gradient.pixelStride
          added += addend.pixelStride
        }
        addSums(y, channel)
      }
    }
  }

  /// Adds Σ g and Σ g · x̂ of a row, each a block of the whole sum.
  @inline(__always)
  private func addSums(_ y: Int, _ channel: Int) {
    let input = problem.input
    let mean = load(sums.mean + channel)
    var gradientSum = Vector.zero
    var productSum = Vector.zero
    var source = input.pixel(y, 0) + channel
    var target = gradient.pixel(y, 0) + channel
    for _ in 0..<input.width {
      let g = load(target)
      gradientSum += g
      multiplyAdd(&productSum, g, load(source) - mean)
      source += input.pixelStride
      target += gradient.pixelStride
    }
    store(load(sums.gradientSum + channel) + gradientSum, sums.gradientSum + channel)
    let sum = scaled(productSum, load(sums.inverseDeviation + channel), load(sums.productSum + channel))
    store(sum, sums.productSum + channel)
  }
}
