// A perceptual hash: images that look alike have hashes that differ in few bits.

/// The difference hash: an image is shrunk to 8 rows of 9 cells, and for each pair of neighbours in a row, a bit says
/// whether the right one is brighter.
///
/// Krawetz 2013, "Kind of Like That" (hackerfactor.com), describes it as dHash, and compares it with pHash, which uses
/// a discrete cosine transform (Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions"). On
/// Fashion-MNIST, it finds more of the images that are nearly the same than pHash does, and lets fewer others through:
/// docs/audit.md. It is computed from integers alone, so it is the same on every machine.
struct DifferenceHash: Sendable {
  private static let rowCount = 8
  private static let columnCount = 9
  private let height: Int
  private let width: Int
  private let rows: [CellShare]
  private let columns: [CellShare]

  init(height: Int, width: Int) {
    (self.height, self.width) = (height, width)
    rows = CellShare.shares(of: height, among: Self.rowCount)
    columns = CellShare.shares(of: width, among: Self.columnCount)
  }

  /// Returns the hash of an image of [height, width] pixels. Bit 8 r + c compares the cells c and c + 1 of row r.
  ///
  /// Sums stay below 2⁴⁸ for images of 4,096 × 4,096 pixels.
  ///
  /// - Complexity: O(height · width)
  func hash(of pixels: [UInt16]) -> UInt64 {
    precondition(pixels.count == height * width, "\(pixels.count) pixels for \(height) by \(width)")
    var cells = [Int](repeating: 0, count: Self.rowCount * Self.columnCount)
    var line = [Int](repeating: 0, count: Self.columnCount * height)
    for y in 0..<height {
      for share in columns {
        line[y * Self.columnCount + share.cell] += share.weight * Int(pixels[y * width + share.pixel])
      }
    }
    for share in rows {
      for cell in 0..<Self.columnCount {
        cells[share.cell * Self.columnCount + cell] +=
          share.weight * line[share.pixel * Self.columnCount + cell]
      }
    }
    var hash: UInt64 = 0
    for row in 0..<Self.rowCount {
      for column in 0..<Self.columnCount - 1 {
        let cell = row * Self.columnCount + column
        // All cells have the same area, so sums compare as means do.
        if cells[cell + 1] > cells[cell] { hash |= 1 << UInt64(row * Self.rowCount + column) }
      }
    }
    return hash
  }
}

/// The share of a pixel that is in a cell, along one axis.
private struct CellShare {
  let pixel: Int
  let cell: Int
  /// The share of the pixel, in units of 1 / count for `count` cells.
  let weight: Int

  /// Returns the shares of `size` pixels in `count` cells of equal width, ordered by pixel. In these units, a pixel is
  /// `count` wide and a cell `size`, so all edges are integers.
  static func shares(of size: Int, among count: Int) -> [CellShare] {
    (0..<size).flatMap { pixel in
      (pixel * count / size...((pixel + 1) * count - 1) / size).map { cell in
        let start = max(pixel * count, cell * size)
        let end = min((pixel + 1) * count, (cell + 1) * size)
        return CellShare(pixel: pixel, cell: cell, weight: end - start)
      }
    }
  }
}
