// The gradients of a convolution followed by a ReLU and a max-pooling, over the nonzero values of the pooled gradient.
// They equal the dense gradients of ConvolutionLayer.swift up to the order of sums, and are several times faster.
//
// For a convolution of another layer's map, the nonzero values are listed. Weights and their gradients are then plain
// rows, [outputChannel][r, q, c], since an entry of the list takes a whole patch. A convolution of the image itself
// uses the windows of the pooling instead (KernelInterface/PooledConvolutionGradients.swift).

import KernelInterface

extension ConvolutionShape {
  /// Whether the sparse gradients apply to this convolution if this pooling follows: a patch consists of whole
  /// vectors, and most pixels of a window have no gradient.
  public func hasSparseGradient(poolSize: Int, poolStride: Int) -> Bool {
    inputChannels % Lane.width == 0 && groups == 1 && taps.areRuns && poolSize <= 3 && poolStride >= 2
  }

  /// Whether `addPooledWeightGradient` applies: to images, with too few channels to fill a vector.
  public func hasPooledGradient(poolSize: Int, poolStride: Int) -> Bool {
    inputChannels % Lane.width != 0 && stride == 1 && dilation == 1
      && kernelHeight == PooledWeightGradient.kernelSize && kernelWidth == PooledWeightGradient.kernelSize
      && poolSize == PooledWeightGradient.windowSize && poolStride == PooledWeightGradient.windowSize
  }

  /// The patch of the input that one output pixel reads.
  var patch: Patch {
    Patch(
      rowCount: kernelHeight, rowLength: kernelWidth * inputChannels, rowStride: dilation * inputRowStride)
  }
}

/// Memory for the list of one image. Each worker has one.
public final class SparseGradientMemory: @unchecked Sendable {
  let list: SparseGradient

  /// Allocates room for `windows` entries in each of `channels` channels.
  public init(channels: Int, windows: Int) {
    list = SparseGradient(
      channels: channels, capacity: windows + 1, counts: .allocate(capacity: channels),
      offsets: .allocate(capacity: channels * (windows + 1)),
      values: .allocate(capacity: channels * (windows + 1)))
    list.counts.initialize(repeating: 0, count: channels)
    list.offsets.initialize(repeating: 0, count: channels * (windows + 1))
    list.values.initialize(repeating: 0, count: channels * (windows + 1))
  }

  /// Returns the size in bytes of a list.
  public static func byteCount(channels: Int, windows: Int) -> Int {
    let entry = MemoryLayout<Int32>.stride + MemoryLayout<Float>.stride
    return channels * (MemoryLayout<Int32>.stride + (windows + 1) * entry)
  }

  deinit {
    list.counts.deallocate()
    list.offsets.deallocate()
    list.values.deallocate()
  }
}

/// The gradient of one image's pooled map, [height, width, channels] in rows `rowStride` apart, and the places of the
/// maxima in windows that are `poolStride` apart.
public struct PooledGradient {
  public let gradient: Floats
  public let places: UnsafeMutableBufferPointer<UInt8>
  public let height: Int
  public let width: Int
  public let rowStride: Int
  public let poolSize: Int
  public let poolStride: Int

  public init(
    gradient: Floats, places: UnsafeMutableBufferPointer<UInt8>, height: Int, width: Int, rowStride: Int,
    poolSize: Int, poolStride: Int
  ) {
    self.gradient = gradient
    self.places = places
    self.height = height
    self.width = width
    self.rowStride = rowStride
    self.poolSize = poolSize
    self.poolStride = poolStride
  }

  /// Returns the start of the gradient, after a check of its length.
  fileprivate func checkedGradient(channels: Int) -> UnsafeMutablePointer<Float> {
    gradient.checked((height - 1) * rowStride + width * channels, "pooled gradient")
  }
}

extension Engine {
  /// Lists the nonzero values of a pooled gradient, for `addSparseWeightGradient` and `sparseInputGradient`.
  ///
  /// - Complexity: O(windows · outputChannels), for the pooled map's windows.
  public func listGradient(
    _ shape: ConvolutionShape, _ pooled: PooledGradient, into memory: SparseGradientMemory
  ) {
    let channels = shape.outputChannels
    precondition(shape.hasSparseGradient(poolSize: pooled.poolSize, poolStride: pooled.poolStride))
    precondition((pooled.height - 1) * pooled.poolStride + pooled.poolSize <= shape.outputHeight)
    precondition((pooled.width - 1) * pooled.poolStride + pooled.poolSize <= shape.outputWidth)
    precondition(shape.inputCount <= Int(Int32.max), "offsets do not fit 32 bits")
    let windows = pooled.height * pooled.width
    precondition(
      memory.list.channels == channels && memory.list.capacity > windows, "too little room for a list")
    precondition(pooled.places.count >= windows * channels && pooled.rowStride >= pooled.width * channels)
    let window = PoolingWindow(
      size: pooled.poolSize, stride: pooled.poolStride, outWidth: pooled.width, channels: channels,
      inputRowStride: shape.stride * shape.inputRowStride,
      inputPixelStride: shape.stride * shape.inputChannels,
      outputRowStride: pooled.rowStride)
    kernels.listGradient(
      outputGradient: pooled.checkedGradient(channels: channels),
      places: pooled.places.baseAddress!, window: window, rowCount: pooled.height, list: memory.list)
  }

