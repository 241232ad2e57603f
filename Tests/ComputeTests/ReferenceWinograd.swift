// Bounds on the rounding errors of Winograd's convolution, from the matrices of WinogradMatrices.swift:
//
//     Y = Aᵀ [ Σ over channels of (G g Gᵀ) ⊙ (Bᵀ d B) ] A + b
//
// Let u be half an ulp of 1. Each rounded operation adds an error of u times the magnitude of its result. No magnitude
// is larger than the same formula gives for absolute values throughout:
//
//     W = |Aᵀ| [ Σ over channels of (|G| |g| |Gᵀ|) ⊙ (|Bᵀ| |d| |B|) ] |A| + |b|
//
// A term passes through the roundings of three transforms, each twice those of a line (WinogradRoundings), n + 1 in the
// sum over n channels, and one in the addition of the bias. One more covers second-order errors. With r roundings of
// lines in all, |Ŷ − Y| ≤ (n + 2r + 3) · u · W (Higham, "Accuracy and Stability of Numerical Algorithms", 3.1).

import Compute
import KernelInterface

/// The tiles of a map in the forward pass.
struct ReferenceTiles {
  let shape: ConvolutionShape
  let size: WinogradSize
  let matrices: WinogradMatrices
  let roundings: WinogradRoundings

  init(_ shape: ConvolutionShape, _ size: WinogradSize) {
    (self.shape, self.size) = (shape, size)
    (matrices, roundings) = (WinogradMatrices(size), WinogradRoundings(size))
  }

  /// Calls `body` with the first output pixel of each tile.
  func forEach(_ body: (_ y: Int, _ x: Int) -> Void) {
    for y in stride(from: 0, to: shape.outputHeight, by: size.outputSize) {
      for x in stride(from: 0, to: shape.outputWidth, by: size.outputSize) { body(y, x) }
    }
  }

  /// One channel of the n × n pixels that the tile with the first output (y, x) reads; 0 beyond the input.
  func inputTile(_ input: [Float], y: Int, x: Int, channel: Int) -> [Double] {
    let side = size.inputSize
    return (0..<side * side).map { place in
      let (row, column) = (y + place / side - shape.paddingHeight, x + place % side - shape.paddingWidth)
      guard (0..<shape.inputHeight).contains(row), (0..<shape.inputWidth).contains(column) else { return 0 }
      return Double(input[(row * shape.inputWidth + column) * shape.inputChannels + channel])
    }
  }

  /// One channel of the m × m gradients of the tile with the first output (y, x); 0 beyond the map.
  func tile(_ gradient: [Float], y: Int, x: Int, channel: Int) -> [Double] {
    let side = size.outputSize
    return (0..<side * side).map { place in
      let (row, column) = (y + place / side, x + place % side)
      guard row < shape.outputHeight, column < shape.outputWidth else { return 0 }
      return Double(gradient[(row * shape.outputWidth + column) * shape.outputChannels + channel])
    }
  }

  /// |Bᵀ| |d| |B| of each input channel, [channel][component].
  func inputMagnitudes(_ input: [Float], y: Int, x: Int) -> [[Double]] {
    let matrix = WinogradMatrices.magnitudes(matrices.input)
    return (0..<shape.inputChannels).map {
      transformed(inputTile(input, y: y, x: x, channel: $0).map(abs), by: matrix)
    }
  }

  /// |A| |y′| |Aᵀ| of each output channel, [channel][component].
  func gradientMagnitudes(_ gradient: [Float], y: Int, x: Int) -> [[Double]] {
    let matrix = WinogradMatrices.magnitudes(matrices.gradient)
    return (0..<shape.outputChannels).map {
      transformed(tile(gradient, y: y, x: x, channel: $0).map(abs), by: matrix)
    }
  }

  /// |G| |g| |Gᵀ| of every kernel, [component, inputChannel, outputChannel].
  func kernelMagnitudes(_ weights: [Float]) -> [Double] {
    let matrix = WinogradMatrices.magnitudes(matrices.weights)
    return overPairs { pair, pairs in
      transformed((0..<9).map { Double(weights[$0 * pairs + pair].magnitude) }, by: matrix)
    }
  }

