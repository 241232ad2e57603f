// The three transforms of the convolution F(m×m, 3×3); see KernelInterface/WinogradTiles.swift.
// WinogradGradient.swift has those of the gradients. The products between them are those of MatrixProductLoops.swift,
// one for each component.
//
// A vector holds channels of one pixel, so that a transform consists of operations on whole vectors. The lines of a
// tile are transformed column by column, then row by row (WinogradLines.swift). With AVX-512, the 16 vectors of the
// smallest tiles stay in registers. Other tiles pass through the first-level cache.

import KernelInterface

// MARK: - Input

extension KernelTable {
  /// transformed [component, tile, channels], in the strides of `input`, ← Bᵀ d B of each input tile, read from the
  /// padded input.
  public static func winogradInput(
    _ input: WinogradInput, values: UnsafePointer<Float>, transformed: UnsafeMutablePointer<Float>
  ) {
    withTileRoom { room in
      InputWork(input: input, values: values, transformed: transformed, room: room).runTiles()
    }
  }
}

private struct InputWork: WinogradWork {
  let input: WinogradInput
  let values: UnsafePointer<Float>
  let transformed: UnsafeMutablePointer<Float>
  let room: UnsafeMutablePointer<Vector>

  static var pools: Bool { false }
  var tiles: WinogradTilePlace { input.tiles }

  @inline(__always)
  func run<Column: WinogradLines, Row: WinogradLines>(
    _ column: Column.Type, _ row: Row.Type, offset: Int, tileRow: Int, tileColumn: Int
  ) {
    let (rowStride, pixelStride) = (input.rowStride, input.pixelStride)
    let (y, x) = (Column.wholeSize &* tileRow, Row.wholeSize &* tileColumn)
    let source = values + (y &* rowStride &+ x &* pixelStride)
    let target = transformed + offset
    let (height, width) = (input.height &- y, input.width &- x)
    if height >= Column.inputSize && width >= Row.inputSize {
      for channel in vectorStarts(input.channels) {
        transformTile(column, row, target + channel) {
          load(source + ($0 &* rowStride &+ $1 &* pixelStride &+ channel))
        }
      }
    } else {
      for channel in vectorStarts(input.channels) {
        transformTile(column, row, target + channel) {
          $0 < height && $1 < width
            ? load(source + ($0 &* rowStride &+ $1 &* pixelStride &+ channel)) : Vector.zero
        }
      }
    }
  }

  @inline(__always)
  private func transformTile<Column: WinogradLines, Row: WinogradLines>(
    _ column: Column.Type, _ row: Row.Type, _ target: UnsafeMutablePointer<Float>,
    _ pixel: (_ y: Int, _ x: Int) -> Vector
  ) {
    let (size, componentStride) = (Row.inputSize, input.tiles.componentStride)
    withTile(column, row, room) { tile in
      for x in 0..<size {
        Column.transformInput({ pixel($0, x) }, { tile[$0 &* size &+ x] = $1 })
      }
      for y in 0..<Column.inputSize {
        let line = tile + y &* size
        let start = target + (Column.component(y) &* Row.componentCount) &* componentStride
        Row.transformInput({ line[$0] }, { store($1, start + Row.component($0) &* componentStride) })
      }
    }
  }
}

// MARK: - Output

extension KernelTable {
  /// output ← Y = Aᵀ m A of each tile of the products m [component, tile, channels], in the strides of `output`, plus
  /// bias, rectified and pooled as `output` says.
  public static func winogradOutput(products: UnsafePointer<Float>, output: WinogradOutput) {
    withTileRoom { room in
      if output.pools {
        MaximaWork(products: products, output: output, room: room).runTiles()
      } else {
        PixelWork(products: products, output: output, room: room).runTiles()
      }
    }
  }
}

private struct PixelWork: WinogradWork {
  let products: UnsafePointer<Float>
  let output: WinogradOutput
  let room: UnsafeMutablePointer<Vector>

  static var pools: Bool { false }
  var tiles: WinogradTilePlace { output.tiles }

  @inline(__always)
  func run<Column: WinogradLines, Row: WinogradLines>(
    _ column: Column.Type, _ row: Row.Type, offset: Int, tileRow: Int, tileColumn: Int
  ) {
    let (y, x) = (Column.wholeSize &* tileRow, Row.wholeSize &* tileColumn)
    withTile(column, row, room) { tile in
      for channel in vectorStarts(output.channels) {
        transformTile(column, row, output, products + (offset &+ channel), tile)
        writeTile(column, row, tile, channel, y: y, x: x)
      }
    }
  }

  @inline(__always)
  private func writeTile<Column: WinogradLines, Row: WinogradLines>(
    _ column: Column.Type, _ row: Row.Type, _ tile: UnsafeMutablePointer<Vector>, _ channel: Int, y: Int,
    x: Int
  ) {
    let target = output.values + (y &* output.rowStride &+ x &* output.pixelStride &+ channel)
    let (height, width) = (output.height &- y, output.width &- x)
    let bias = bias(output, channel)
    for row in 0..<Column.outputSize where row < height {
      for column in 0..<Row.outputSize where column < width {
        let value = tile[row &* Row.inputSize &+ column] + bias
        store(
          output.rectifies ? rectified(value) : value,
          target + (row &* output.rowStride &+ column &* output.pixelStride))
      }
    }
  }
}

/// Does the same with a pooling. The functions are separate, so that no calls are left in their loops.
private struct MaximaWork: WinogradWork {
  let products: UnsafePointer<Float>
  let output: WinogradOutput
  let room: UnsafeMutablePointer<Vector>

