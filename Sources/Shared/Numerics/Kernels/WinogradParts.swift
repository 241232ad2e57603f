// Work on the tiles of an image, compiled for each form of tile.

import KernelInterface

/// Work on the tiles of an image, one at a time. A tile's columns are lines of one type, its rows of another.
protocol WinogradWork {
  /// Whether windows of 2 × 2 fill the tiles, so that there are none of three.
  static var pools: Bool { get }
  var tiles: WinogradTilePlace { get }
  /// Works on a tile, whose values begin `offset` floats after those of the first tile of all.
  func run<Column: WinogradLines, Row: WinogradLines>(
    _ column: Column.Type, _ row: Row.Type, offset: Int, tileRow: Int, tileColumn: Int)
}

extension WinogradWork {
  /// Works on all tiles of an image: first the whole tiles, then those right of them, those below, and the last one. So
  /// each tile comes after those above it and left of it.
  @inline(__always)
  func runTiles() {
    let parts = tiles.order.parts
    runPart(parts[1])
    runPart(parts[0])
    runPart(parts[2])
    runPart(parts[3])
  }

  @inline(__always)
  private func runPart(_ part: WinogradTileOrder.Part) {
    guard part.tilesPerImage > 0 else { return }
    switch (tiles.order.size, part.height, part.width) {
    case (.two, _, _): run(LinesOfTwo.self, LinesOfTwo.self, part)
    case (.four, 4, 4): run(LinesOfFour.self, LinesOfFour.self, part)
    case (.four, 4, 2): run(LinesOfFour.self, ShortLinesOfTwo.self, part)
    case (.four, 2, 4): run(ShortLinesOfTwo.self, LinesOfFour.self, part)
    case (.four, 2, 2): run(ShortLinesOfTwo.self, ShortLinesOfTwo.self, part)
    case (.three, _, _) where !Self.pools: run(LinesOfThree.self, LinesOfThree.self, part)
    case (.four, 4, 3) where !Self.pools: run(LinesOfFour.self, ShortLinesOfThree.self, part)
    case (.four, 3, 4) where !Self.pools: run(ShortLinesOfThree.self, LinesOfFour.self, part)
    case (.four, 3, 3) where !Self.pools: run(ShortLinesOfThree.self, ShortLinesOfThree.self, part)
    default: preconditionFailure("windows of 2 × 2 do not fill tiles of three")
    }
  }

  /// Works on the tiles of one form. There is one such function for each form, and none of them is inlined: one function
  /// for all forms is so large that the compiler leaves calls in its loops.
  @inline(never)
  private func run<Column: WinogradLines, Row: WinogradLines>(
    _ column: Column.Type, _ row: Row.Type, _ part: WinogradTileOrder.Part
  ) {
    let tileStride = tiles.tileStride
    var offset = (part.first &+ tiles.image &* part.tilesPerImage) &* tileStride
    for tileRow in part.rows {
      for tileColumn in part.columns {
        run(column, row, offset: offset, tileRow: tileRow, tileColumn: tileColumn)
        offset &+= tileStride
      }
    }
  }
}

/// Calls `body` with memory for the vectors of the largest tile.
///
/// The memory is on the stack. `withUnsafeTemporaryAllocation` would take more than a kilobyte from the heap.
@inline(__always)
func withTileRoom(_ body: (_ room: UnsafeMutablePointer<Vector>) -> Void) {
  var room = InlineArray<36, Vector>(repeating: .zero)
  withUnsafeMutableBytes(of: &room) { body($0.baseAddress!.assumingMemoryBound(to: Vector.self)) }
}

/// Calls `body` with the vectors of a tile: registers for the smallest size, `room` for others. The constants of short
/// tiles would take too many registers beside those of their vectors.
@inline(__always)
func withTile<Column: WinogradLines, Row: WinogradLines>(
  _ column: Column.Type, _ row: Row.Type, _ room: UnsafeMutablePointer<Vector>,
  _ body: (_ tile: UnsafeMutablePointer<Vector>) -> Void
) {
  // With two calls, the compiler would turn the body into a function.
  withVectors { registers in body(Column.wholeSize == 2 ? registers : room) }
}
