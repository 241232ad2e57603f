// Channels that only fill up a lane. They hold zeros, so the weights that read them learn nothing.

import Compute

extension FeatureMap {
  /// Sets the channels from `first` on to 0.
  func clearChannels(from first: Int) {
    for y in 0..<height {
      for x in 0..<width {
        let pixel = y * rowStride + x * pixelStride
        floats[pixel + first..<pixel + channels].update(repeating: 0)
      }
    }
  }
}
