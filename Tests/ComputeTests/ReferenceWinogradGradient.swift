// Bounds on the rounding errors of Winograd's gradients, from the matrices of WinogradMatrices.swift:
//
//     weight gradient  g′ = Gᵀ [ Σ over tiles of (Bᵀ d B) ⊙ (A y′ Aᵀ) ] G
//     input gradient   d′ = Σ over up to four tiles of B [ Σ over channels of (G g Gᵀ) ⊙ (A y′ Aᵀ) ] Bᵀ
//
// As forward, no magnitude is larger than the same formula gives for absolute values throughout, W.
//
// A term of the weight gradient passes through the roundings of three transforms and n + 1 in the sum over n tiles, in
// whatever order and blocks. With one more for second-order errors and r roundings of lines in all, it is off by at
// most (n + 2r + 2) · u · W. A term of the input gradient passes through the roundings of three transforms, n + 1 in
// the sum over n channels, and four in the additions of overlapping tiles and of the start: (n + 2r + 6) · u · W.

import Compute
import KernelInterface

extension ReferenceTiles {
  // MARK: - Weight gradient

  /// The true weight gradient of some images, [tap, inputChannel, outputChannel], with the bounds derived above.
  func weightGradient(_ images: [ConvolutionProblem]) -> Expected {
    var values = [SumOfProducts](repeating: SumOfProducts(), count: shape.weightCount)
    var components = [Double](
      repeating: 0, count: size.componentCount * shape.inputChannels * shape.outputChannels)
    var tileCount = 0
    for image in images {
      addWeightGradient(shape, input: image.input, outputGradient: image.outputGradient, to: &values)
      for tile in tiles {
        addMagnitudes(
          inputMagnitudes(image.input, tile), gradientMagnitudes(image.outputGradient, tile), to: &components)
        tileCount += 1
      }
    }
    let count = tileCount + 2 * (roundings.input + roundings.gradient + roundings.weightGradient) + 2
    let magnitudes = taps(of: components, by: WinogradMatrices.magnitudes(matrices.weightGradient))
    return Expected(
      values: values.map(\.value), bounds: magnitudes.map { Double(count) * Rounded.unit * $0 })
  }

  private func addMagnitudes(_ inputs: [[Double]], _ gradients: [[Double]], to sums: inout [Double]) {
    for (channel, input) in inputs.enumerated() {
      for (component, factor) in input.enumerated() where factor != 0 {
        let row = (component * inputs.count + channel) * gradients.count
        for output in gradients.indices { sums[row + output] += factor * gradients[output][component] }
      }
    }
  }

  /// matrix · m · matrixᵀ of each pair's components, [component, pair] → [tap, pair].
  private func taps(of components: [Double], by matrix: [[Double]]) -> [Double] {
    let pairs = shape.inputChannels * shape.outputChannels
    var result = [Double](repeating: 0, count: 9 * pairs)
    for pair in 0..<pairs {
      let taps = transformed((0..<size.componentCount).map { components[$0 * pairs + pair] }, by: matrix)
      for tap in 0..<9 { result[tap * pairs + pair] = taps[tap] }
    }
    return result
  }

  /// Gᵀ m G of sums: [component, inputChannel, outputChannel] → [tap, inputChannel, outputChannel].
  func transformedSums(_ sums: [Float]) -> Expected {
    let factor = Double(2 * roundings.weightGradient + 1) * Rounded.unit
    let magnitudes = taps(
      of: sums.map { Double($0.magnitude) }, by: WinogradMatrices.magnitudes(matrices.weightGradient))
    return Expected(
      values: taps(of: sums.map(Double.init), by: matrices.weightGradient),
      bounds: magnitudes.map { factor * $0 })
  }

  // MARK: - Input gradient

  /// start + the true input gradient of an image, [height, width, inputChannel], with the bounds derived above.
  func inputGradient(_ image: ConvolutionProblem, start: [Float]?) -> Expected {
    let values = referenceInputGradient(
      shape, outputGradient: image.outputGradient, weights: image.weights, startingFrom: start
    ).values
    var magnitudes = start?.map { Double($0.magnitude) } ?? [Double](repeating: 0, count: values.count)
    let kernels = kernelMagnitudes(image.weights)
    for tile in tiles {
      let gradients = gradientMagnitudes(image.outputGradient, tile)
      for channel in 0..<shape.inputChannels {
        add(
          inputGradientMagnitudes(gradients, kernels, channel, tile), tile, channel: channel, to: &magnitudes)
      }
    }
    let count =
      shape.outputChannels + 2 * (roundings.weights + roundings.gradient + roundings.inputGradient) + 6
    return Expected(values: values, bounds: magnitudes.map { Double(count) * Rounded.unit * $0 })
  }

  /// W of one channel of an input tile.
  private func inputGradientMagnitudes(
    _ gradients: [[Double]], _ kernels: [Double], _ channel: Int, _ tile: ReferenceTile
  ) -> [Double] {
    let components = (0..<size.componentCount).map { component in
      let row = (component * shape.inputChannels + channel) * gradients.count
      return gradients.indices.reduce(0) { $0 + gradients[$1][component] * kernels[row + $1] }
    }
    return transformed(
      components, by: WinogradMatrices.magnitudes(tile.columns.inputGradient),
      WinogradMatrices.magnitudes(tile.rows.inputGradient))
  }

  private func add(_ values: [Double], _ tile: ReferenceTile, channel: Int, to sums: inout [Double]) {
    let side = tile.width + 2
    for (place, value) in values.enumerated() {
      let row = tile.y + place / side - shape.paddingHeight
      let column = tile.x + place % side - shape.paddingWidth
      guard (0..<shape.inputHeight).contains(row), (0..<shape.inputWidth).contains(column) else { continue }
      sums[(row * shape.inputWidth + column) * shape.inputChannels + channel] += value
    }
  }
}
