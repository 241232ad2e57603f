// The gradient of a convolution that a ReLU and a max-pooling follow, as a list of what is not 0.
//
// Of each window only the pixel that was the maximum has a gradient, and only if the ReLU let it pass: with windows
// of 2 × 2, one value in eight or so. Both gradients of the convolution are then sums over this list: each entry takes
// the patch of the input that its pixel looked at, times a number.

/// The entries of one image's list, for each output channel.
public struct SparseGradient {
  /// Output channels, padded to the lane.
  public let channels: Int
  /// Entries that a channel may have: the windows of an image.
  public let capacity: Int
  /// [channels]
  public let counts: UnsafeMutablePointer<Int32>
  /// [channels, capacity]: where the patch starts in the padded input.
  public let offsets: UnsafeMutablePointer<Int32>
  /// [channels, capacity]
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

/// What an output pixel of a convolution looks at: `rowCount` runs of `rowLength` floats, `rowStride` apart. All are
/// multiples of ``Lane/width`` but the count.
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
