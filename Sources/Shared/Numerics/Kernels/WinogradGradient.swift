// The three transforms of the gradients of the convolution F(m×m, 3×3): A y′ Aᵀ of the output gradient, which both
// gradients are computed from; B m Bᵀ for the input gradient; and Gᵀ m G for the weight gradient. See
// KernelInterface/WinogradTiles.swift. A vector holds channels.

import KernelInterface

// MARK: - Output gradient

extension KernelTable {
  /// transformed [component, tile, channels], in the strides of `gradient`, ← A y′ Aᵀ of each tile.
  public static func winogradGradient(_ gradient: WinogradGradient, transformed: UnsafeMutablePointer<Float>)
  {
    withTileRoom { room in
      if let places = gradient.places {
        WindowGradientWork(gradient: gradient, places: places, transformed: transformed, room: room)
          .runTiles()
      } else {
        GradientWork(gradient: gradient, transformed: transformed, room: room).runTiles()
      }
    }
  }
}

private struct GradientWork: WinogradWork {
  let gradient: WinogradGradient
  let transformed: UnsafeMutablePointer<Float>
  let room: UnsafeMutablePointer<Vector>

  static var pools: Bool { false }
  var tiles: WinogradTilePlace { gradient.tiles }

  @inline(__always)
  func run<Column: WinogradLines, Row: WinogradLines>(
    _ column: Column.Type, _ row: Row.Type, offset: Int, tileRow: Int, tileColumn: Int
  ) {
    let (y, x) = (Column.wholeSize &* tileRow, Row.wholeSize &* tileColumn)
    for channel in vectorStarts(gradient.channels) {
      transformPixels(column, row, channel, y: y, x: x, transformed + (offset &+ channel))
    }
  }

  /// Transforms the tile of pixels that begins at (y, x).
  @inline(__always)
  private func transformPixels<Column: WinogradLines, Row: WinogradLines>(
    _ column: Column.Type, _ row: Row.Type, _ channel: Int, y: Int, x: Int,
    _ target: UnsafeMutablePointer<Float>
  ) {
    let source = gradient.values + (y &* gradient.rowStride &+ x &* gradient.pixelStride &+ channel)
    let (height, width) = (gradient.height &- y, gradient.width &- x)
    withTile(column, row, room) { tile in
      for x in 0..<Row.outputSize {
        for y in 0..<Column.outputSize {
          tile[y &* Row.inputSize &+ x] =
            y < height && x < width
            ? load(source + (y &* gradient.rowStride &+ x &* gradient.pixelStride)) : Vector.zero
        }
      }
      transformTile(column, row, gradient, tile, target)
    }
  }
}

/// Does the same for windows of a pooling.
private struct WindowGradientWork: WinogradWork {
  let gradient: WinogradGradient
  let places: UnsafePointer<UInt8>
  let transformed: UnsafeMutablePointer<Float>
  let room: UnsafeMutablePointer<Vector>

  static var pools: Bool { true }
  var tiles: WinogradTilePlace { gradient.tiles }

  @inline(__always)
  func run<Column: WinogradLines, Row: WinogradLines>(
    _ column: Column.Type, _ row: Row.Type, offset: Int, tileRow: Int, tileColumn: Int
  ) {
    let (y, x) = (Column.wholeSize / 2 &* tileRow, Row.wholeSize / 2 &* tileColumn)
    for channel in vectorStarts(gradient.channels) {
      transformWindows(column, row, channel, y: y, x: x, transformed + (offset &+ channel))
    }
  }

  /// Transforms the tile of pooling windows that begins at (y, x). Each value goes to its place; the other three pixels
  /// of the window are 0.
  @inline(__always)
  private func transformWindows<Column: WinogradLines, Row: WinogradLines>(
    _ column: Column.Type, _ row: Row.Type, _ channel: Int, y: Int, x: Int,
    _ target: UnsafeMutablePointer<Float>
  ) {
    let source = gradient.values + (y &* gradient.rowStride &+ x &* gradient.pixelStride &+ channel)
    let placeSource = places + ((y &* gradient.width &+ x) &* gradient.pixelStride &+ channel)
    let (height, width) = (gradient.height &- y, gradient.width &- x)
    withTile(column, row, room) { tile in
      for y in 0..<Column.outputSize / 2 {
        for x in 0..<Row.outputSize / 2 {
          var (value, place) = (Vector.zero, IntegerVector.zero)
          if y < height && x < width {
            value = load(source + (y &* gradient.rowStride &+ x &* gradient.pixelStride))
            let places = placeSource + (y &* gradient.width &+ x) &* gradient.pixelStride
            place = words(UnsafeRawPointer(places).loadUnaligned(as: ByteVector.self))
          }
          let window = tile + 2 &* (y &* Row.inputSize &+ x)
          window[0] = chosen(value, place, 0)
          window[1] = chosen(value, place, 1)
          window[Row.inputSize] = chosen(value, place, 2)
          window[Row.inputSize &+ 1] = chosen(value, place, 3)
        }
      }
      transformTile(column, row, gradient, tile, target)
    }
  }
}

/// Returns `value` where its place is `candidate`, 0 elsewhere.
@inline(__always)
private func chosen(_ value: Vector, _ place: IntegerVector, _ candidate: UInt32) -> Vector {
  Vector.zero.replacing(with: value, where: place .== IntegerVector(repeating: candidate))
}

