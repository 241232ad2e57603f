// Sums and copies of one image's maps, for residual connections and concatenations. All run on the calling thread.

import KernelInterface

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
