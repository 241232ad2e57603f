// The product of bfloat16 in tile registers. KernelInterface/BFloat16Product.swift has the formula, and docs/kernels.md
// explains tiles.
//
// Two tiles of A and two of B give four tiles of sums: 32 × 32 values of C stay in registers while all terms are
// added. Four loads of a KiB serve four products of 16 cycles each. For the last 16 rows or columns, one tile of A or
// of B is enough.

import KernelInterface

extension KernelTable {
  public static func multiplyByTiles(_ product: BFloat16Product) {
    #if AMX
      ProcessorTiles.with { multiplyTileByTile(product, $0) }
    #else
      ModelTiles.with { multiplyTileByTile(product, $0) }
    #endif
  }
}

/// The rows of A that tiles run over: those of all groups as one run, or group by group.
private struct TileRows {
  /// The number of runs, the rows of A in each, and bfloat16 of A from one run to the next.
  let runCount: Int
  let runLength: Int
  let runStride: Int
  /// Rows from one group to the next; the first `validRows` of them belong to the group.
  let period: Int
  let validRows: Int

  /// Chooses one run or a run for each group, whichever needs fewer tiles.
  @inline(__always)
  init(_ product: BFloat16Product) {
    validRows = product.rowCount
    let rows = BFloat16Tile.rows
    if let period = product.rowsFromGroupToGroup {
      let joined = (product.groupCount &- 1) &* period &+ product.rowCount
      let apart = product.groupCount &* ((product.rowCount &+ rows &- 1) / rows)
      if (joined &+ rows &- 1) / rows <= apart {
        (runCount, runLength, runStride) = (1, joined, 0)
        self.period = period
        return
      }
    }
    (runCount, runLength, runStride) = (product.groupCount, product.rowCount, product.aGroupStride)
    period = max(1, product.rowCount)
  }
}

/// The position of the 32 × 32 values of C to compute.
private struct TilePosition {
  var a: UnsafePointer<BFloat16>
  var b: UnsafePointer<BFloat16>
  var column: Int
  /// The group of C that the run begins with, and the row of the run that the tile begins with.
  var group: Int
  var row: Int
}

@inline(__always)
private func multiplyTileByTile<Tiles: TileRegisters>(_ product: BFloat16Product, _ tiles: Tiles) {
  withUnsafeTemporaryAllocation(of: Float.self, capacity: 256) { memory in
    let job = TileJob(
      product: product, tiles: tiles, rows: TileRows(product), results: memory.baseAddress!)
    job.run()
  }
}

private struct TileJob<Tiles: TileRegisters> {
  let product: BFloat16Product
  let tiles: Tiles
  let rows: TileRows
  /// Memory for a tile of sums that does not go straight to C.
  let results: UnsafeMutablePointer<Float>

  private var termCount: Int { product.segments.count &* product.depth }

  @inline(__always)
  func run() {
    for column in stride(from: 0, to: product.columnCount, by: BFloat16Tile.panelWidth) {
      let isWide = product.columnCount &- column >= BFloat16Tile.panelWidth
      for run in 0..<rows.runCount {
        var position = TilePosition(
          a: product.a + run &* rows.runStride, b: product.b + column &* termCount, column: column,
          group: run, row: 0)
        while position.row < rows.runLength {
          let isTall = rows.runLength &- position.row > BFloat16Tile.rows
          if isTall && isWide {
            TileBlock<2, 2>.multiply(self, position)
          } else if isTall {
            TileBlock<2, 1>.multiply(self, position)
          } else if isWide {
            TileBlock<1, 2>.multiply(self, position)
          } else {
            TileBlock<1, 1>.multiply(self, position)
          }
          let step = isTall ? 2 &* BFloat16Tile.rows : BFloat16Tile.rows
          position.row &+= step
          position.a += step &* product.aRowStride
        }
      }
    }
  }
}

