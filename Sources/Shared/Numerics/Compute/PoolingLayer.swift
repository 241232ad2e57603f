// Pooling of one image: the maximum or the mean of each window, or of the whole map.

import KernelInterface

extension Engine {
  /// Writes pooled rows, whose strides `window` has. If `places` [rowCount, window.outWidth, window.channels] is given, it
  /// receives the place of each maximum in its window. `input` and `output` start at the first row that is read and
  /// written.
  ///
  /// - Complexity: O(n · window.size²), where n is the number of pooled values.
  public func pool(
    _ window: PoolingWindow, rowCount: Int, input: Floats, output: Floats,
    places: UnsafeMutableBufferPointer<UInt8>?
  ) {
    check(window, rowCount: rowCount, mapCount: input.count, pooledCount: output.count, places: places?.count)
    kernels.poolForward(
      input: input.baseAddress!, window: window, rowCount: rowCount, output: output.baseAddress!,
      places: places?.baseAddress)
  }

  /// Adds each pooled value's gradient to the pixel that was the maximum. `places` is what `pool` wrote.
  ///
  /// - Complexity: O(n), where n is the number of pooled values.
  public func addPoolGradient(
    _ window: PoolingWindow, rowCount: Int, outputGradient: Floats, places: UnsafeMutableBufferPointer<UInt8>,
    inputGradient: Floats
  ) {
    check(
      window, rowCount: rowCount, mapCount: inputGradient.count, pooledCount: outputGradient.count,
      places: places.count)
    kernels.poolBackward(
      outputGradient: outputGradient.baseAddress!, places: places.baseAddress!, window: window,
      rowCount: rowCount, inputGradient: inputGradient.baseAddress!)
  }

  /// output ← the mean of each window. If a window reaches into the map's margin, the zeros there count.
  ///
  /// - Complexity: O(n · window.size²), where n is the number of pooled values.
  public func averagePool(_ window: PoolingWindow, rowCount: Int, input: Floats, output: Floats) {
    check(window, rowCount: rowCount, mapCount: input.count, pooledCount: output.count, places: nil)
    kernels.averagePoolForward(
      input: input.baseAddress!, window: window, rowCount: rowCount, output: output.baseAddress!)
  }

  /// Adds its share of the mean's gradient to each pixel of a window.
  ///
  /// - Complexity: O(n · window.size²), where n is the number of pooled values.
  public func addAveragePoolGradient(
    _ window: PoolingWindow, rowCount: Int, outputGradient: Floats, inputGradient: Floats
  ) {
    check(
      window, rowCount: rowCount, mapCount: inputGradient.count, pooledCount: outputGradient.count,
      places: nil)
    kernels.averagePoolBackward(
      outputGradient: outputGradient.baseAddress!, window: window, rowCount: rowCount,
      inputGradient: inputGradient.baseAddress!)
  }

  private func check(
    _ window: PoolingWindow, rowCount: Int, mapCount: Int, pooledCount: Int, places: Int?
  ) {
    precondition((1...16).contains(window.size) && window.stride >= 1, "a window of \(window.size)")
    precondition(rowCount >= 1 && window.outWidth >= 1 && window.channels % Lane.width == 0)
    let lastRow = (rowCount - 1) * window.stride + window.size - 1
    let lastColumn = (window.outWidth - 1) * window.stride + window.size - 1
    let mapNeeded =
      lastRow * window.inputRowStride + lastColumn * window.inputPixelStride + window.channels
    let pooledNeeded = (rowCount - 1) * window.outputRowStride + window.outWidth * window.channels
    precondition(mapNeeded <= mapCount, "pooling: expected \(mapNeeded) floats, got \(mapCount)")
    precondition(pooledNeeded <= pooledCount, "pooling: expected \(pooledNeeded) floats, got \(pooledCount)")
    if let places { precondition(rowCount * window.outWidth * window.channels <= places) }
  }
}

// MARK: - The whole map

extension Engine {
  /// output [channels] ← the mean of all pixels.
  public func globalAverage(_ map: FeatureMap, output: Floats) {
    checkLane(map.channels)
    kernels.globalAverageForward(
      map.checked("map to pool"), output: output.checked(map.channels, "pooled values"))
  }

  /// inputGradient ← (or, if `accumulates`, +=) each pixel's share of the output's gradient [channels].
  public func globalAverageGradient(
    outputGradient: Floats, inputGradient: FeatureMap, accumulates: Bool = false
  ) {
    checkLane(inputGradient.channels)
    kernels.globalAverageBackward(
      outputGradient: outputGradient.checked(inputGradient.channels, "gradient of pooled values"),
      map: inputGradient.checked("gradient of a pooled map"), accumulates: accumulates)
  }

  /// output [channels] ← the largest value of all pixels; places [channels] ← y · width + x of the first such pixel.
  public func globalMaximum(
    _ map: FeatureMap, output: Floats, places: UnsafeMutableBufferPointer<UInt32>?
  ) {
    checkLane(map.channels)
    precondition(map.height * map.width <= Int(Int32.max), "places do not fit 32 bits")
    if let places { precondition(places.count >= map.channels, "\(places.count) of \(map.channels) places") }
    kernels.globalMaximumForward(
      map.checked("map to pool"), output: output.checked(map.channels, "pooled values"),
      places: places?.baseAddress)
  }

  /// inputGradient ← (or, if `accumulates`, +=) the output's gradient [channels] at the places of the maxima,
  /// and 0 elsewhere.
  ///
  /// - Complexity: O(height · width · channels), or O(channels) if `accumulates`.
  public func globalMaximumGradient(
    outputGradient: Floats, places: UnsafeBufferPointer<UInt32>, inputGradient: FeatureMap,
    accumulates: Bool = false
  ) {
    let pixelCount = inputGradient.height * inputGradient.width
    checkLane(inputGradient.channels)
    precondition(
      places.count >= inputGradient.channels, "\(places.count) of \(inputGradient.channels) places")
    precondition(
      places.prefix(inputGradient.channels).allSatisfy { Int($0) < pixelCount }, "a place beyond the map")
    kernels.globalMaximumBackward(
      outputGradient: outputGradient.checked(inputGradient.channels, "gradient of pooled values"),
      places: places.baseAddress!, map: inputGradient.checked("gradient of a pooled map"),
      accumulates: accumulates)
  }
}
