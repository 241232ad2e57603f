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

/// A tile of outputs, and the matrices of its columns and rows.
struct ReferenceTile {
  /// Its first output pixel.
  let y: Int
  let x: Int
  /// Rows and columns of outputs.
  let height: Int
  let width: Int
  let columns: WinogradMatrices
  let rows: WinogradMatrices
}

/// The tiles of a map in the forward pass.
struct ReferenceTiles {
  let shape: ConvolutionShape
  let size: WinogradSize
  let roundings: WinogradRoundings
  /// The matrices of whole tiles, whose G all tiles share.
  let matrices: WinogradMatrices
  let tiles: [ReferenceTile]

  /// With a pooling, the tiles cover the pixels of its windows.
  init(_ shape: ConvolutionShape, _ size: WinogradSize, pools: Bool = false) {
    (self.shape, self.size) = (shape, size)
    (matrices, roundings) = (WinogradMatrices(size), WinogradRoundings(size))
    tiles = Self.tiles(
      WinogradGrid(size, height: shape.outputHeight, width: shape.outputWidth, pools: pools))
  }

  /// The tiles of a grid, row by row.
  static func tiles(_ grid: WinogradGrid) -> [ReferenceTile] {
    func lines(_ whole: Int, _ hasShort: Bool) -> [(start: Int, outputs: Int, matrices: WinogradMatrices)] {
      let outputs = [Int](repeating: grid.size.outputSize, count: whole) + (hasShort ? [grid.shortSize] : [])
      return outputs.enumerated().map {
        ($0 * grid.size.outputSize, $1, WinogradMatrices(grid.size, outputs: $1))
      }
    }
    let columns = lines(grid.wholeColumns, grid.hasShortColumn)
    return lines(grid.wholeRows, grid.hasShortRow).flatMap { row in
      columns.map { column in
        ReferenceTile(
          y: row.start, x: column.start, height: row.outputs, width: column.outputs, columns: row.matrices,
          rows: column.matrices)
      }
    }
  }

  /// One channel of the pixels that a tile reads; 0 beyond the input.
  func inputTile(_ input: [Float], _ tile: ReferenceTile, channel: Int) -> [Double] {
    let side = tile.width + 2
    return (0..<(tile.height + 2) * side).map { place in
      let row = tile.y + place / side - shape.paddingHeight
      let column = tile.x + place % side - shape.paddingWidth
      guard (0..<shape.inputHeight).contains(row), (0..<shape.inputWidth).contains(column) else { return 0 }
      return Double(input[(row * shape.inputWidth + column) * shape.inputChannels + channel])
    }
  }

  /// One channel of a tile's gradients; 0 beyond the map.
  func tile(_ gradient: [Float], _ tile: ReferenceTile, channel: Int) -> [Double] {
    (0..<tile.height * tile.width).map { place in
      let (row, column) = (tile.y + place / tile.width, tile.x + place % tile.width)
      guard row < shape.outputHeight, column < shape.outputWidth else { return 0 }
      return Double(gradient[(row * shape.outputWidth + column) * shape.outputChannels + channel])
    }
  }

  /// |Bᵀ| |d| |B| of each input channel, [channel][component].
  func inputMagnitudes(_ input: [Float], _ tile: ReferenceTile) -> [[Double]] {
    let (columns, rows) = (
      WinogradMatrices.magnitudes(tile.columns.input), WinogradMatrices.magnitudes(tile.rows.input)
    )
    return (0..<shape.inputChannels).map {
      transformed(inputTile(input, tile, channel: $0).map(abs), by: columns, rows)
    }
  }

  /// |A| |y′| |Aᵀ| of each output channel, [channel][component].
  func gradientMagnitudes(_ gradient: [Float], _ tile: ReferenceTile) -> [[Double]] {
    let (columns, rows) = (
      WinogradMatrices.magnitudes(tile.columns.gradient), WinogradMatrices.magnitudes(tile.rows.gradient)
    )
    return (0..<shape.outputChannels).map {
      transformed(self.tile(gradient, tile, channel: $0).map(abs), by: columns, rows)
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
        (0..<9).map { Double(weights[$0 * pairs + pair]) }, by: matrices.weights, matrices.weights,
        roundings: roundings.weights)
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
    let outputs = shape.outputChannels
    let roundings = 2 * (roundings.input + roundings.weights + roundings.output)
    let factor = Double(shape.inputChannels + roundings + 3) * Rounded.unit
    let kernels = kernelMagnitudes(weights)
    for tile in tiles {
      let magnitudes = outputMagnitudes(inputMagnitudes(input, tile), kernels, tile)
      for y in tile.y..<min(tile.y + tile.height, shape.outputHeight) {
        for x in tile.x..<min(tile.x + tile.width, shape.outputWidth) {
          for output in 0..<outputs {
            bounds[(y * shape.outputWidth + x) * outputs + output] =
              factor
              * (magnitudes[output][(y - tile.y) * tile.width + x - tile.x] + Double(bias[output].magnitude))
          }
        }
      }
    }
    return Expected(values: direct.values, bounds: bounds)
  }

  /// W of a tile without its bias, [outputChannel][pixel].
  private func outputMagnitudes(_ inputs: [[Double]], _ kernels: [Double], _ tile: ReferenceTile)
    -> [[Double]]
  {
    let (channels, outputs) = (shape.inputChannels, shape.outputChannels)
    var products = [Double](repeating: 0, count: size.componentCount * outputs)
    for (channel, components) in inputs.enumerated() {
      for (component, factor) in components.enumerated() {
        let row = (component * channels + channel) * outputs
        for output in 0..<outputs { products[component * outputs + output] += factor * kernels[row + output] }
      }
    }
    let (columns, rows) = (
      WinogradMatrices.magnitudes(tile.columns.output), WinogradMatrices.magnitudes(tile.rows.output)
    )
    return (0..<outputs).map { output in
      transformed((0..<size.componentCount).map { products[$0 * outputs + output] }, by: columns, rows)
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