/// Multiplies `rowTiles` tiles of A by `columnTiles` of B.
private enum TileBlock<let rowTiles: Int, let columnTiles: Int> {
  @inline(never)
  static func multiply<Tiles: TileRegisters>(_ job: TileJob<Tiles>, _ position: TilePosition) {
    let target = directTarget(job, position)
    start(job.tiles, job.product, target)
    addTerms(job.tiles, job.product, position)
    if let target {
      store(job.tiles, target.start, stride: target.stride)
    } else {
      finish(job, position, rowTile: 0, columnTile: 0)
      if columnTiles == 2 { finish(job, position, rowTile: 0, columnTile: 1) }
      if rowTiles == 2 { finish(job, position, rowTile: 1, columnTile: 0) }
      if rowTiles == 2 && columnTiles == 2 { finish(job, position, rowTile: 1, columnTile: 1) }
    }
  }

  /// Returns where the tiles can be stored as they are; `nil` if they must be finished first, or if their rows and
  /// columns are not evenly spaced in C.
  @inline(__always)
  private static func directTarget<Tiles: TileRegisters>(
    _ job: TileJob<Tiles>, _ position: TilePosition
  ) -> (start: UnsafeMutablePointer<Float>, stride: Int)? {
    let product = job.product
    if case .bias = product.start { return nil }
    let end = position.row &+ rowTiles &* BFloat16Tile.rows
    guard !product.rectifies, KernelTable.panelWidth >= BFloat16Tile.panelWidth,
      job.rows.runLength >= end, job.rows.period == job.rows.validRows || job.rows.validRows >= end
    else { return nil }
    let stride = rowStride(product, column: position.column)
    // A run of several groups is evenly spaced in C if the groups follow each other there.
    guard job.rows.validRows >= end || product.cGroupRows == job.rows.validRows else { return nil }
    let start = place(product, group: position.group, row: position.row, column: position.column)
    return (start, 4 &* stride)
  }

  @inline(__always)
  private static func start<Tiles: TileRegisters>(
    _ tiles: Tiles, _ product: BFloat16Product, _ target: (start: UnsafeMutablePointer<Float>, stride: Int)?
  ) {
    if let target, case .accumulate = product.start {
      let below = target.start + BFloat16Tile.rows &* target.stride / 4
      tiles.load(sum: 0, target.start, stride: target.stride)
      if columnTiles == 2 { tiles.load(sum: 1, target.start + BFloat16Tile.columns, stride: target.stride) }
      if rowTiles == 2 { tiles.load(sum: 2, below, stride: target.stride) }
      if rowTiles == 2 && columnTiles == 2 {
        tiles.load(sum: 3, below + BFloat16Tile.columns, stride: target.stride)
      }
    } else {
      tiles.zero(sum: 0)
      if columnTiles == 2 { tiles.zero(sum: 1) }
      if rowTiles == 2 { tiles.zero(sum: 2) }
      if rowTiles == 2 && columnTiles == 2 { tiles.zero(sum: 3) }
    }
  }

  @inline(__always)
  private static func addTerms<Tiles: TileRegisters>(
    _ tiles: Tiles, _ product: BFloat16Product, _ position: TilePosition
  ) {
    let aStride = product.aRowStride &* 2
    let below = BFloat16Tile.rows &* product.aRowStride
    // A row of B is a pair of terms for each of the panel's columns.
    let bStride = columnTiles &* BFloat16Tile.columns &* 4
    var b = position.b
    for segment in product.segments {
      var a = position.a + segment
      for _ in 0..<product.depth / BFloat16Tile.depth {
        tiles.loadA(0, a, stride: aStride)
        if rowTiles == 2 { tiles.loadA(1, a + below, stride: aStride) }
        tiles.loadB(0, b, stride: bStride)
        if columnTiles == 2 { tiles.loadB(1, b + 2 &* BFloat16Tile.columns, stride: bStride) }
        tiles.multiplyAdd(sum: 0)
        if columnTiles == 2 { tiles.multiplyAdd(sum: 1) }
        if rowTiles == 2 { tiles.multiplyAdd(sum: 2) }
        if rowTiles == 2 && columnTiles == 2 { tiles.multiplyAdd(sum: 3) }
        a += BFloat16Tile.depth
        b += BFloat16Tile.depth &* BFloat16Tile.columns &* columnTiles
      }
    }
  }

