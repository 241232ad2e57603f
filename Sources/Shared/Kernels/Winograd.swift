// The three transforms of the convolution F(2×2, 3×3); see KernelInterface/WinogradTiles.swift, and for those that only
// the weight gradient has, WinogradGradient.swift. The products between them are those of MatrixProduct.swift, one group for each component.
//
//          ⎡1  0 −1  0⎤        ⎡ 1   0   0 ⎤
//     Bᵀ = ⎢0  1  1  0⎥    G = ⎢ ½   ½   ½ ⎥    Aᵀ = ⎡1  1  1  0⎤
//          ⎢0 −1  1  0⎥        ⎢ ½  −½   ½ ⎥         ⎣0  1 −1 −1⎦
//          ⎣0  1  0 −1⎦        ⎣ 0   0   1 ⎦
//
// A vector holds channels of one pixel, so that a transform is additions of whole vectors. Its 16 stay in registers
// with AVX-512; tiles of other instruction sets pass through the first-level cache.

import KernelInterface

private let patchSize = WinogradTiles.patchSize
private let componentCount = WinogradTiles.componentCount

// MARK: - Input

extension KernelTable {
  /// transformed [component, tile, inputChannels], in the strides of `tiles`, ← Bᵀ d B of each tile's patch of the padded
  /// input.
  public static func winogradInput(
    _ tiles: WinogradTiles, input: UnsafePointer<Float>, transformed: UnsafeMutablePointer<Float>
  ) {
    let rowStride = tiles.inputRowStride
    var target = transformed
    for tileRow in tiles.tileRows {
      let y = WinogradTiles.outputSize &* tileRow
      for tileColumn in 0..<tiles.tileColumns {
        let x = WinogradTiles.outputSize &* tileColumn
        let source = input + (y &* rowStride &+ x &* tiles.inputChannels)
        if y &+ patchSize <= tiles.inputHeight && x &+ patchSize <= tiles.inputWidth {
          for channel in vectorStarts(tiles.inputChannels) {
            transformPatch(tiles, target + channel) { row, column in
              load(source + (row &* rowStride &+ column &* tiles.inputChannels &+ channel))
            }
          }
        } else {
          for channel in vectorStarts(tiles.inputChannels) {
            transformPatch(tiles, target + channel) { row, column in
              y &+ row < tiles.inputHeight && x &+ column < tiles.inputWidth
                ? load(source + (row &* rowStride &+ column &* tiles.inputChannels &+ channel)) : Vector.zero
            }
          }
        }
        target += tiles.tileStride
      }
    }
  }
}

@inline(__always)
private func transformPatch(
  _ tiles: WinogradTiles, _ target: UnsafeMutablePointer<Float>,
  _ pixel: (_ row: Int, _ column: Int) -> Vector
) {
  let componentStride = tiles.componentStride
  withVectors { patch in
    for row in 0..<patchSize {
      for column in 0..<patchSize { patch[row &* patchSize &+ column] = pixel(row, column) }
    }
    for column in 0..<patchSize { transformLine(patch + column, stride: patchSize) }
    for row in 0..<patchSize { transformLine(patch + row &* patchSize, stride: 1) }
    for component in 0..<componentCount { store(patch[component], target + component &* componentStride) }
  }
}

/// Bᵀ times a column, in place.
@inline(__always)
private func transformLine(_ line: UnsafeMutablePointer<Vector>, stride: Int) {
  let (d0, d1, d2, d3) = (line[0], line[stride], line[2 &* stride], line[3 &* stride])
  line[0] = d0 - d2
  line[stride] = d1 + d2
  line[2 &* stride] = d2 - d1
  line[3 &* stride] = d1 - d3
}

// MARK: - Output

extension KernelTable {
  /// Y = Aᵀ m A of each tile of the products [component, tile, outputChannels], plus bias, rectified and pooled as asked.
  public static func winogradOutput(
    _ tiles: WinogradTiles, products: UnsafePointer<Float>, output: WinogradOutput
  ) {
    var source = products
    for tileRow in tiles.tileRows {
      for tileColumn in 0..<tiles.tileColumns {
        if !output.pools {
          writeTile(tiles, source, output, y: 2 &* tileRow, x: 2 &* tileColumn)
        } else if let places = output.places {
          writeMaximum(tiles, source, output, places, y: tileRow, x: tileColumn)
        } else {
          writeMaximum(tiles, source, output, y: tileRow, x: tileColumn)
        }
        source += tiles.outputChannels
      }
    }
  }
}

@inline(__always)
private func writeTile(
  _ tiles: WinogradTiles, _ source: UnsafePointer<Float>, _ output: WinogradOutput, y: Int, x: Int
) {
  let target = output.values + (y &* output.rowStride &+ x &* tiles.outputChannels)
  let hasRight = x &+ 1 < output.width
  let hasBelow = y &+ 1 < output.height
  for channel in vectorStarts(tiles.outputChannels) {
    var (y00, y01, y10, y11) = outputs(tiles, source + channel)
    if let bias = output.bias {
      let bias = load(bias + channel)
      (y00, y01, y10, y11) = (y00 + bias, y01 + bias, y10 + bias, y11 + bias)
    }
    if output.rectifies {
      (y00, y01, y10, y11) = (rectified(y00), rectified(y01), rectified(y10), rectified(y11))
    }
    write(y00, to: target + channel, adds: output.accumulates)
    if hasRight { write(y01, to: target + (tiles.outputChannels &+ channel), adds: output.accumulates) }
    if hasBelow { write(y10, to: target + (output.rowStride &+ channel), adds: output.accumulates) }
    if hasRight && hasBelow {
      write(
        y11, to: target + (output.rowStride &+ tiles.outputChannels &+ channel), adds: output.accumulates)
    }
  }
}