/// target ← A y′ Aᵀ of the first rows and columns of the tile, as many as it has outputs.
@inline(__always)
private func transformTile<Column: WinogradLines, Row: WinogradLines>(
  _ column: Column.Type, _ row: Row.Type, _ gradient: WinogradGradient,
  _ tile: UnsafeMutablePointer<Vector>, _ target: UnsafeMutablePointer<Float>
) {
  let (size, componentStride) = (Row.inputSize, gradient.tiles.componentStride)
  for x in 0..<Row.outputSize {
    Column.transformGradient({ tile[$0 &* size &+ x] }, { tile[$0 &* size &+ x] = $1 })
  }
  for y in 0..<Column.inputSize {
    let line = tile + y &* size
    let start = target + (Column.component(y) &* Row.componentCount) &* componentStride
    Row.transformGradient({ line[$0] }, { store($1, start + Row.component($0) &* componentStride) })
  }
}

// MARK: - Input gradient

extension KernelTable {
  /// inputGradient ← (or +=) the input tiles B m Bᵀ of the products m [component, tile, channels], added
  /// where they overlap.
  public static func winogradInputGradient(
    products: UnsafePointer<Float>, inputGradient: WinogradInputGradient
  ) {
    withTileRoom { room in
      InputGradientWork(products: products, gradient: inputGradient, room: room).runTiles()
    }
  }
}

private struct InputGradientWork: WinogradWork {
  let products: UnsafePointer<Float>
  let gradient: WinogradInputGradient
  let room: UnsafeMutablePointer<Vector>

  static var pools: Bool { false }
  var tiles: WinogradTilePlace { gradient.tiles }

  @inline(__always)
  func run<Column: WinogradLines, Row: WinogradLines>(
    _ column: Column.Type, _ row: Row.Type, offset: Int, tileRow: Int, tileColumn: Int
  ) {
    for channel in vectorStarts(gradient.channels) {
      addTile(column, row, products + (offset &+ channel), channel, tileRow, tileColumn)
    }
  }

  /// Stores the gradient of an input tile, or adds it to the first two rows or columns if earlier tiles have written
  /// these.
  @inline(__always)
  private func addTile<Column: WinogradLines, Row: WinogradLines>(
    _ column: Column.Type, _ row: Row.Type, _ source: UnsafePointer<Float>, _ channel: Int, _ tileRow: Int,
    _ tileColumn: Int
  ) {
    let (size, componentStride) = (Row.inputSize, gradient.tiles.componentStride)
    let y = Column.wholeSize &* tileRow &- gradient.paddingHeight
    let x = Row.wholeSize &* tileColumn &- gradient.paddingWidth
    let target = gradient.values + (y &* gradient.rowStride &+ x &* gradient.pixelStride &+ channel)
    let writtenRows = gradient.accumulates ? Column.inputSize : tileRow == 0 ? 0 : 2
    let writtenColumns = gradient.accumulates ? size : tileColumn == 0 ? 0 : 2
    withTile(column, row, room) { tile in
      for x in 0..<size {
        let start = source + Row.component(x) &* componentStride
        Column.transformInputGradient(
          { load(start + (Column.component($0) &* Row.componentCount) &* componentStride) },
          { tile[$0 &* size &+ x] = $1 })
      }
      for row in 0..<Column.inputSize {
        guard y &+ row >= 0 && y &+ row < gradient.height else { continue }
        let line = tile + row &* size
        Row.transformInputGradient({ line[$0] }) { column, value in
          guard x &+ column >= 0 && x &+ column < gradient.width else { return }
          let pixel = target + (row &* gradient.rowStride &+ column &* gradient.pixelStride)
          store(row < writtenRows || column < writtenColumns ? load(pixel) + value : value, pixel)
        }
      }
    }
  }
}

// MARK: - Weight gradient

extension KernelTable {
  /// weightGradient, in panels [panel][tap, inputChannel][width], ← Gᵀ m G of the sums m
  /// [component][panel][inputChannel][width], for `panels` only.
  public static func winogradWeightGradient(
    _ size: WinogradSize, inputChannels: Int, outputChannels: Int, componentStride: Int, panels: Range<Int>,
    sums: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>
  ) {
    withTileRoom { room in
      for panel in panels {
        let column = panel &* panelWidth
        let sums = WinogradKernels(
          source: sums + column &* inputChannels,
          tapStride: inputChannels &* min(panelWidth, outputChannels &- column),
          target: weightGradient + column &* 9 &* inputChannels, componentStride: componentStride)
        switch size {
        case .two: transformSums(LinesOfTwo.self, sums, room)
        case .three: transformSums(LinesOfThree.self, sums, room)
        case .four: transformSums(LinesOfFour.self, sums, room)
        }
      }
    }
  }
}

@inline(never)
private func transformSums<Lines: WinogradKernelLines>(
  _ lines: Lines.Type, _ sums: WinogradKernels, _ room: UnsafeMutablePointer<Vector>
) {
  let size = Lines.inputSize
  for offset in vectorStarts(sums.tapStride) {
    withTile(lines, lines, room) { tile in
      for column in 0..<size {
        Lines.transformWeightGradient(
          { load(sums.source + (($0 &* size &+ column) &* sums.componentStride &+ offset)) },
          { tile[$0 &* size &+ column] = $1 })
      }
      for row in 0..<3 {
        let line = tile + row &* size
        Lines.transformWeightGradient(
          { line[$0] }, { store($1, sums.target + ((3 &* row &+ $0) &* sums.tapStride &+ offset)) })
      }
    }
  }
}
