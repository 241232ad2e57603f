// The loops around the register tile: panels of columns, groups of rows, tiles of rows.
//
// The depth is not blocked for the cache's sake: a panel of the presets' largest layer (1568 × 32 floats, 196 KiB)
// stays in the L2 cache while all rows pass by it, and the sums never leave their registers. If the depth is larger,
// MatrixProductTile.swift adds up blocks of terms for the sake of accuracy.

import KernelInterface

extension KernelTable {
  public static func multiply(_ product: MatrixProduct) {
    var column = 0
    var panel = 0
    while column < product.columnCount {
      let width = min(panelWidth, product.columnCount - column)
      let place = TilePlace(
        a: product.a, b: product.b + panel &* product.bPanelStride,
        bRowStride: product.bRowStride == 0 ? width : product.bRowStride,
        c: product.c + panel &* product.cPanelStride,
        cRowStride: product.cRowStride == 0 ? width : product.cRowStride, column: column)
      for group in 0..<product.groupCount {
        var groupPlace = place
        groupPlace.a += group &* product.aGroupStride
        groupPlace.c += group &* product.cGroupRows &* place.cRowStride
        multiplyRows(product, groupPlace, isFullPanel: width == panelWidth)
      }
      column += width
      panel += 1
    }
  }
}

/// Multiplies one panel of one group.
@inline(__always)
private func multiplyRows(_ product: MatrixProduct, _ place: TilePlace, isFullPanel: Bool) {
  let shares = EvenShares(of: product.rowCount, atMost: KernelTable.tileRows)
  var place = place
  for tile in 0..<shares.count {
    let rows = shares[tile]
    if let lists = product.terms {
      place.terms = UnsafePointer(lists.terms + tile &* lists.stride)
      place.listedCount = lists.counts[tile]
      place.a = UnsafePointer(lists.packed + tile &* lists.packedStride)
    }
    if isFullPanel {
      multiplyTile(rows: rows, product, place)
    } else {
      multiplyNarrowTile(rows: rows, product, place)
    }
    place.a += product.aTileStride == 0 ? rows &* product.aRowStride : product.aTileStride
    place.c += rows &* place.cRowStride
  }
}

@inline(__always)
private func multiplyTile(rows: Int, _ product: MatrixProduct, _ place: TilePlace) {
  switch rows {
  case 1: Tile<1, 2>.multiply(product, place)
  case 2: Tile<2, 2>.multiply(product, place)
  case 3: Tile<3, 2>.multiply(product, place)
  case 4: Tile<4, 2>.multiply(product, place)
  case 5: Tile<5, 2>.multiply(product, place)
  case 6: Tile<6, 2>.multiply(product, place)
  #if AVX512 || arch(arm64)
    case 7: Tile<7, 2>.multiply(product, place)
    case 8: Tile<8, 2>.multiply(product, place)
    case 9: Tile<9, 2>.multiply(product, place)
    case 10: Tile<10, 2>.multiply(product, place)
    case 11: Tile<11, 2>.multiply(product, place)
    case 12: Tile<12, 2>.multiply(product, place)
  #endif
  default: preconditionFailure("a tile has 1 to \(KernelTable.tileRows) rows, not \(rows)")
  }
}

/// Multiplies a last panel of one vector. Only with AVX-512, whose vector is as wide as the lane, do such panels exist.
@inline(__always)
private func multiplyNarrowTile(rows: Int, _ product: MatrixProduct, _ place: TilePlace) {
  #if AVX512
    switch rows {
    case 1: Tile<1, 1>.multiply(product, place)
    case 2: Tile<2, 1>.multiply(product, place)
    case 3: Tile<3, 1>.multiply(product, place)
    case 4: Tile<4, 1>.multiply(product, place)
    case 5: Tile<5, 1>.multiply(product, place)
    case 6: Tile<6, 1>.multiply(product, place)
    case 7: Tile<7, 1>.multiply(product, place)
    case 8: Tile<8, 1>.multiply(product, place)
    case 9: Tile<9, 1>.multiply(product, place)
    case 10: Tile<10, 1>.multiply(product, place)
    case 11: Tile<11, 1>.multiply(product, place)
    case 12: Tile<12, 1>.multiply(product, place)
    default: preconditionFailure("a tile has 1 to \(KernelTable.tileRows) rows, not \(rows)")
    }
  #else
    preconditionFailure("the lane is a multiple of the panel's width")
  #endif
}