@inline(__always)
private func write(_ value: Vector, to target: UnsafeMutablePointer<Float>, adds: Bool) {
  store(adds ? load(target) + value : value, target)
}

/// A vector of the bias, or of zeros without one.
@inline(__always)
private func bias(_ output: WinogradOutput, _ channel: Int) -> Vector {
  output.bias.map { load($0 + channel) } ?? Vector.zero
}

@inline(__always)
private func writeMaximum(
  _ tiles: WinogradTiles, _ source: UnsafePointer<Float>, _ output: WinogradOutput, y: Int, x: Int
) {
  let target = output.values + (y &* output.rowStride &+ x &* tiles.outputChannels)
  for channel in vectorStarts(tiles.outputChannels) {
    let (y00, y01, y10, y11) = outputs(tiles, source + channel)
    let best = larger(larger(y00, y01), larger(y10, y11)) + bias(output, channel)
    store(output.rectifies ? rectified(best) : best, target + channel)
  }
}

/// The same, with the places of the maxima.
@inline(__always)
private func writeMaximum(
  _ tiles: WinogradTiles, _ source: UnsafePointer<Float>, _ output: WinogradOutput,
  _ places: UnsafeMutablePointer<UInt8>, y: Int, x: Int
) {
  let target = output.values + (y &* output.rowStride &+ x &* tiles.outputChannels)
  let placeTarget = places + (y &* output.width &+ x) &* tiles.outputChannels
  for channel in vectorStarts(tiles.outputChannels) {
    let (y00, y01, y10, y11) = outputs(tiles, source + channel)
    let largest = storePlaces(y00, y01, y10, y11, placeTarget + channel) + bias(output, channel)
    store(output.rectifies ? rectified(largest) : largest, target + channel)
  }
}

/// Y = Aᵀ m A for a vector of channels.
@inline(__always)
private func outputs(
  _ tiles: WinogradTiles, _ source: UnsafePointer<Float>
) -> (Vector, Vector, Vector, Vector) {
  let componentStride = tiles.tileCount &* tiles.outputChannels
  let (above0, below0) = transformColumn(source, componentStride)
  let (above1, below1) = transformColumn(source + componentStride, componentStride)
  let (above2, below2) = transformColumn(source + 2 &* componentStride, componentStride)
  let (above3, below3) = transformColumn(source + 3 &* componentStride, componentStride)
  return (
    above0 + above1 + above2, above1 - above2 - above3,
    below0 + below1 + below2, below1 - below2 - below3
  )
}

/// Aᵀ times the column of components that starts at `source`.
@inline(__always)
private func transformColumn(_ source: UnsafePointer<Float>, _ componentStride: Int) -> (Vector, Vector) {
  let m0 = load(source)
  let m1 = load(source + 4 &* componentStride)
  let m2 = load(source + 8 &* componentStride)
  let m3 = load(source + 12 &* componentStride)
  return (m0 + m1 + m2, m1 - m2 - m3)
}

// MARK: - Weights

extension KernelTable {
  /// transformed [component][panel][inputChannel][width] ← G g Gᵀ of each kernel of the weights in panels,
  /// [panel][tap, inputChannel][width].
  public static func winogradWeights(
    inputChannels: Int, outputChannels: Int, packed: UnsafePointer<Float>,
    transformed: UnsafeMutablePointer<Float>
  ) {
    let componentStride = inputChannels &* outputChannels
    for column in stride(from: 0, to: outputChannels, by: panelWidth) {
      let width = min(panelWidth, outputChannels &- column)
      let source = packed + column &* 9 &* inputChannels
      let target = transformed + column &* inputChannels
      for offset in vectorStarts(inputChannels &* width) {
        transformKernel(
          source + offset, tapStride: inputChannels &* width, target + offset,
          componentStride: componentStride)
      }
    }
  }
}

@inline(__always)
private func transformKernel(
  _ source: UnsafePointer<Float>, tapStride: Int, _ target: UnsafeMutablePointer<Float>, componentStride: Int
) {
  withVectors { rows in
    // G g: four rows of three.
    for column in 0..<3 {
      let g0 = load(source + column &* tapStride)
      let g1 = load(source + (3 &+ column) &* tapStride)
      let g2 = load(source + (6 &+ column) &* tapStride)
      rows[column] = g0
      rows[3 &+ column] = (g0 + g1 + g2) * 0.5
      rows[6 &+ column] = (g0 - g1 + g2) * 0.5
      rows[9 &+ column] = g2
    }
    for row in 0..<patchSize {
      let (g0, g1, g2) = (rows[3 &* row], rows[3 &* row &+ 1], rows[3 &* row &+ 2])
      let line = target + patchSize &* row &* componentStride
      store(g0, line)
      store((g0 + g1 + g2) * 0.5, line + componentStride)
      store((g0 - g1 + g2) * 0.5, line + 2 &* componentStride)
      store(g2, line + 3 &* componentStride)
    }
  }
}
