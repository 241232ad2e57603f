// Runs for loops that treat all values of a map alike. A run is as long as the maps have no gap.

import KernelInterface

/// Runs of values that are contiguous in each of some maps of the same size.
struct MapRuns {
  let rowCount: Int
  /// Runs in a row, and values in a run: the whole row, or the channels of a pixel.
  let count: Int
  let length: Int

  @inline(__always)
  init(_ first: MapRegion, _ second: MapRegion, _ third: MapRegion? = nil) {
    let isDense = first.isDense && second.isDense && (third?.isDense ?? true)
    rowCount = first.height
    count = isDense ? 1 : first.width
    length = isDense ? first.width &* first.channels : first.channels
  }
}

extension MapRegion {
  /// Whether the pixels of a row have no gap between them.
  @inline(__always)
  var isDense: Bool { pixelStride == channels }

  /// Returns the address of a pixel's first channel.
  @inline(__always)
  func pixel(_ y: Int, _ x: Int) -> UnsafeMutablePointer<Float> {
    start + (y &* rowStride &+ x &* pixelStride)
  }
}