  static var pools: Bool { true }
  var tiles: WinogradTilePlace { output.tiles }

  @inline(__always)
  func run<Column: WinogradLines, Row: WinogradLines>(
    _ column: Column.Type, _ row: Row.Type, offset: Int, tileRow: Int, tileColumn: Int
  ) {
    let (y, x) = (Column.wholeSize / 2 &* tileRow, Row.wholeSize / 2 &* tileColumn)
    withTile(column, row, room) { tile in
      for channel in vectorStarts(output.channels) {
        transformTile(column, row, output, products + (offset &+ channel), tile)
        writeMaxima(column, row, tile, channel, y: y, x: x)
      }
    }
  }

  /// Writes the largest value of each window of 2 × 2, and its place if wanted.
  @inline(__always)
  private func writeMaxima<Column: WinogradLines, Row: WinogradLines>(
    _ column: Column.Type, _ row: Row.Type, _ tile: UnsafeMutablePointer<Vector>, _ channel: Int, y: Int,
    x: Int
  ) {
    let bias = bias(output, channel)
    for row in 0..<Column.outputSize / 2 where row < output.height &- y {
      for column in 0..<Row.outputSize / 2 where column < output.width &- x {
        let window = tile + 2 &* (row &* Row.inputSize &+ column)
        let (y00, y01) = (window[0], window[1])
        let (y10, y11) = (window[Row.inputSize], window[Row.inputSize &+ 1])
        let (outY, outX) = (y &+ row, x &+ column)
        var best = Vector.zero
        if let places = output.places {
          let place = (outY &* output.width &+ outX) &* output.pixelStride &+ channel
          best = storePlaces(y00, y01, y10, y11, places + place)
        } else {
          best = larger(larger(y00, y01), larger(y10, y11))
        }
        best += bias
        store(
          output.rectifies ? rectified(best) : best,
          output.values + (outY &* output.rowStride &+ outX &* output.pixelStride &+ channel))
      }
    }
  }
}

/// The first rows and columns of the tile, as many as it has outputs, ← Aᵀ m A for a vector of channels.
@inline(__always)
private func transformTile<Column: WinogradLines, Row: WinogradLines>(
  _ column: Column.Type, _ row: Row.Type, _ output: WinogradOutput, _ source: UnsafePointer<Float>,
  _ tile: UnsafeMutablePointer<Vector>
) {
  let (size, componentStride) = (Row.inputSize, output.tiles.componentStride)
  for x in 0..<size {
    let start = source + Row.component(x) &* componentStride
    Column.transformOutput(
      { load(start + (Column.component($0) &* Row.componentCount) &* componentStride) },
      { tile[$0 &* size &+ x] = $1 })
  }
  for y in 0..<Column.outputSize {
    let line = tile + y &* size
    Row.transformOutput({ line[$0] }, { line[$0] = $1 })
  }
}

/// Returns a vector of the bias, or of zeros if there is none.
@inline(__always)
private func bias(_ output: WinogradOutput, _ channel: Int) -> Vector {
  output.bias.map { load($0 + channel) } ?? Vector.zero
}

// MARK: - Weights

extension KernelTable {
  /// transformed [component][panel][inputChannel][width] ← G g Gᵀ of each kernel of the weights in panels,
  /// [panel][tap, inputChannel][width], for `panels` only. `reversesTaps` reads the taps from the last to the first.
  public static func winogradWeights(
    _ size: WinogradSize, inputChannels: Int, outputChannels: Int, componentStride: Int, panels: Range<Int>,
    reversesTaps: Bool, packed: UnsafePointer<Float>, transformed: UnsafeMutablePointer<Float>
  ) {
    withTileRoom { room in
      for panel in panels {
        let column = panel &* panelWidth
        let runLength = inputChannels &* min(panelWidth, outputChannels &- column)
        let source = packed + column &* 9 &* inputChannels
        let target = transformed + column &* inputChannels
        let kernels = WinogradKernels(
          source: reversesTaps ? source + 8 &* runLength : source,
          tapStride: reversesTaps ? 0 &- runLength : runLength, target: target,
          componentStride: componentStride)
        switch size {
        case .two: transformTaps(LinesOfTwo.self, kernels, count: runLength, room)
        case .three: transformTaps(LinesOfThree.self, kernels, count: runLength, room)
        case .four: transformTaps(LinesOfFour.self, kernels, count: runLength, room)
        }
      }
    }
  }
}

/// The kernels of a panel: taps that become components, or, in the weight gradient, components that become taps.
struct WinogradKernels {
  let source: UnsafePointer<Float>
  let tapStride: Int
  let target: UnsafeMutablePointer<Float>
  let componentStride: Int
}

@inline(never)
private func transformTaps<Lines: WinogradKernelLines>(
  _ lines: Lines.Type, _ kernels: WinogradKernels, count: Int, _ room: UnsafeMutablePointer<Vector>
) {
  let size = Lines.inputSize
  for offset in vectorStarts(count) {
    withTile(lines, lines, room) { tile in
      for column in 0..<3 {
        Lines.transformWeights(
          { load(kernels.source + ((3 &* $0 &+ column) &* kernels.tapStride &+ offset)) },
          { tile[$0 &* size &+ column] = $1 })
      }
      for row in 0..<size {
        let line = tile + row &* size
        Lines.transformWeights(
          { line[$0] },
          { store($1, kernels.target + ((row &* size &+ $0) &* kernels.componentStride &+ offset)) })
      }
    }
  }
}
