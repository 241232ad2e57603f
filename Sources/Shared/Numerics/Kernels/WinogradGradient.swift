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
      switch gradient.size {
      case .two: transformGradient(LinesOfTwo.self, gradient, transformed, room)
      case .three: transformGradient(LinesOfThree.self, gradient, transformed, room)
      case .four: transformGradient(LinesOfFour.self, gradient, transformed, room)
      }
    }
  }
}

@inline(never)
private func transformGradient<Lines: WinogradLines>(
  _ lines: Lines.Type, _ gradient: WinogradGradient, _ transformed: UnsafeMutablePointer<Float>,
  _ room: UnsafeMutablePointer<Vector>
) {
  var target = transformed
  for tileRow in gradient.tileRows {
    for tileColumn in 0..<gradient.tileColumns {
      if let places = gradient.places {
        let (y, x) = (Lines.outputSize / 2 &* tileRow, Lines.outputSize / 2 &* tileColumn)
        for channel in vectorStarts(gradient.channels) {
          transformWindows(lines, gradient, places + channel, channel, y: y, x: x, target + channel, room)
        }
      } else {
        let (y, x) = (Lines.outputSize &* tileRow, Lines.outputSize &* tileColumn)
        for channel in vectorStarts(gradient.channels) {
          transformPixels(lines, gradient, channel, y: y, x: x, target + channel, room)
        }
      }
      target += gradient.tileStride
    }
  }
}

/// Transforms the tile of pixels that begins at (y, x).
@inline(__always)
private func transformPixels<Lines: WinogradLines>(
  _ lines: Lines.Type, _ gradient: WinogradGradient, _ channel: Int, y: Int, x: Int,
  _ target: UnsafeMutablePointer<Float>, _ room: UnsafeMutablePointer<Vector>
) {
  let source = gradient.values + (y &* gradient.rowStride &+ x &* gradient.pixelStride &+ channel)
  let (height, width) = (gradient.height &- y, gradient.width &- x)
  withTile(lines, room) { tile in
    for column in 0..<Lines.outputSize {
      for row in 0..<Lines.outputSize {
        tile[row &* Lines.inputSize &+ column] =
          row < height && column < width
          ? load(source + (row &* gradient.rowStride &+ column &* gradient.pixelStride)) : Vector.zero
      }
    }
    transformRows(lines, gradient, tile, target)
  }
}

/// Transforms the tile of pooling windows that begins at (y, x). Each value goes to its place; the other three pixels
/// of the window are 0.
@inline(__always)
private func transformWindows<Lines: WinogradLines>(
  _ lines: Lines.Type, _ gradient: WinogradGradient, _ places: UnsafePointer<UInt8>, _ channel: Int, y: Int,
  x: Int, _ target: UnsafeMutablePointer<Float>, _ room: UnsafeMutablePointer<Vector>
) {
  let source = gradient.values + (y &* gradient.rowStride &+ x &* gradient.pixelStride &+ channel)
  let placeSource = places + (y &* gradient.width &+ x) &* gradient.pixelStride
  let (height, width) = (gradient.height &- y, gradient.width &- x)
  withTile(lines, room) { tile in
    for row in 0..<Lines.outputSize / 2 {
      for column in 0..<Lines.outputSize / 2 {
        var (value, place) = (Vector.zero, IntegerVector.zero)
        if row < height && column < width {
          value = load(source + (row &* gradient.rowStride &+ column &* gradient.pixelStride))
          let places = placeSource + (row &* gradient.width &+ column) &* gradient.pixelStride
          place = words(UnsafeRawPointer(places).loadUnaligned(as: ByteVector.self))
        }
        let window = tile + 2 &* (row &* Lines.inputSize &+ column)
        window[0] = chosen(value, place, 0)
        window[1] = chosen(value, place, 1)
        window[Lines.inputSize] = chosen(value, place, 2)
        window[Lines.inputSize &+ 1] = chosen(value, place, 3)
      }
    }
    transformRows(lines, gradient, tile, target)
  }
}

