// How loops go over maps whose values are treated alike: in runs as long as the maps have no gap.

import KernelInterface

/// Runs of values that lie one behind the other in each of some maps of the same size.
struct MapRuns {
  let rowCount: Int
  /// Runs of a row, and values of a run: the whole row, or the channels of a pixel.
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
  /// Whether nothing lies between the pixels of a row.
  @inline(__always)
  var isDense: Bool { pixelStride == channels }

  /// The first channel of a pixel.
  @inline(__always)
  func pixel(_ y: Int, _ x: Int) -> UnsafeMutablePointer<Float> {
    start + (y &* rowStride &+ x &* pixelStride)
  }
}
