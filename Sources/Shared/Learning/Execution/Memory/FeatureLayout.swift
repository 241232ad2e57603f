// The layout of an image's values in memory.

import Compute
import KernelInterface
import Networks

/// The layout of an image's values: a map [height, width, channels] with a margin of zeros, or a vector (1 × 1).
struct FeatureLayout: Equatable {
  let height: Int
  let width: Int
  /// The channels of the network. `channelStride` is their number in memory, padding included.
  let channels: Int
  let channelStride: Int
  /// The rows and columns of zeros on each side: enough for every layer that reads the map.
  let margin: Int
  /// Whether pixels are in the order of ``PixelBlocks``, in which a dense layer reads an image fastest.
  var hasPixelBlocks = false

  var rowStride: Int { (width + 2 * margin) * channelStride }
  /// The place of the first value after the margin.
  var origin: Int { margin * rowStride + margin * channelStride }
  /// The number of values of an image with its margin, padded to the lane.
  var paddedCount: Int {
    paddedToLane(
      hasPixelBlocks
        ? PixelBlocks.valueCount(height: height, width: width, channels: channelStride)
        : (height + 2 * margin) * rowStride)
  }
  /// The floats from one image to the next.
  var imageStride: Int { Compute.rowStride(columns: paddedCount) }
  /// Whether channels are padded with zeros, which every operation must preserve.
  var hasPaddedChannels: Bool { channelStride != channels }

  /// Returns the place of a channel, row and column in an image.
  func offset(channel: Int, y: Int, x: Int) -> Int {
    hasPixelBlocks
      ? PixelBlocks.offset(y: y, x: x, channel: channel, height: height, channels: channelStride)
      : origin + y * rowStride + x * channelStride + channel
  }

  /// Returns the pixels of a map without its margin, as kernels take them.
  func map(_ image: Floats) -> FeatureMap {
    FeatureMap(
      image.from(origin), height: height, width: width, channels: channelStride, rowStride: rowStride)
  }
}

extension PoolingWindow {
  /// The windows of a pooling that reads a map with one layout and writes one with another.
  init(_ pooling: Pooling, from input: FeatureLayout, to output: FeatureLayout) {
    self.init(
      size: pooling.size, stride: pooling.stride, outWidth: output.width, channels: output.channelStride,
      inputRowStride: input.rowStride, inputPixelStride: input.channelStride,
      outputRowStride: output.rowStride)
  }
}

extension FeatureLayout {
  /// Lays out a map or a vector with channels padded to the lane.
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
