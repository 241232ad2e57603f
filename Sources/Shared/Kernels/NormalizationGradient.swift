// Batch normalisation backward, of one image's map; see KernelInterface/Normalization.swift.

import KernelInterface

extension KernelTable {
  /// g ← g · act′(x · scale[c] + shift[c] + addend), Σ g and Σ g · x̂.
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

private struct NormalizationBackward: ActivationLoop {
  let problem: Normalization
  let gradient: MapRegion
  let sums: NormalizationSums

  func run<Function: ActivationFunction>(_ function: Function) {
    if let addend = problem.addend {
      run(function, first: addend.start, addend.rowStride, addend.pixelStride) { x, added in x + load(added) }
    } else {
      // A pointer that nobody reads through.
      run(function, first: gradient.start, 0, 0) { x, _ in x }
    }
  }

  /// `plusAddend` adds what is found through a pointer that goes on by those strides.
  @inline(__always)
  private func run<Function: ActivationFunction>(
    _ function: Function, first: UnsafeMutablePointer<Float>, _ rowStride: Int, _ pixelStride: Int,
    _ plusAddend: (Vector, UnsafePointer<Float>) -> Vector
  ) {
    let input = problem.input
    for y in 0..<input.height {
      for channel in vectorStarts(input.channels) {
        let scale = load(problem.scale + channel)
        let shift = load(problem.shift + channel)
        let mean = load(sums.mean + channel)
        var gradientSum = Vector.zero
        var productSum = Vector.zero
        var source = input.pixel(y, 0) + channel
        var target = gradient.pixel(y, 0) + channel
        var added = first + (y &* rowStride &+ channel)
        for _ in 0..<input.width {
          let x = load(source)
          let slope = function.derivative(at: plusAddend(scaled(x, scale, shift), added))
          let g = load(target) * slope
          store(g, target)
          gradientSum += g
          multiplyAdd(&productSum, g, x - mean)
          source += input.pixelStride
          target += gradient.pixelStride
          added += pixelStride
        }
        add(gradientSum, productSum, channel)
      }
    }
  }

  /// A row's sums, each a block of the whole.
  @inline(__always)
  private func add(_ gradientSum: Vector, _ productSum: Vector, _ channel: Int) {
    store(load(sums.gradientSum + channel) + gradientSum, sums.gradientSum + channel)
    let sum = scaled(
      productSum, load(sums.inverseDeviation + channel), load(sums.productSum + channel))
    store(sum, sums.productSum + channel)
  }
}