  /// G g Gᵀ of every kernel, [component, inputChannel, outputChannel].
  func transformedWeights(_ weights: [Float]) -> Expected {
    var bounds: [[Double]] = []
    let values = overPairs { pair, pairs in
      let kernel = expectedTransform(
        (0..<9).map { Double(weights[$0 * pairs + pair]) }, by: matrices.weights, roundings: roundings.weights
      )
      bounds.append(kernel.bounds)
      return kernel.values
    }
    return Expected(values: values, bounds: overPairs { pair, _ in bounds[pair] })
  }

  /// Arranges the components of each pair of channels as [component, pair].
  func overPairs(_ components: (_ pair: Int, _ pairs: Int) -> [Double]) -> [Double] {
    let pairs = shape.inputChannels * shape.outputChannels
    var result = [Double](repeating: 0, count: size.componentCount * pairs)
    for pair in 0..<pairs {
      for (component, value) in components(pair, pairs).enumerated() {
        result[component * pairs + pair] = value
      }
    }
    return result
  }

  // MARK: - Forward

  /// The true convolution, with the bounds derived above.
  func convolution(input: [Float], weights: [Float], bias: [Float]) -> Expected {
    let direct = referenceConvolution(shape, input: input, weights: weights, bias: bias)
    var bounds = [Double](repeating: 0, count: direct.values.count)
    let (side, outputs) = (size.outputSize, shape.outputChannels)
    let roundings = 2 * (roundings.input + roundings.weights + roundings.output)
    let factor = Double(shape.inputChannels + roundings + 3) * Rounded.unit
    let kernels = kernelMagnitudes(weights)
    forEach { tileY, tileX in
      let tile = outputMagnitudes(inputMagnitudes(input, y: tileY, x: tileX), kernels)
      for y in tileY..<min(tileY + side, shape.outputHeight) {
        for x in tileX..<min(tileX + side, shape.outputWidth) {
          for output in 0..<outputs {
            bounds[(y * shape.outputWidth + x) * outputs + output] =
              factor
              * (tile[output][(y - tileY) * side + x - tileX] + Double(bias[output].magnitude))
          }
        }
      }
    }
    return Expected(values: direct.values, bounds: bounds)
  }

  /// W of a tile without its bias, [outputChannel][pixel].
  private func outputMagnitudes(_ inputs: [[Double]], _ kernels: [Double]) -> [[Double]] {
    let (channels, outputs) = (shape.inputChannels, shape.outputChannels)
    var products = [Double](repeating: 0, count: size.componentCount * outputs)
    for (channel, components) in inputs.enumerated() {
      for (component, factor) in components.enumerated() {
        let row = (component * channels + channel) * outputs
        for output in 0..<outputs { products[component * outputs + output] += factor * kernels[row + output] }
      }
    }
    let matrix = WinogradMatrices.magnitudes(matrices.output)
    return (0..<outputs).map { output in
      transformed((0..<size.componentCount).map { products[$0 * outputs + output] }, by: matrix)
    }
  }
}

/// The largest value of each window of 2 × 2 of some images, and its possible places.
struct PooledWinogradReference {
  private(set) var expected = Expected(values: [], bounds: [])
  private var windows: [[(value: Double, bound: Double)]] = []

  init(_ shape: ConvolutionShape, _ images: [Expected]) {
    for image in images { append(shape, image) }
  }

  private mutating func append(_ shape: ConvolutionShape, _ whole: Expected) {
    let channels = shape.outputChannels
    for y in 0..<shape.outputHeight / 2 {
      for x in 0..<shape.outputWidth / 2 {
        for channel in 0..<channels {
          let window = (0..<4).map { place in
            let index = ((2 * y + place / 2) * shape.outputWidth + 2 * x + place % 2) * channels + channel
            return (value: whole.values[index], bound: whole.bounds[index])
          }
          windows.append(window)
          // No value of the window, and therefore not their maximum, is off by more than the largest bound.
          expected.values.append(window.map(\.value).max() ?? .nan)
          expected.bounds.append(window.map(\.bound).max() ?? .nan)
        }
      }
    }
  }

  /// Whether rounding may have made this the place of the maximum. Without rounding, it must be the first of the
  /// largest.
  func isPossible(_ place: UInt8, at index: Int) -> Bool {
    let window = windows[index]
    guard window.indices.contains(Int(place)) else { return false }
    let (chosen, bound) = window[Int(place)]
    return window.enumerated().allSatisfy { other, candidate in
      let room = bound + candidate.bound
      return candidate.value < chosen + room
        || (candidate.value == chosen + room && (room > 0 || other >= Int(place)))
    }
  }
}
