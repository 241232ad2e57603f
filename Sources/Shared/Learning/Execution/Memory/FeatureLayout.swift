// Where the values of an image lie in memory.

import Compute
import KernelInterface
import Networks

/// Where an image's values lie: a map [height, width, channels] with a margin of zeros, or a vector (1 × 1).
struct FeatureLayout: Equatable {
  let height: Int
  let width: Int
  /// As the network counts them, and as memory holds them.
  let channels: Int
  let channelStride: Int
  /// Rows and columns of zeros on every side: as many as the convolution that wants most of them wants.
  let margin: Int
  /// Whether pixels lie in the order of ``PixelPatches``, as a dense layer likes to read an image.
  var isPatched = false

  var rowStride: Int { (width + 2 * margin) * channelStride }
  /// The first value after the margin.
  var origin: Int { margin * rowStride + margin * channelStride }
  /// Values of an image with its margin, padded to the lane.
  var paddedCount: Int {
    paddedToLane(
      isPatched
        ? PixelPatches.valueCount(height: height, width: width, channels: channelStride)
        : (height + 2 * margin) * rowStride)
  }
  /// Floats from one image to the next.
  var imageStride: Int { Compute.rowStride(columns: paddedCount) }
  /// Whether channels are padded with zeros that an operation has to keep.
  var hasPaddedChannels: Bool { channelStride != channels }

  /// Where the value of a channel, row and column lies in an image.
  func offset(channel: Int, y: Int, x: Int) -> Int {
    isPatched
      ? PixelPatches.offset(y: y, x: x, channel: channel, height: height, channels: channelStride)
      : origin + y * rowStride + x * channelStride + channel
  }

  /// The pixels of a map without its margin, as kernels take them.
  func map(_ image: Floats) -> FeatureMap {
    FeatureMap(
      image.from(origin), height: height, width: width, channels: channelStride, rowStride: rowStride)
  }
}

extension FeatureLayout {
  /// A map or a vector with channels padded to the lane.
  init(_ shape: FeatureShape, margin: Int) {
    switch shape {
    case .map(let height, let width, let channels):
      self.init(
        height: height, width: width, channels: channels, channelStride: paddedToLane(channels),
        margin: margin)
    case .vector(let count):
      self.init(height: 1, width: 1, channels: count, channelStride: paddedToLane(count), margin: margin)
    }
  }
}
