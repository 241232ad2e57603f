// The tiles that cover a map, and their order in memory: every pixel in one tile, every tile in one place, and the tiles
// of a component one after the other.

import Compute
import KernelInterface
import Testing

@Suite struct WinogradTileOrderTests {
  /// Sides of maps, their tiles, and the multiplications along a line.
  @Test(arguments: [
    (1, 0, 2, 4), (2, 0, 2, 4), (3, 0, 3, 5), (4, 1, 0, 6), (5, 1, 2, 10), (6, 1, 2, 10), (7, 1, 3, 11),
    (14, 3, 2, 22), (15, 3, 3, 23), (28, 7, 0, 42),
  ])
  func tilesOfFourEndWithAShortOne(side: Int, whole: Int, shortSize: Int, multiplications: Int) {
    let grid = WinogradGrid(.four, height: side, width: side)
    #expect(grid.wholeRows == whole && grid.wholeColumns == whole && grid.shortSize == shortSize)
    #expect(grid.hasShortRow == (shortSize > 0) && grid.hasShortColumn == (shortSize > 0))
    #expect(grid.multiplicationCount == multiplications * multiplications)
    #expect(grid.coveredHeight >= side && grid.coveredHeight == 4 * whole + shortSize)
  }

  /// Short rows and columns have one size, the larger of the two that they need.
  @Test(arguments: [
    (14, 15, 3, true, true), (7, 6, 3, true, true), (8, 6, 2, false, true), (7, 8, 3, true, false),
  ])
  func shortTilesHaveOneSize(height: Int, width: Int, shortSize: Int, hasRow: Bool, hasColumn: Bool) {
    let grid = WinogradGrid(.four, height: height, width: width)
    #expect(grid.shortSize == shortSize && grid.hasShortRow == hasRow && grid.hasShortColumn == hasColumn)
    #expect(grid.coveredHeight >= height && grid.coveredWidth >= width)
  }

  @Test(arguments: [WinogradSize.two, .three]) func otherTilesAreAllWhole(size: WinogradSize) {
    for side in 1...9 {
      let grid = WinogradGrid(size, height: side, width: side + 1)
      #expect(!grid.hasShortRow && !grid.hasShortColumn && grid.shortSize == 0)
      #expect(grid.rowCount == (side + size.outputSize - 1) / size.outputSize)
      let order = WinogradTileOrder(grid, imageCount: 2)
      #expect((0..<size.componentCount).allSatisfy { order.tiles(with: $0) == 0..<order.tileCount })
    }
  }

  /// Each tile of each image has a number of its own, and the numbers are those from 0 on.
  @Test(arguments: [(7, 7), (14, 14), (8, 6), (6, 8), (3, 9), (28, 28), (2, 3)])
  func everyTileHasOnePlace(height: Int, width: Int) {
    let grid = WinogradGrid(.four, height: height, width: width)
    for rows in [0..<grid.rowCount, 0..<1, grid.rowCount - 1..<grid.rowCount] {
      let order = WinogradTileOrder(grid, imageCount: 3, rows: rows)
      var numbers: [Int] = []
      var places: Set<[Int]> = []
      for index in order.parts.indices {
        let part = order.parts[index]
        for row in part.rows { for column in part.columns { places.insert([row, column]) } }
        numbers += part.first..<part.first + 3 * part.tilesPerImage
      }
      #expect(numbers.sorted() == Array(0..<order.tileCount))
      #expect(order.tileCount == 3 * rows.count * grid.columnCount)
      #expect(places.count == rows.count * grid.columnCount)
    }
  }

  /// A short tile lacks the last finite points, in its rows or its columns. The tiles that have a component, and no
  /// others, are those of its range.
  @Test(arguments: [(7, 7), (14, 14), (8, 6), (6, 8), (3, 9), (28, 28), (2, 3), (13, 12)])
  func tilesOfAComponentFollowEachOther(height: Int, width: Int) {
    let grid = WinogradGrid(.four, height: height, width: width)
    for rows in [0..<grid.rowCount, 0..<1, grid.rowCount - 1..<grid.rowCount] {
      let order = WinogradTileOrder(grid, imageCount: 2, rows: rows)
      for component in 0..<36 {
        let range = order.tiles(with: component)
        for index in order.parts.indices {
          let part = order.parts[index]
          func has(_ line: Int, _ outputs: Int) -> Bool {
            (outputs == 4 ? [0, 1, 2, 3, 4, 5] : outputs == 3 ? [0, 1, 2, 3, 5] : [0, 1, 2, 5]).contains(line)
          }
          let isWanted = has(component / 6, part.height) && has(component % 6, part.width)
          #expect(order.has(component, part: index) == isWanted || part.tilesPerImage == 0)
          for tile in part.first..<part.first + 2 * part.tilesPerImage {
            #expect(range.contains(tile) == isWanted, "component \(component), tile \(tile)")
          }
        }
      }
    }
  }
}
