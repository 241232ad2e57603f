// How kernels find values in memory: channels padded to lanes, regions of a map, rows to add up, and the pixels of an
// image in blocks.

/// The unit that channels and columns are padded to, so that no loop needs a remainder.
public enum Lane {
  /// Floats in a lane. A lane is one 512-bit vector, two of 256 bits, or four of 128 bits, and always one cache line.
  public static let width = 16
}

// MARK: - Regions of a map

/// A rectangle of one image's map, or of anything else stored in rows, on which elementwise kernels work:
/// [height, width, channels] with the channels of a pixel side by side ("NHWC"); strides are in floats.
///
/// A plain run of values is one pixel with that many channels, and the rows of a matrix are rows of one pixel each.
public struct MapRegion {
  /// The first channel of the pixel at the left of the first row.
  public var start: UnsafeMutablePointer<Float>
  public var height: Int
  public var width: Int
  public var channels: Int
  /// Floats from one row to the next, and from one pixel to the next.
  public var rowStride: Int
  public var pixelStride: Int

  public init(
    start: UnsafeMutablePointer<Float>, height: Int, width: Int, channels: Int, rowStride: Int,
    pixelStride: Int
  ) {
    self.start = start
    self.height = height
    self.width = width
    self.channels = channels
    self.rowStride = rowStride
    self.pixelStride = pixelStride
  }
}

// MARK: - Rows to add up

/// Rows to add up, such as the pixels of a map: [groupCount, rowCount, columns]. Groups may have gaps between them;
/// strides are in floats.
public struct RowGroups {
  public var start: UnsafePointer<Float>
  public var groupCount: Int
  public var groupStride: Int
  public var rowCount: Int
  public var rowStride: Int

  public init(
    start: UnsafePointer<Float>, groupCount: Int = 1, groupStride: Int = 0, rowCount: Int, rowStride: Int
  ) {
    self.start = start
    self.groupCount = groupCount
    self.groupStride = groupStride
    self.rowCount = rowCount
    self.rowStride = rowStride
  }
}

// MARK: - Pixels in blocks

/// The pixel blocks of an image: squares of 4 × 4 pixels, the column of blocks at the left first, from top to bottom.
///
/// Neighbours in a row of an image are alike, and so are neighbours in a column. The pixels of a block are therefore
/// all background, or none of them is, more often than sixteen pixels in a row.
public struct PixelBlocks {
  /// Pixels on a side of a block.
  public static let side = 4

  /// [height, width, channels]
  public var pixels: UnsafePointer<UInt8>
  public var height: Int
  public var width: Int
  public var channels: Int

  public init(pixels: UnsafePointer<UInt8>, height: Int, width: Int, channels: Int) {
    self.pixels = pixels
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// The number of values in all blocks. Those at the right and at the bottom may reach beyond the image.
  public static func valueCount(height: Int, width: Int, channels: Int) -> Int {
    blockCount(height) * blockCount(width) * side * side * channels
  }

  /// The offset of a pixel's value among the blocks.
  public static func offset(y: Int, x: Int, channel: Int, height: Int, channels: Int) -> Int {
    let block = x / side * blockCount(height) + y / side
    return ((block * side + y % side) * side + x % side) * channels + channel
  }

  private static func blockCount(_ length: Int) -> Int { (length + side - 1) / side }
}
