// Max-pooling and average pooling of one image.

import KernelInterface

extension Engine {
  /// Writes pooled rows and, if `places` is given, the place of each maximum in its window. `input` and `output` start
  /// at the first row that is read and written.
  public func pool(
    _ window: PoolingWindow, rowCount: Int, input: Floats, output: Floats,
    places: UnsafeMutableBufferPointer<UInt8>?
  ) {
    check(window, rowCount: rowCount, mapCount: input.count, pooledCount: output.count, places: places?.count)
    kernels.poolForward(
      input: input.baseAddress!, window: window, rowCount: rowCount, output: output.baseAddress!,
      places: places?.baseAddress)
  }

  /// Adds each pooled value's gradient to the pixel that was the maximum.
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
  public func averagePool(_ window: PoolingWindow, rowCount: Int, input: Floats, output: Floats) {
    check(window, rowCount: rowCount, mapCount: input.count, pooledCount: output.count, places: nil)
    kernels.averagePoolForward(
      input: input.baseAddress!, window: window, rowCount: rowCount, output: output.baseAddress!)
  }

  /// Adds its share of the mean's gradient to each pixel of a window.
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
