// How far rounding may lead Winograd's weight gradient away from the true one, and its two transforms, from the matrices
// of the forward pass (ReferenceWinograd.swift).
//
//     g′ = Gᵀ [ Σ over tiles of (Bᵀ d B) ⊙ (A y′ Aᵀ) ] G
//
// Bounds: as forward, no rounding leaves a magnitude larger than the same formula gives for absolute values throughout,
//
//     W = |Gᵀ| [ Σ over tiles of (|Bᵀ| |d| |B|) ⊙ (|A| |y′| |Aᵀ|) ] |G|
//
// A term passes through 2 additions in the transform of the input, 2 in that of the output gradient, n + 1 roundings in the
// sum over n tiles, in whatever order and blocks, and 4 additions in the last transform (halving is exact): n + 9 in all,
// and one more for what is of second order. So |ĝ′ − g′| ≤ (n + 10) · u · W. Where all values are of one magnitude, W is 9
// times the sum of the absolute terms themselves for the taps in the corners, 6 beside them, and 4 in the middle.

import Compute
import KernelInterface

/// The true weight gradient of some images, [tap, inputChannel, outputChannel], with the bounds derived above.
func referenceWinogradWeightGradient(
  _ shape: ConvolutionShape, inputs: [[Float]], outputGradients: [[Float]]
) -> Expected {
  var values = [SumOfProducts](repeating: SumOfProducts(), count: shape.weightCount)
  var magnitudes = [Double](repeating: 0, count: shape.weightCount)
  for (input, gradient) in zip(inputs, outputGradients) {
    addWeightGradient(shape, input: input, outputGradient: gradient, to: &values)
    addMagnitudes(shape, input: input, gradient: gradient, to: &magnitudes)
  }
  let tileCount = inputs.count * ((shape.outputHeight + 1) / 2) * ((shape.outputWidth + 1) / 2)
  let factor = Double(tileCount + 10) * Rounded.unit
  return Expected(values: values.map(\.value), bounds: magnitudes.map { factor * $0 })
}

/// W of one image, by its tiles.
private func addMagnitudes(
  _ shape: ConvolutionShape, input: [Float], gradient: [Float], to sums: inout [Double]
) {
  let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
  var components = [Double](repeating: 0, count: 16 * inputs * outputs)
  for y in stride(from: 0, to: shape.outputHeight, by: 2) {
    for x in stride(from: 0, to: shape.outputWidth, by: 2) {
      let patches = (0..<inputs).map { channel in
        transformed(
          patch(shape, input: input, y: y, x: x, channel: channel).map(abs),
          by: WinogradMatrices.magnitudes(WinogradMatrices.inputTransform))
      }
      let tiles = (0..<outputs).map { channel in
        transformed(
          tile(shape, gradient: gradient, y: y, x: x, channel: channel).map(abs),
          by: WinogradMatrices.magnitudes(WinogradMatrices.gradientTransform))
      }
      for component in 0..<16 {
        for (channel, patch) in patches.enumerated() {
          let row = (component * inputs + channel) * outputs
          for (output, tile) in tiles.enumerated() {
            components[row + output] += patch[component] * tile[component]
          }
        }
      }
    }
  }
  let pairs = inputs * outputs
  let matrix = WinogradMatrices.magnitudes(WinogradMatrices.weightGradientTransform)
  for pair in 0..<pairs {
    let taps = transformed((0..<16).map { components[$0 * pairs + pair] }, by: matrix)
    for tap in 0..<9 { sums[tap * pairs + pair] += taps[tap] }
  }
}

/// The 2 × 2 gradients, one channel of them, of the tile whose first output is (y, x); 0 beyond the map.
private func tile(_ shape: ConvolutionShape, gradient: [Float], y: Int, x: Int, channel: Int) -> [Double] {
  (0..<4).map { place in
    let (row, column) = (y + place / 2, x + place % 2)
    guard row < shape.outputHeight, column < shape.outputWidth else { return 0 }
    return Double(gradient[(row * shape.outputWidth + column) * shape.outputChannels + channel])
  }
}

/// A y′ Aᵀ of every tile, [component, tile, outputChannel].
func referenceWinogradGradients(
  _ shape: ConvolutionShape, tileRows: Range<Int>, outputGradient: [Float]
) -> Expected {
  let matrix = WinogradMatrices.gradientTransform
  let columns = (shape.outputWidth + 1) / 2
  let count = tileRows.count * columns * shape.outputChannels
  var expected = Expected(
    values: [Double](repeating: 0, count: 16 * count), bounds: [Double](repeating: 0, count: 16 * count))
  for index in 0..<tileRows.count * columns {
    let y = 2 * (tileRows.lowerBound + index / columns)
    for channel in 0..<shape.outputChannels {
      let tile = tile(shape, gradient: outputGradient, y: y, x: 2 * (index % columns), channel: channel)
      let values = transformed(tile, by: matrix)
      let magnitudes = transformed(tile.map(abs), by: WinogradMatrices.magnitudes(matrix))
      for component in 0..<16 {
        let place = component * count + index * shape.outputChannels + channel
        expected.values[place] = values[component]
        // Two additions, and one rounding more for what is of second order.
        expected.bounds[place] = 3 * Rounded.unit * magnitudes[component]
      }
    }
  }
  return expected
}

/// Gᵀ m G of sums [component, inputChannel, outputChannel], [tap, inputChannel, outputChannel].
func referenceWinogradSums(_ sums: [Float], inputChannels: Int, outputChannels: Int) -> Expected {
  let pairs = inputChannels * outputChannels
  let matrix = WinogradMatrices.weightGradientTransform
  var expected = Expected(
    values: [Double](repeating: 0, count: 9 * pairs), bounds: [Double](repeating: 0, count: 9 * pairs))
  for pair in 0..<pairs {
    let components = (0..<16).map { Double(sums[$0 * pairs + pair]) }
    let values = transformed(components, by: matrix)
    let magnitudes = transformed(components.map(abs), by: WinogradMatrices.magnitudes(matrix))
    for tap in 0..<9 {
      expected.values[tap * pairs + pair] = values[tap]
      // Four additions, and one rounding more for what is of second order.
      expected.bounds[tap * pairs + pair] = 5 * Rounded.unit * magnitudes[tap]
    }
  }
  return expected
}
