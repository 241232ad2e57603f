// How far rounding may lead Winograd's convolution away from the true one, and its transform of the weights, from the
// matrices of Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks" (2016), section 4.1, written out.
//
//     Y = Aᵀ [ Σ over channels of (G g Gᵀ) ⊙ (Bᵀ d B) ] A + b
//
// Bounds: with u half an ulp of 1, each addition and each product that is rounded adds u times the magnitude of what it
// adds up, and no rounding leaves a magnitude larger than the same formula gives for absolute values throughout,
//
//     W = |Aᵀ| [ Σ over channels of (|G| |g| |Gᵀ|) ⊙ (|Bᵀ| |d| |B|) ] |A| + |b|
//
// A term passes through 2 additions in the transform of the input, 4 in that of the weights (halving is exact), n + 1
// roundings in the sum over n channels, 4 additions in the last transform, and that of the bias: n + 12 in all, and one
// more for what is of second order. So |Ŷ − Y| ≤ (n + 13) · u · W (Higham, "Accuracy and Stability of Numerical
// Algorithms", 3.1). Where all values are of one magnitude, W is 64/9 times the sum of the absolute terms themselves.

import Compute
import KernelInterface

enum WinogradMatrices {
  static let inputTransform: [[Double]] = [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]]
  static let weightTransform: [[Double]] = [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]]
  static let outputTransform: [[Double]] = [[1, 1, 1, 0], [0, 1, -1, -1]]

  /// What the backward pass multiplies by: A, and Gᵀ.
  static let gradientTransform = transpose(outputTransform)
  static let weightGradientTransform = transpose(weightTransform)

  static func transpose(_ matrix: [[Double]]) -> [[Double]] {
    matrix[0].indices.map { column in matrix.map { $0[column] } }
  }

  static func magnitudes(_ matrix: [[Double]]) -> [[Double]] { matrix.map { $0.map(abs) } }
}

/// left · square · leftᵀ, of a square matrix row by row.
func transformed(_ square: [Double], by left: [[Double]]) -> [Double] {
  let size = left[0].count
  var half = [Double](repeating: 0, count: left.count * size)
  for row in left.indices {
    for column in 0..<size {
      for term in 0..<size { half[row * size + column] += left[row][term] * square[term * size + column] }
    }
  }
  var result = [Double](repeating: 0, count: left.count * left.count)
  for row in left.indices {
    for column in left.indices {
      for term in 0..<size {
        result[row * left.count + column] += half[row * size + term] * left[column][term]
      }
    }
  }
  return result
}

/// G g Gᵀ of every kernel, [component, inputChannel, outputChannel].
func referenceWinogradWeights(_ shape: ConvolutionShape, weights: [Float]) -> Expected {
  let values = transformedKernels(shape, weights.map(Double.init), WinogradMatrices.weightTransform)
  let magnitudes = transformedKernels(
    shape, weights.map { Double($0.magnitude) },
    WinogradMatrices.magnitudes(WinogradMatrices.weightTransform))
  // Four additions, and one rounding more for what is of second order.
  return Expected(values: values, bounds: magnitudes.map { 5 * Rounded.unit * $0 })
}

private func transformedKernels(
  _ shape: ConvolutionShape, _ weights: [Double], _ matrix: [[Double]]
) -> [Double] {
  let pairs = shape.inputChannels * shape.outputChannels
  var result = [Double](repeating: 0, count: 16 * pairs)
  for pair in 0..<pairs {
    let kernel = transformed((0..<9).map { weights[$0 * pairs + pair] }, by: matrix)
    for component in 0..<16 { result[component * pairs + pair] = kernel[component] }
  }
  return result
}

/// Bᵀ d B of every tile's patch, [component, tile, inputChannel]; what lies beyond the input is 0.
func referenceWinogradPatches(_ shape: ConvolutionShape, _ tiles: WinogradTiles, input: [Float]) -> Expected {
  let matrix = WinogradMatrices.inputTransform
  let count = tiles.tileCount * shape.inputChannels
  var expected = Expected(
    values: [Double](repeating: 0, count: 16 * count), bounds: [Double](repeating: 0, count: 16 * count))
  for tile in 0..<tiles.tileCount {
    let y = 2 * (tiles.tileRows.lowerBound + tile / tiles.tileColumns)
    let x = 2 * (tile % tiles.tileColumns)
    for channel in 0..<shape.inputChannels {
      let patch = patch(shape, input: input, y: y, x: x, channel: channel)
      let values = transformed(patch, by: matrix)
      let magnitudes = transformed(patch.map(abs), by: WinogradMatrices.magnitudes(matrix))
      for component in 0..<16 {
        let index = component * count + tile * shape.inputChannels + channel
        expected.values[index] = values[component]
        // Two additions, and one rounding more for what is of second order.
        expected.bounds[index] = 3 * Rounded.unit * magnitudes[component]
      }
    }
  }
  return expected
}

