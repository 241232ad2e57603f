// One image's map as callers describe it, the check that turns it into a region for kernels, and the sums and copies of
// whole maps, for residual connections and concatenations. All run on the calling thread.

import KernelInterface

/// A region [height, width, channels] of one image's floats: a whole map, its inside without the margin, or some of its
/// channels. It starts at the start of the slice.
public struct FeatureMap {
  public let floats: Floats
  public let height: Int
  public let width: Int
  public let channels: Int
  /// Floats from one row to the next, and from one pixel to the next.
  public let rowStride: Int
  public let pixelStride: Int

  /// Creates a map. By default, pixels and rows follow each other without a gap.
  public init(
    _ floats: Floats, height: Int, width: Int, channels: Int, rowStride: Int? = nil, pixelStride: Int? = nil
  ) {
    self.floats = floats
    self.height = height
    self.width = width
    self.channels = channels
    self.pixelStride = pixelStride ?? channels
    self.rowStride = rowStride ?? width * self.pixelStride
  }

  /// Returns the part of the map with some of its channels, such as one input's share of a concatenation.
  public func channels(_ range: Range<Int>) -> FeatureMap {
    precondition(range.lowerBound >= 0 && range.upperBound <= channels, "\(range) of \(channels) channels")
    return FeatureMap(
      floats.from(min(range.lowerBound, floats.count)), height: height, width: width, channels: range.count,
      rowStride: rowStride, pixelStride: pixelStride)
  }

  /// Whether the map has no values.
  var isEmpty: Bool { height == 0 || width == 0 || channels == 0 }

  /// Returns the region, after a check that pixels do not overlap and that the slice holds them. The map
  /// must not be empty.
  func checked(_ what: StaticString) -> MapRegion {
    precondition(
      height > 0 && width > 0 && channels > 0, "\(what): a map of \(height) × \(width) × \(channels)")
    precondition(channels <= pixelStride, "\(what): pixels of \(channels) floats are \(pixelStride) apart")
    let rowLength = (width - 1) * pixelStride + channels
    precondition(rowLength <= rowStride || height == 1, "\(what): rows of \(rowLength) floats overlap")
    return MapRegion(
      start: floats.checked((height - 1) * rowStride + rowLength, what), height: height, width: width,
      channels: channels, rowStride: rowStride, pixelStride: pixelStride)
  }

  /// Returns the region, after a check that it has the same size as another.
  func checked(like other: FeatureMap, _ what: StaticString) -> MapRegion {
    precondition(
      height == other.height && width == other.width && channels == other.channels,
      "\(what): [\(height), \(width), \(channels)] and not [\(other.height), \(other.width), \(other.channels)]"
    )
    return checked(what)
  }
}

// MARK: - Sums and copies

extension Engine {
  /// target += source, with any number of channels.
  public func addMap(_ source: FeatureMap, to target: FeatureMap) {
    guard !source.isEmpty || !target.isEmpty else { return }
    kernels.addMap(source.checked("map to add"), to: target.checked(like: source, "sum of maps"))
  }

  /// Adds the source's channels to the same number of the target's, from `channelOffset` on.
  public func addMap(_ source: FeatureMap, to target: FeatureMap, channelOffset: Int) {
    addMap(source, to: target.channels(channelOffset..<channelOffset + source.channels))
  }

  /// target ← source, with any number of channels.
  public func copyMap(_ source: FeatureMap, to target: FeatureMap) {
    guard !source.isEmpty || !target.isEmpty else { return }
    kernels.copyMap(source.checked("map to copy"), to: target.checked(like: source, "copy of a map"))
  }

  /// Copies the source's channels to the same number of the target's, from `channelOffset` on.
  public func copyMap(_ source: FeatureMap, to target: FeatureMap, channelOffset: Int) {
    copyMap(source, to: target.channels(channelOffset..<channelOffset + source.channels))
  }

  /// output ← act(first + second); the output may be one of them.
  public func sumMaps(
    _ first: FeatureMap, _ second: FeatureMap, activation: Activation?, output: FeatureMap
  ) {
    checkLane(first.channels)
    guard !first.isEmpty || !second.isEmpty || !output.isEmpty else { return }
    kernels.sumMaps(
      first.checked("map to add"), second.checked(like: first, "map to add"), activation: activation,
      output: output.checked(like: first, "sum of maps"))
  }

  /// map ← map · factor
  public func scaleMap(_ map: FeatureMap, by factor: Float) {
    checkLane(map.channels)
    guard !map.isEmpty else { return }
    kernels.scaleMap(map.checked("map to scale"), by: factor)
  }
}

extension Engine {
  /// sums [channels] ← Σ over all pixels.
  public func sumPixels(_ map: FeatureMap, to sums: Floats) {
    sums.checked(map.channels, "sums of a map").update(repeating: 0, count: map.channels)
    addPixels(map, to: sums)
  }

  /// sums [channels] += Σ over all pixels.
  public func addPixels(_ map: FeatureMap, to sums: Floats) {
    let region = map.checked("map to sum up")
    kernels.addRows(
      RowGroups(
        start: region.start, groupCount: region.height, groupStride: region.rowStride, rowCount: region.width,
        rowStride: region.pixelStride), columnCount: region.channels,
      to: sums.checked(region.channels, "sums of a map"))
  }
}