  /// weightGradient [outputChannel][r, q, c] += Σ over the list of value · patch; biasGradient += Σ of the
  /// pooled gradient.
  ///
  /// - Complexity: O(entries · patchLength + windows · outputChannels), for the entries of all lists.
  public func addSparseWeightGradient(
    _ shape: ConvolutionShape, _ memory: SparseGradientMemory, pooled: PooledGradient, input: Floats,
    weightGradient: Floats, biasGradient: Floats
  ) {
    check(memory, shape)
    let gradient = pooled.checkedGradient(channels: shape.outputChannels)
    kernels.addSparseWeightGradient(
      memory.list, input: input.checked(shape.inputCount, "convolution input") + shape.patchOrigin,
      patch: shape.patch,
      weightGradient: weightGradient.checked(shape.weightCount, "convolution weight gradient"))
    let sums = biasGradient.checked(shape.outputChannels, "convolution bias gradient")
    addRows(pooled, channels: shape.outputChannels, gradient, to: sums)
  }

  /// weightGradient, in panels, += the gradient of a first convolution; biasGradient += Σ of the pooled gradient.
  ///
  /// - Complexity: O(windows · weightCount): one multiply-add for each weight and window.
  public func addPooledWeightGradient(
    _ shape: ConvolutionShape, pooled: PooledGradient, input: Floats, weightGradient: Floats,
    biasGradient: Floats
  ) {
    let channels = shape.outputChannels
    precondition(shape.hasPooledGradient(poolSize: pooled.poolSize, poolStride: pooled.poolStride))
    precondition(2 * pooled.height <= shape.outputHeight && 2 * pooled.width <= shape.outputWidth)
    precondition(
      pooled.places.count >= pooled.height * pooled.width * channels
        && pooled.rowStride >= pooled.width * channels)
    let gradient = pooled.checkedGradient(channels: channels)
    kernels.addPooledWeightGradient(
      PooledWeightGradient(
        inputChannels: shape.inputChannels, outputChannels: channels,
        input: input.checked(shape.inputCount, "convolution input") + shape.patchOrigin,
        inputRowStride: shape.inputRowStride, height: pooled.height, width: pooled.width, gradient: gradient,
        gradientRowStride: pooled.rowStride,
        places: pooled.places.baseAddress!),
      weightGradient: weightGradient.checked(shape.weightCount, "convolution weight gradient"))
    addRows(
      pooled, channels: channels, gradient, to: biasGradient.checked(channels, "convolution bias gradient"))
  }

  private func addRows(
    _ pooled: PooledGradient, channels: Int, _ gradient: UnsafePointer<Float>,
    to sums: UnsafeMutablePointer<Float>
  ) {
    kernels.addRows(
      RowGroups(
        start: gradient, groupCount: pooled.height, groupStride: pooled.rowStride, rowCount: pooled.width,
        rowStride: channels), columnCount: channels, to: sums)
  }

  /// inputGradient ← (or, if `accumulates`, +=) Σ over the list of value · weights, laid out like the padded input,
  /// margin included. The values in the margin have no meaning. `weights` are plain rows.
  ///
  /// - Complexity: O(entries · patchLength), for the entries of all lists, and O(inputCount) to clear the gradient if
  ///   it does not accumulate.
  public func sparseInputGradient(
    _ shape: ConvolutionShape, _ memory: SparseGradientMemory, weights: Floats, inputGradient: Floats,
    accumulates: Bool = false
  ) {
    check(memory, shape)
    let target = inputGradient.checked(shape.inputCount, "convolution input gradient")
    if !accumulates { target.update(repeating: 0, count: shape.inputCount) }
    kernels.addSparseInputGradient(
      memory.list, weights: weights.checked(shape.weightCount, "convolution weights"), patch: shape.patch,
      inputGradient: target + shape.patchOrigin)
  }

  /// rows [outputChannel][r, q, c] ← weights in panels.
  ///
  /// - Complexity: O(weightCount).
  public func unpackWeights(_ shape: ConvolutionShape, weights: Floats, rows: Floats) {
    checkLane(shape.patchLength)
    kernels.transposeRows(
      panels: weights.checked(shape.weightCount, "convolution weights"), rowCount: shape.patchLength,
      columnCount: shape.outputChannels, rows: rows.checked(shape.weightCount, "weights in rows"),
      toPanels: false)
  }

  /// weights in panels ← rows [outputChannel][r, q, c].
  ///
  /// - Complexity: O(weightCount).
  public func packWeights(_ shape: ConvolutionShape, rows: Floats, weights: Floats) {
    checkLane(shape.patchLength)
    kernels.transposeRows(
      panels: weights.checked(shape.weightCount, "convolution weights"), rowCount: shape.patchLength,
      columnCount: shape.outputChannels, rows: rows.checked(shape.weightCount, "weights in rows"),
      toPanels: true)
  }

  private func check(_ memory: SparseGradientMemory, _ shape: ConvolutionShape) {
    precondition(
      memory.list.channels == shape.outputChannels,
      "a list of \(memory.list.channels) channels for \(shape.outputChannels)")
  }
}