/// The 4 × 4 pixels, one channel of them, that the tile whose first output is (y, x) looks at.
func patch(_ shape: ConvolutionShape, input: [Float], y: Int, x: Int, channel: Int) -> [Double] {
  (0..<16).map { place in
    let (row, column) = (y + place / 4 - shape.paddingHeight, x + place % 4 - shape.paddingWidth)
    guard (0..<shape.inputHeight).contains(row), (0..<shape.inputWidth).contains(column) else { return 0 }
    return Double(input[(row * shape.inputWidth + column) * shape.inputChannels + channel])
  }
}

/// The true convolution, with the bounds derived above.
func referenceWinograd(_ shape: ConvolutionShape, input: [Float], weights: [Float], bias: [Float]) -> Expected
{
  let direct = referenceConvolution(shape, input: input, weights: weights, bias: bias)
  let kernels = transformedKernels(
    shape, weights.map { Double($0.magnitude) },
    WinogradMatrices.magnitudes(WinogradMatrices.weightTransform))
  var bounds = [Double](repeating: 0, count: direct.values.count)
  let outputs = shape.outputChannels
  let factor = Double(shape.inputChannels + 13) * Rounded.unit
  for tileY in stride(from: 0, to: shape.outputHeight, by: 2) {
    for tileX in stride(from: 0, to: shape.outputWidth, by: 2) {
      let tile = tileMagnitudes(shape, input: input, kernels: kernels, y: tileY, x: tileX)
      for y in tileY..<min(tileY + 2, shape.outputHeight) {
        for x in tileX..<min(tileX + 2, shape.outputWidth) {
          for output in 0..<outputs {
            let magnitude = tile[((y - tileY) * 2 + x - tileX) * outputs + output]
            bounds[(y * shape.outputWidth + x) * outputs + output] =
              factor * (magnitude + Double(bias[output].magnitude))
          }
        }
      }
    }
  }
  return Expected(values: direct.values, bounds: bounds)
}

/// W of a tile without its bias, [row, column, outputChannel].
private func tileMagnitudes(
  _ shape: ConvolutionShape, input: [Float], kernels: [Double], y: Int, x: Int
) -> [Double] {
  let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
  let inputMatrix = WinogradMatrices.magnitudes(WinogradMatrices.inputTransform)
  var products = [Double](repeating: 0, count: 16 * outputs)
  for channel in 0..<inputs {
    let patch = patch(shape, input: input, y: y, x: x, channel: channel).map(abs)
    let components = transformed(patch, by: inputMatrix)
    for component in 0..<16 {
      let factor = components[component]
      let kernelRow = (component * inputs + channel) * outputs
      for output in 0..<outputs {
        products[component * outputs + output] += factor * kernels[kernelRow + output]
      }
    }
  }
  let outputMatrix = WinogradMatrices.magnitudes(WinogradMatrices.outputTransform)
  var result = [Double](repeating: 0, count: 4 * outputs)
  for output in 0..<outputs {
    let tile = transformed((0..<16).map { products[$0 * outputs + output] }, by: outputMatrix)
    for place in 0..<4 { result[place * outputs + output] = tile[place] }
  }
  return result
}

/// The largest value of each window of 2 × 2, and where it may be said to have been.
struct PooledWinogradReference {
  private(set) var expected = Expected(values: [], bounds: [])
  private var windows: [[(value: Double, bound: Double)]] = []

  init(_ shape: ConvolutionShape, _ whole: Expected) {
    let channels = shape.outputChannels
    for y in 0..<shape.outputHeight / 2 {
      for x in 0..<shape.outputWidth / 2 {
        for channel in 0..<channels {
          let window = (0..<4).map { place in
            let index =
              ((2 * y + place / 2) * shape.outputWidth + 2 * x + place % 2) * channels + channel
            return (value: whole.values[index], bound: whole.bounds[index])
          }
          windows.append(window)
          // No value of the window, and so not their maximum, is off by more than the largest bound.
          expected.values.append(window.map(\.value).max() ?? .nan)
          expected.bounds.append(window.map(\.bound).max() ?? .nan)
        }
      }
    }
  }

  /// The first of the largest, where rounding is nothing; else any whose value rounding may have made the largest.
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
