// The output gradient of a convolution, as a list of its nonzero values, if a ReLU and a max-pooling follow.
//
// In each window, only the pixel that was the maximum has a gradient, and only if the ReLU let it pass: with windows
// of 2 × 2, about one value in eight. Both gradients of the convolution are then sums over this list. An entry is a
// factor, and the place of the patch of the input that its pixel read.

/// The entries of one image's list, for each output channel.
public struct SparseGradient {
  /// Output channels, padded to the lane.
  public let channels: Int
  /// Entries that a channel has room for: one more than an image has windows, since a value that does not count is
  /// written after the last entry.
  public let capacity: Int
  /// [channels]: the number of entries.
  public let counts: UnsafeMutablePointer<Int32>
  /// [channels, capacity]: the offset of the patch in the padded input.
  public let offsets: UnsafeMutablePointer<Int32>
  /// [channels, capacity]: the gradient's values.
  public let values: UnsafeMutablePointer<Float>

  public init(
    channels: Int, capacity: Int, counts: UnsafeMutablePointer<Int32>, offsets: UnsafeMutablePointer<Int32>,
    values: UnsafeMutablePointer<Float>
  ) {
    self.channels = channels
    self.capacity = capacity
    self.counts = counts
    self.offsets = offsets
    self.values = values
  }
}

/// The patch of the input that one output pixel of a convolution reads: `rowCount` runs of `rowLength` floats,
/// `rowStride` apart. Length and stride are multiples of ``Lane/width``.
public struct Patch: Equatable, Sendable {
  public let rowCount: Int
  public let rowLength: Int
  public let rowStride: Int

  public init(rowCount: Int, rowLength: Int, rowStride: Int) {
    self.rowCount = rowCount
    self.rowLength = rowLength
    self.rowStride = rowStride
  }

  public var count: Int { rowCount * rowLength }
}
