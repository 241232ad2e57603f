// The place of each value of a matrix or a map in memory, so that tests write and read values in plain order, whatever
// layout a kernel takes; and maps of every size, with and without gaps between pixels and rows.

import Compute

/// The offsets of values 0, 1, 2 … in a piece of memory.
struct Layout {
  let offsets: [Int]
  let capacity: Int

  /// Consecutive values.
  static func run(_ count: Int) -> Layout { Layout(offsets: Array(0..<count), capacity: count) }

  /// [rowCount, columnCount], rows `stride` apart. The floats between them are unused.
  static func rows(_ rowCount: Int, _ columnCount: Int, stride: Int) -> Layout {
    var offsets: [Int] = []
    for row in 0..<rowCount {
      for column in 0..<columnCount { offsets.append(row * stride + column) }
    }
    return Layout(offsets: offsets, capacity: rowCount == 0 ? 0 : (rowCount - 1) * stride + columnCount)
  }

  /// [rowCount, columnCount] stored as its transpose, whose rows are `stride` apart.
  static func transposedRows(_ rowCount: Int, _ columnCount: Int, stride: Int) -> Layout {
    var offsets: [Int] = []
    for row in 0..<rowCount {
      for column in 0..<columnCount { offsets.append(column * stride + row) }
    }
    return Layout(offsets: offsets, capacity: columnCount == 0 ? 0 : (columnCount - 1) * stride + rowCount)
  }

  /// [rowCount, columnCount] in panels of `width` columns, the last one perhaps narrower, row after row.
  static func panels(_ rowCount: Int, _ columnCount: Int, width: Int) -> Layout {
    var offsets = [Int](repeating: 0, count: rowCount * columnCount)
    var next = 0
    for start in stride(from: 0, to: columnCount, by: width) {
      for row in 0..<rowCount {
        for column in start..<min(start + width, columnCount) {
          offsets[row * columnCount + column] = next
          next += 1
        }
      }
    }
    return Layout(offsets: offsets, capacity: next)
  }

  /// [height, width, channels] in rows of `rowStride`, pixels `pixelStride` apart, the first at `origin`.
  static func map(
    height: Int, width: Int, channels: Int, pixelStride: Int, rowStride: Int, origin: Int = 0,
    capacity: Int? = nil
  ) -> Layout {
    var offsets: [Int] = []
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<channels { offsets.append(origin + y * rowStride + x * pixelStride + channel) }
      }
    }
    return Layout(offsets: offsets, capacity: capacity ?? (offsets.last ?? -1) + 1)
  }

  /// `count` copies of this layout, `stride` apart. The floats between them are unused.
  func repeated(_ count: Int, stride: Int) -> Layout {
    Layout(
      offsets: (0..<count).flatMap { copy in offsets.map { copy * stride + $0 } },
      capacity: count == 0 ? 0 : (count - 1) * stride + capacity)
  }
}

/// The size of a map for tests, and the unused floats between its pixels and rows.
struct MapSize: CustomStringConvertible {
  let height: Int
  let width: Int
  let channels: Int
  var pixelGap = 0
  var rowGap = 0

  /// One pixel, one row, one column, odd sides, and both sides of the four pixels that a loop takes together; one lane
  /// of channels and several.
  static let several: [MapSize] = [
    (1, 1, 16), (1, 3, 16), (3, 1, 48), (1, 4, 32), (2, 5, 16), (7, 7, 32), (4, 9, 80),
  ].map { MapSize(height: $0, width: $1, channels: $2) }

  /// The same size with gaps.
  func with(pixelGap: Int, rowGap: Int) -> MapSize {
    MapSize(height: height, width: width, channels: channels, pixelGap: pixelGap, rowGap: rowGap)
  }

  var pixelCount: Int { height * width }
  var count: Int { pixelCount * channels }
  var pixelStride: Int { channels + pixelGap }
  var rowStride: Int { width * pixelStride + rowGap }

  var layout: Layout {
    .map(height: height, width: width, channels: channels, pixelStride: pixelStride, rowStride: rowStride)
  }

  /// The map in memory of this layout.
  func map(_ memory: GuardedFloats) -> FeatureMap {
    FeatureMap(
      memory.floats, height: height, width: width, channels: channels, rowStride: rowStride,
      pixelStride: pixelStride)
  }

  var description: String { "[\(height), \(width), \(channels)], gaps \(pixelGap) and \(rowGap)" }
}
