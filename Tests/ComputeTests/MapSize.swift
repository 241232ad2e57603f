// Maps for tests: every size with and without gaps between its pixels and rows.

import Compute

/// The size of a map, and the unused floats between its pixels and rows.
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
