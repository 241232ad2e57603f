// The tiles that cover a map, and their order in memory.
//
// A map whose side is not a multiple of four has tiles of four and, in its last row or column, *short* tiles of three or
// two: 14 = 4 + 4 + 4 + 2, 7 = 4 + 3. A short line of m outputs needs only m + 2 components. It has those of some of
// the points of a line of four (Kernels/WinogradShortLines.swift), so that all tiles share their transformed weights,
// and the tiles that lack a component are left out of its product. On a map of 7 × 7, that leaves 121 of 144
// multiplications, on one of 14 × 14 484 of 576.

/// The size m of an output tile. Larger tiles save more multiplications, but round more.
public enum WinogradSize: Int, CaseIterable, Sendable {
  /// 16 multiplications instead of 36.
  case two = 2
  /// 25 multiplications instead of 81.
  case three
  /// 36 multiplications instead of 144.
  case four

  /// Rows and columns of an output tile, and of the input tile it needs.
  public var outputSize: Int { rawValue }
  public var inputSize: Int { rawValue + 2 }
  /// Components of a transformed tile.
  public var componentCount: Int { inputSize * inputSize }

  /// Whether a line of this many outputs has a component. Those of a short line are the first points and infinity.
  func hasComponent(_ component: Int, outputs: Int) -> Bool {
    component <= outputs || component == inputSize - 1
  }
}

/// The tiles that cover a map.
public struct WinogradGrid: Equatable, Sendable {
  public let size: WinogradSize
  /// Rows of whole tiles, and columns of them.
  public let wholeRows: Int
  public let wholeColumns: Int
  /// The outputs of a short line of tiles. 0 if no tile is short.
  public let shortSize: Int
  /// Whether there is a row of short tiles after the whole ones, and a column.
  public let hasShortRow: Bool
  public let hasShortColumn: Bool

  /// Covers a map of `height` × `width` pixels or, if it `pools`, the windows of 2 × 2 in it. Only tiles of four have short
  /// ones beside them. Other tiles reach beyond the map, and so may short ones.
  public init(_ size: WinogradSize, height: Int, width: Int, pools: Bool = false) {
    let (height, width) = pools ? (height / 2 * 2, width / 2 * 2) : (height, width)
    self.size = size
    let side = size.outputSize
    guard case .four = size else {
      (wholeRows, wholeColumns) = ((height + side - 1) / side, (width + side - 1) / side)
      (shortSize, hasShortRow, hasShortColumn) = (0, false, false)
      return
    }
    (wholeRows, wholeColumns) = (height / side, width / side)
    let rest = max(height % side, width % side)
    (hasShortRow, hasShortColumn) = (height % side > 0, width % side > 0)
    shortSize = rest == 0 ? 0 : max(rest, 2)
  }

  /// Covers a map with the fewest multiplications, and of equals with the smallest tiles, which have the fewest weights.
  /// Windows do not fill tiles of three.
  public init(height: Int, width: Int, pools: Bool) {
    let sizes: [WinogradSize] = pools ? [.two, .four] : [.two, .three, .four]
    self = sizes.map { WinogradGrid($0, height: height, width: width, pools: pools) }
      .min { $0.multiplicationCount < $1.multiplicationCount }!
  }

  public var rowCount: Int { wholeRows + (hasShortRow ? 1 : 0) }
  public var columnCount: Int { wholeColumns + (hasShortColumn ? 1 : 0) }
  public var tileCount: Int { rowCount * columnCount }

  /// Rows of outputs that the tiles cover, and columns.
  public var coveredHeight: Int { size.outputSize * wholeRows + (hasShortRow ? shortSize : 0) }
  public var coveredWidth: Int { size.outputSize * wholeColumns + (hasShortColumn ? shortSize : 0) }

  /// Multiplications for each pair of an input channel and an output channel.
  public var multiplicationCount: Int {
    lineCount(wholeRows, hasShortRow) * lineCount(wholeColumns, hasShortColumn)
  }

  private func lineCount(_ whole: Int, _ hasShort: Bool) -> Int {
    size.inputSize * whole + (hasShort ? shortSize + 2 : 0)
  }
}

/// Some rows of tiles of some images, transformed and multiplied together, in the order in which they are stored.
///
/// They come in four parts, each image after image and row by row: the short tiles at the end of whole rows, the whole
/// tiles, the tiles of the short row, and its last one. In this order, the tiles that have a component always follow
/// each other.
public struct WinogradTileOrder: Sendable {
  /// Tiles of one form.
  public struct Part: Sendable {
    /// Rows and columns of tiles.
    public let rows: Range<Int>
    public let columns: Range<Int>
    /// Rows and columns of outputs in a tile.
    public let height: Int
    public let width: Int
    /// The number of the first image's first tile.
    public let first: Int

    public var tilesPerImage: Int { rows.count * columns.count }
  }

  public let size: WinogradSize
  public let imageCount: Int
  public let parts: InlineArray<4, Part>
  public let tileCount: Int

  /// Creates the order of these rows of tiles; all rows by default.
  public init(_ grid: WinogradGrid, imageCount: Int, rows: Range<Int>? = nil) {
    let rows = rows ?? 0..<grid.rowCount
    let whole = rows.clamped(to: 0..<grid.wholeRows)
    let short = rows.clamped(to: grid.wholeRows..<grid.rowCount)
    let wholeColumns = 0..<grid.wholeColumns
    let shortColumns = grid.wholeColumns..<grid.columnCount
    let (side, shortSize) = (grid.size.outputSize, grid.shortSize)
    var count = 0
    func part(_ rows: Range<Int>, _ height: Int, _ columns: Range<Int>, _ width: Int) -> Part {
      let part = Part(rows: rows, columns: columns, height: height, width: width, first: count)
      count += imageCount * part.tilesPerImage
      return part
    }
    parts = [
      part(whole, side, shortColumns, shortSize), part(whole, side, wholeColumns, side),
      part(short, shortSize, wholeColumns, side), part(short, shortSize, shortColumns, shortSize),
    ]
    (size, tileCount, self.imageCount) = (grid.size, count, imageCount)
  }

  /// The numbers of the tiles that have a component; empty if none has it.
  public func tiles(with component: Int) -> Range<Int> {
    let (row, column) = (component / size.inputSize, component % size.inputSize)
    let hasShortRow = size.hasComponent(row, outputs: parts[3].height)
    let hasShortColumn = size.hasComponent(column, outputs: parts[3].width)
    let start = hasShortColumn ? 0 : parts[1].first
    guard hasShortRow else { return start..<parts[2].first }
    return start..<(hasShortColumn ? tileCount : parts[3].first)
  }

  /// Whether the tiles of a part have a component.
  public func has(_ component: Int, part: Int) -> Bool {
    size.hasComponent(component / size.inputSize, outputs: parts[part].height)
      && size.hasComponent(component % size.inputSize, outputs: parts[part].width)
  }
}