/// Returns `value` where its place is `candidate`, 0 elsewhere.
@inline(__always)
private func chosen(_ value: Vector, _ place: IntegerVector, _ candidate: UInt32) -> Vector {
  Vector.zero.replacing(with: value, where: place .== IntegerVector(repeating: candidate))
}

/// target ← A y′ Aᵀ of the first m rows and columns of the tile.
@inline(__always)
private func transformRows<Lines: WinogradLines>(
  _ lines: Lines.Type, _ gradient: WinogradGradient, _ tile: UnsafeMutablePointer<Vector>,
  _ target: UnsafeMutablePointer<Float>
) {
  let size = Lines.inputSize
  for column in 0..<Lines.outputSize {
    Lines.transformGradient({ tile[$0 &* size &+ column] }, { tile[$0 &* size &+ column] = $1 })
  }
  for row in 0..<size {
    let line = tile + row &* size
    Lines.transformGradient(
      { line[$0] }, { store($1, target + (row &* size &+ $0) &* gradient.componentStride) })
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
      switch inputGradient.size {
      case .two: addInputTiles(LinesOfTwo.self, products, inputGradient, room)
      case .three: addInputTiles(LinesOfThree.self, products, inputGradient, room)
      case .four: addInputTiles(LinesOfFour.self, products, inputGradient, room)
      }
    }
  }
}

@inline(never)
private func addInputTiles<Lines: WinogradLines>(
  _ lines: Lines.Type, _ products: UnsafePointer<Float>, _ gradient: WinogradInputGradient,
  _ room: UnsafeMutablePointer<Vector>
) {
  var source = products
  for tileRow in gradient.tileRows {
    for tileColumn in 0..<gradient.tileColumns {
      for channel in vectorStarts(gradient.channels) {
        addInputTile(lines, source + channel, gradient, channel, tileRow, tileColumn, room)
      }
      source += gradient.tileStride
    }
  }
}

/// Stores the gradient of an input tile, or adds it to the first two rows or columns if earlier tiles have written
/// these.
@inline(__always)
private func addInputTile<Lines: WinogradLines>(
  _ lines: Lines.Type, _ source: UnsafePointer<Float>, _ gradient: WinogradInputGradient, _ channel: Int,
  _ tileRow: Int, _ tileColumn: Int, _ room: UnsafeMutablePointer<Vector>
) {
  let size = Lines.inputSize
  let y = Lines.outputSize &* tileRow &- gradient.paddingHeight
  let x = Lines.outputSize &* tileColumn &- gradient.paddingWidth
  let target = gradient.values + (y &* gradient.rowStride &+ x &* gradient.pixelStride &+ channel)
  let writtenRows = gradient.accumulates ? size : tileRow == 0 ? 0 : 2
  let writtenColumns = gradient.accumulates ? size : tileColumn == 0 ? 0 : 2
  withTile(lines, room) { tile in
    for column in 0..<size {
      Lines.transformInputGradient(
        { load(source + ($0 &* size &+ column) &* gradient.componentStride) },
        { tile[$0 &* size &+ column] = $1 })
    }
    for row in 0..<size {
      guard y &+ row >= 0 && y &+ row < gradient.height else { continue }
      let line = tile + row &* size
      Lines.transformInputGradient({ line[$0] }) { column, value in
        guard x &+ column >= 0 && x &+ column < gradient.width else { return }
        let pixel = target + (row &* gradient.rowStride &+ column &* gradient.pixelStride)
        store(row < writtenRows || column < writtenColumns ? load(pixel) + value : value, pixel)
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
private func transformSums<Lines: WinogradLines>(
  _ lines: Lines.Type, _ sums: WinogradKernels, _ room: UnsafeMutablePointer<Vector>
) {
  let size = Lines.inputSize
  for offset in vectorStarts(sums.tapStride) {
    withTile(lines, room) { tile in
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
