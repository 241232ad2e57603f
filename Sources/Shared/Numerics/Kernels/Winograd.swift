// The three transforms of the convolution F(m×m, 3×3); see KernelInterface/WinogradTiles.swift.
// WinogradGradient.swift has those of the gradients. The products between them are those of MatrixProductLoops.swift,
// one for each component.
//
// A vector holds channels of one pixel, so that a transform consists of operations on whole vectors. The lines of a
// tile are transformed column by column, then row by row (WinogradLines.swift). With AVX-512, the 16 vectors of the
// smallest tiles stay in registers. Other tiles pass through the first-level cache.

import KernelInterface

/// Calls `body` with memory for the vectors of the largest tile. There is one function for each size of tile
/// that uses it, and none of them is inlined: one function for all sizes is so large that the compiler leaves
/// calls in its loops.
///
/// The memory is on the stack. `withUnsafeTemporaryAllocation` would take more than a kilobyte from the heap.
@inline(__always)
func withTileRoom(_ body: (_ room: UnsafeMutablePointer<Vector>) -> Void) {
  var room = InlineArray<36, Vector>(repeating: .zero)
  withUnsafeMutableBytes(of: &room) { body($0.baseAddress!.assumingMemoryBound(to: Vector.self)) }
}

/// Calls `body` with the vectors of a tile: registers for the smallest size, `room` for others.
@inline(__always)
func withTile<Lines: WinogradLines>(
  _ lines: Lines.Type, _ room: UnsafeMutablePointer<Vector>,
  _ body: (_ tile: UnsafeMutablePointer<Vector>) -> Void
) {
  // With two calls, the compiler would turn the body into a function.
  withVectors { registers in body(Lines.outputSize == 2 ? registers : room) }
}

// MARK: - Input

extension KernelTable {
  /// transformed [component, tile, channels], in the strides of `tiles`, ← Bᵀ d B of each input tile, read from the
  /// padded input.
  public static func winogradInput(
    _ tiles: WinogradTiles, input: UnsafePointer<Float>, transformed: UnsafeMutablePointer<Float>
  ) {
    withTileRoom { room in
      switch tiles.size {
      case .two: transformInput(LinesOfTwo.self, tiles, input, transformed, room)
      case .three: transformInput(LinesOfThree.self, tiles, input, transformed, room)
      case .four: transformInput(LinesOfFour.self, tiles, input, transformed, room)
      }
    }
  }
}

@inline(never)
private func transformInput<Lines: WinogradLines>(
  _ lines: Lines.Type, _ tiles: WinogradTiles, _ input: UnsafePointer<Float>,
  _ transformed: UnsafeMutablePointer<Float>, _ room: UnsafeMutablePointer<Vector>
) {
  let (size, rowStride) = (Lines.inputSize, tiles.inputRowStride)
  var target = transformed
  for tileRow in tiles.tileRows {
    let y = Lines.outputSize &* tileRow
    for tileColumn in 0..<tiles.tileColumns {
      let x = Lines.outputSize &* tileColumn
      let source = input + (y &* rowStride &+ x &* tiles.pixelStride)
      let (height, width) = (min(size, tiles.inputHeight &- y), min(size, tiles.inputWidth &- x))
      if height == size && width == size {
        for channel in vectorStarts(tiles.channels) {
          transformInputTile(lines, tiles, room, target + channel) { row, column in
            load(source + (row &* rowStride &+ column &* tiles.pixelStride &+ channel))
          }
        }
      } else {
        for channel in vectorStarts(tiles.channels) {
          transformInputTile(lines, tiles, room, target + channel) { row, column in
            row < height && column < width
              ? load(source + (row &* rowStride &+ column &* tiles.pixelStride &+ channel)) : Vector.zero
          }
        }
      }
      target += tiles.tileStride
    }
  }
}

@inline(__always)
private func transformInputTile<Lines: WinogradLines>(
  _ lines: Lines.Type, _ tiles: WinogradTiles, _ room: UnsafeMutablePointer<Vector>,
  _ target: UnsafeMutablePointer<Float>, _ pixel: (_ row: Int, _ column: Int) -> Vector
) {
  let (size, componentStride) = (Lines.inputSize, tiles.componentStride)
  withTile(lines, room) { tile in
    for column in 0..<size {
      Lines.transformInput({ pixel($0, column) }, { tile[$0 &* size &+ column] = $1 })
    }
    for row in 0..<size {
      let (line, start) = (tile + row &* size, target + row &* size &* componentStride)
      Lines.transformInput({ line[$0] }, { store($1, start + $0 &* componentStride) })
    }
  }
}

// MARK: - Output