  @inline(__always)
  private static func store<Tiles: TileRegisters>(
    _ tiles: Tiles, _ start: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let below = start + BFloat16Tile.rows &* stride / 4
    tiles.store(sum: 0, start, stride: stride)
    if columnTiles == 2 { tiles.store(sum: 1, start + BFloat16Tile.columns, stride: stride) }
    if rowTiles == 2 { tiles.store(sum: 2, below, stride: stride) }
    if rowTiles == 2 && columnTiles == 2 {
      tiles.store(sum: 3, below + BFloat16Tile.columns, stride: stride)
    }
  }

  /// Finishes the sums of one tile: adds the bias, applies the ReLU, and writes the rows that belong to C.
  @inline(__always)
  private static func finish<Tiles: TileRegisters>(
    _ job: TileJob<Tiles>, _ position: TilePosition, rowTile: Int, columnTile: Int
  ) {
    job.tiles.store(sum: 2 &* rowTile &+ columnTile, job.results, stride: BFloat16Tile.columns &* 4)
    writeRows(
      job.product, job.rows, job.results, group: position.group,
      first: position.row &+ rowTile &* BFloat16Tile.rows,
      column: position.column &+ columnTile &* BFloat16Tile.columns)
  }
}

/// Writes those rows of a tile that belong to a group, from row `first` of a run on.
@inline(never)
private func writeRows(
  _ product: BFloat16Product, _ rows: TileRows, _ sums: UnsafePointer<Float>, group: Int, first: Int,
  column: Int
) {
  var group = group &+ first / rows.period
  var rowOfGroup = first % rows.period
  for row in 0..<min(BFloat16Tile.rows, rows.runLength &- first) {
    if rowOfGroup < rows.validRows {
      writeRow(
        product, sums + row &* BFloat16Tile.columns, group: group, row: rowOfGroup, column: column)
    }
    rowOfGroup &+= 1
    if rowOfGroup == rows.period { (group, rowOfGroup) = (group &+ 1, 0) }
  }
}

/// Writes sixteen values of a row of C.
@inline(__always)
private func writeRow(
  _ product: BFloat16Product, _ sums: UnsafePointer<Float>, group: Int, row: Int, column: Int
) {
  for first in vectorStarts(BFloat16Tile.columns) {
    let target = place(product, group: group, row: row, column: column &+ first)
    var value = load(sums + first)
    switch product.start {
    case .zero: break
    case .accumulate: value += load(target)
    case .bias(let bias): value += load(bias + (column &+ first))
    }
    store(product.rectifies ? rectified(value) : value, target)
  }
}

/// Returns the address of a value of C. All columns of a vector are in one panel.
@inline(__always)
func place(
  _ product: BFloat16Product, group: Int, row: Int, column: Int
) -> UnsafeMutablePointer<Float> {
  let panel = column / KernelTable.panelWidth
  let panelStart = panel &* KernelTable.panelWidth
  let stride = rowStride(product, column: column)
  let row = product.cFirstRow &+ group &* product.cGroupRows &+ row
  return product.c + (panel &* product.cPanelStride &+ row &* stride &+ (column &- panelStart))
}

/// Returns the floats from one row of C to the next in the panel that holds `column`.
@inline(__always)
func rowStride(_ product: BFloat16Product, column: Int) -> Int {
  guard product.cRowStride == 0 else { return product.cRowStride }
  let panelStart = column / KernelTable.panelWidth &* KernelTable.panelWidth
  return min(KernelTable.panelWidth, product.columnCount &- panelStart)
}
