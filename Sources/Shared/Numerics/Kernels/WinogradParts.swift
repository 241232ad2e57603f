// Work on the tiles of an image, compiled for each form of tile.

import KernelInterface

/// Work on some tiles of one form. A tile's columns are lines of one type, its rows of another.
protocol WinogradWork {
  /// Whether windows of 2 × 2 fill the tiles, so that there are none of three.
  static var pools: Bool { get }
  /// Works on the tiles of a part. `first` is the number of the image's first one.
  func run<Column: WinogradLines, Row: WinogradLines>(
    _ column: Column.Type, _ row: Row.Type, _ part: WinogradTileOrder.Part, first: Int)
}

extension WinogradWork {
  /// Works on all tiles of an image: first the whole tiles, then those right of them, those below, and the last one. So
  /// each tile comes after those above it and left of it.
  @inline(__always)
  func runTiles(_ tiles: WinogradTilePlace) {
    let parts = tiles.order.parts
    runPart(tiles, parts[1])
    runPart(tiles, parts[0])
    runPart(tiles, parts[2])
    runPart(tiles, parts[3])
  }

  @inline(__always)
  private func runPart(_ tiles: WinogradTilePlace, _ part: WinogradTileOrder.Part) {
    guard !part.rows.isEmpty, !part.columns.isEmpty else { return }
    let first = part.first &+ tiles.image &* part.rows.count &* part.columns.count
    switch (tiles.order.size, part.height, part.width) {
    case (.two, _, _): run(LinesOfTwo.self, LinesOfTwo.self, part, first: first)
    case (.four, 4, 4): run(LinesOfFour.self, LinesOfFour.self, part, first: first)
    case (.four, 4, 2): run(LinesOfFour.self, ShortLinesOfTwo.self, part, first: first)
    case (.four, 2, 4): run(ShortLinesOfTwo.self, LinesOfFour.self, part, first: first)
    case (.four, 2, 2): run(ShortLinesOfTwo.self, ShortLinesOfTwo.self, part, first: first)
    default:
      guard !Self.pools else { preconditionFailure("windows of 2 × 2 do not fill tiles of three") }
      switch (tiles.order.size, part.height, part.width) {
      case (.three, _, _): run(LinesOfThree.self, LinesOfThree.self, part, first: first)
      case (_, 4, 3): run(LinesOfFour.self, ShortLinesOfThree.self, part, first: first)
      case (_, 3, 4): run(ShortLinesOfThree.self, LinesOfFour.self, part, first: first)
      default: run(ShortLinesOfThree.self, ShortLinesOfThree.self, part, first: first)
      }
    }
  }
}

/// Calls `body` with memory for the vectors of the largest tile. There is one function for each form of tile that uses
/// it, and none of them is inlined: one function for all forms is so large that the compiler leaves calls in its loops.
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