extension KernelTable {
  /// output ← Y = Aᵀ m A of each tile of the products m [component, tile, channels], in the strides of `output`, plus
  /// bias, rectified and pooled as `output` says.
  public static func winogradOutput(products: UnsafePointer<Float>, output: WinogradOutput) {
    withTileRoom { room in
      switch (output.size, output.pools) {
      case (.two, false): transformToPixels(LinesOfTwo.self, products, output, room)
      case (.two, true): transformToMaxima(LinesOfTwo.self, products, output, room)
      case (.three, _): transformToPixels(LinesOfThree.self, products, output, room)
      case (.four, false): transformToPixels(LinesOfFour.self, products, output, room)
      case (.four, true): transformToMaxima(LinesOfFour.self, products, output, room)
      }
    }
  }
}

@inline(never)
private func transformToPixels<Lines: WinogradLines>(
  _ lines: Lines.Type, _ products: UnsafePointer<Float>, _ output: WinogradOutput,
  _ room: UnsafeMutablePointer<Vector>
) {
  withTile(lines, room) { tile in
    var source = products
    for tileRow in output.tileRows {
      for tileColumn in 0..<output.tileColumns {
        let (y, x) = (Lines.outputSize &* tileRow, Lines.outputSize &* tileColumn)
        for channel in vectorStarts(output.channels) {
          transformTile(lines, output, source + channel, tile)
          writeTile(lines, tile, output, channel, y: y, x: x)
        }
        source += output.tileStride
      }
    }
  }
}

/// Does the same with a pooling. The functions are separate, so that no calls are left in their loops.
@inline(never)
private func transformToMaxima<Lines: WinogradLines>(
  _ lines: Lines.Type, _ products: UnsafePointer<Float>, _ output: WinogradOutput,
  _ room: UnsafeMutablePointer<Vector>
) {
  withTile(lines, room) { tile in
    var source = products
    for tileRow in output.tileRows {
      for tileColumn in 0..<output.tileColumns {
        let (y, x) = (Lines.outputSize / 2 &* tileRow, Lines.outputSize / 2 &* tileColumn)
        for channel in vectorStarts(output.channels) {
          transformTile(lines, output, source + channel, tile)
          writeMaxima(lines, tile, output, channel, y: y, x: x)
        }
        source += output.tileStride
      }
    }
  }
}

/// The first m rows and columns of the tile ← Aᵀ m A for a vector of channels.
@inline(__always)
private func transformTile<Lines: WinogradLines>(
  _ lines: Lines.Type, _ output: WinogradOutput, _ source: UnsafePointer<Float>,
  _ tile: UnsafeMutablePointer<Vector>
) {
  let size = Lines.inputSize
  for column in 0..<size {
    Lines.transformOutput(
      { load(source + ($0 &* size &+ column) &* output.componentStride) },
      { tile[$0 &* size &+ column] = $1 })
  }
  for row in 0..<Lines.outputSize {
    let line = tile + row &* size
    Lines.transformOutput({ line[$0] }, { line[$0] = $1 })
  }
}

/// Returns a vector of the bias, or of zeros if there is none.
@inline(__always)
private func bias(_ output: WinogradOutput, _ channel: Int) -> Vector {
  output.bias.map { load($0 + channel) } ?? Vector.zero
}

@inline(__always)
private func writeTile<Lines: WinogradLines>(
  _ lines: Lines.Type, _ tile: UnsafeMutablePointer<Vector>, _ output: WinogradOutput, _ channel: Int, y: Int,
  x: Int
) {
  let target = output.values + (y &* output.rowStride &+ x &* output.pixelStride &+ channel)
  let (height, width) = (output.height &- y, output.width &- x)
  let bias = bias(output, channel)
  for row in 0..<Lines.outputSize where row < height {
    for column in 0..<Lines.outputSize where column < width {
      let value = tile[row &* Lines.inputSize &+ column] + bias
      store(
        output.rectifies ? rectified(value) : value,
        target + (row &* output.rowStride &+ column &* output.pixelStride))
    }
  }
}

/// Writes the largest value of each window of 2 × 2, and its place if wanted.
@inline(__always)
private func writeMaxima<Lines: WinogradLines>(
  _ lines: Lines.Type, _ tile: UnsafeMutablePointer<Vector>, _ output: WinogradOutput, _ channel: Int, y: Int,
  x: Int
) {
  let bias = bias(output, channel)
  for row in 0..<Lines.outputSize / 2 where row < output.height &- y {
    for column in 0..<Lines.outputSize / 2 where column < output.width &- x {
      let window = tile + 2 &* (row &* Lines.inputSize &+ column)
      let (y00, y01) = (window[0], window[1])
      let (y10, y11) = (window[Lines.inputSize], window[Lines.inputSize &+ 1])
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
private func transformTaps<Lines: WinogradLines>(
  _ lines: Lines.Type, _ kernels: WinogradKernels, count: Int, _ room: UnsafeMutablePointer<Vector>
) {
  let size = Lines.inputSize
  for offset in vectorStarts(count) {
    withTile(lines, room) { tile in
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
