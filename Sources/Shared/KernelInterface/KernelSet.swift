// What each build of the kernels offers. The module Kernels is built once for each instruction set; this table, of
// concrete functions over whole matrices, is how the one that fits the CPU is called. Shapes are checked before, in
// the module Compute: nothing here is.

/// The kernels of one instruction set.
public struct KernelSet: Sendable {
  /// Channels and columns are padded to a multiple of this many floats: one 512-bit vector, a cache line.
  public static let lane = 16

  public typealias Input = UnsafePointer<Float>
  public typealias Output = UnsafeMutablePointer<Float>

  /// `avx512`, `avx2` or `baseline`.
  public let name: String
  /// Columns of a panel; the last panel of a matrix may be narrower.
  public let panelWidth: Int
  /// Rows of the largest register tile.
  public let tileRows: Int

  /// See ``MatrixProduct``.
  public let multiply: @Sendable (MatrixProduct) -> Void
  /// Fills the ``TermLists`` of a product, for `multiply` to go by.
  public let listTerms: @Sendable (MatrixProduct) -> Void
  /// Writes panels of the transpose of a matrix in panels: (packed, rowCount, columnCount, the first panel written, from
  /// row, to row of the packed matrix: both multiples of the panel width, or its end).
  public let transposePanels: @Sendable (Input, Int, Int, Output, Int, Int) -> Void

  /// The transforms before and after the products of a convolution by ``WinogradTiles``: (tiles, padded input,
  /// [component, tile, input channel]) and (tiles, [component, tile, output channel], result).
  public let winogradInput: @Sendable (WinogradTiles, Input, Output) -> Void
  public let winogradOutput: @Sendable (WinogradTiles, Input, WinogradOutput) -> Void
  /// The transform of the weights: (input channels, output channels, weights in panels, a matrix in panels for each
  /// component).
  public let winogradWeights: @Sendable (Int, Int, Input, Output) -> Void

  /// Rows `0 ..< rowCount` of a pooled map and the place of each maximum in its window, row by row: (input, window,
  /// rowCount, output, places or nil).
  public let poolForward: @Sendable (Input, PoolingWindow, Int, Output, UnsafeMutablePointer<UInt8>?) -> Void
  /// Adds the gradient of each pooled value to the place its maximum came from: (output gradient, places, window,
  /// rowCount, input gradient).
  public let poolBackward: @Sendable (Input, UnsafePointer<UInt8>, PoolingWindow, Int, Output) -> Void

  /// Lists what is not 0 of a pooled map's gradient: (output gradient, places, window with the strides of the
  /// convolution's input, rowCount, list). Windows are of at most 3 × 3.
  public let listGradient: @Sendable (Input, UnsafePointer<UInt8>, PoolingWindow, Int, SparseGradient) -> Void
  /// Adds to the weight gradient [channels, patch]: (list, padded input, patch, weight gradient).
  public let addSparseWeightGradient: @Sendable (SparseGradient, Input, Patch, Output) -> Void
  /// Adds to the gradient of the padded input: (list, weights [channels, patch], patch, input gradient).
  public let addSparseInputGradient: @Sendable (SparseGradient, Input, Patch, Output) -> Void
  /// Adds to the weight gradient of a first convolution, in panels: (problem, weight gradient).
  public let addPooledPatches: @Sendable (PooledPatches, Output) -> Void
  /// Between a matrix in panels and the plain rows of its transpose: (panels, rowCount, columnCount, rows of the
  /// transpose [columnCount, rowCount], whether the panels are the target).
  public let transposeRows: @Sendable (Output, Int, Int, Output, Bool) -> Void

  /// Negative values become 0: (values, count).
  public let rectify: @Sendable (Output, Int) -> Void
  /// The gradient is scaled where the forward pass's result is positive and becomes 0 elsewhere: (gradient, result,
  /// rowCount, rowStride of both, columnCount, scale).
  public let rectifyBackward: @Sendable (Output, Input, Int, Int, Int, Float) -> Void
  /// Drops or scales each value, forward and backward alike; the value at (row, column) has the index
  /// first + row · rowStride + column: (values, rowCount, rowStride, columnCount, first, mask).
  public let dropout: @Sendable (Output, Int, Int, Int, Int, DropoutMask) -> Void
  /// See ``SoftmaxCrossEntropy``.
  public let softmaxCrossEntropy: @Sendable (SoftmaxCrossEntropy) -> Void
  /// The kernel of a convolution's input gradient; see ``KernelFlip``.
  public let flipKernel: @Sendable (KernelFlip) -> Void

  /// bytes × scale: (bytes, count, scale, result).
  public let scaleBytes: @Sendable (UnsafePointer<UInt8>, Int, Float, Output) -> Void
  /// The same, patch by patch: (image, scale, result).
  public let scalePatches: @Sendable (PixelPatches, Float, Output) -> Void
  /// target += source: (source, count, target).
  public let add: @Sendable (Input, Int, Output) -> Void
  /// target += Σ of rows: (rows, columnCount, target).
  public let addRows: @Sendable (RowGroups, Int, Output) -> Void
  /// Σ x², in Double.
  public let sumOfSquares: @Sendable (Input, Int) -> Double

  /// One step over `count` values: (update, count, gradient, parameter, first moment, second moment).
  public let adam: @Sendable (AdamUpdate, Int, Input, Output, Output, Output) -> Void
  /// One step over `count` values: (update, count, gradient, parameter, velocity).
  public let momentum: @Sendable (MomentumUpdate, Int, Input, Output, Output) -> Void

  /// For benchmarks: multiply-adds that wait for nothing, as many a second as the CPU can do; (rounds, a lane of room
  /// for a result that nobody needs), returns the number of floating-point operations.
  public let runMultiplyAddChains: @Sendable (Int, Output) -> Int

  public init(
    name: String, panelWidth: Int, tileRows: Int,
    multiply: @escaping @Sendable (MatrixProduct) -> Void,
    listTerms: @escaping @Sendable (MatrixProduct) -> Void,
    transposePanels: @escaping @Sendable (Input, Int, Int, Output, Int, Int) -> Void,
    winogradInput: @escaping @Sendable (WinogradTiles, Input, Output) -> Void,
    winogradOutput: @escaping @Sendable (WinogradTiles, Input, WinogradOutput) -> Void,
    winogradWeights: @escaping @Sendable (Int, Int, Input, Output) -> Void,
    poolForward:
      @escaping @Sendable (Input, PoolingWindow, Int, Output, UnsafeMutablePointer<UInt8>?) -> Void,
    poolBackward: @escaping @Sendable (Input, UnsafePointer<UInt8>, PoolingWindow, Int, Output) -> Void,
    listGradient:
      @escaping @Sendable (Input, UnsafePointer<UInt8>, PoolingWindow, Int, SparseGradient) -> Void,
    addSparseWeightGradient: @escaping @Sendable (SparseGradient, Input, Patch, Output) -> Void,
    addSparseInputGradient: @escaping @Sendable (SparseGradient, Input, Patch, Output) -> Void,
    addPooledPatches: @escaping @Sendable (PooledPatches, Output) -> Void,
    transposeRows: @escaping @Sendable (Output, Int, Int, Output, Bool) -> Void,
    rectify: @escaping @Sendable (Output, Int) -> Void,
    rectifyBackward: @escaping @Sendable (Output, Input, Int, Int, Int, Float) -> Void,
    dropout: @escaping @Sendable (Output, Int, Int, Int, Int, DropoutMask) -> Void,
    softmaxCrossEntropy: @escaping @Sendable (SoftmaxCrossEntropy) -> Void,
    flipKernel: @escaping @Sendable (KernelFlip) -> Void,
    scaleBytes: @escaping @Sendable (UnsafePointer<UInt8>, Int, Float, Output) -> Void,
    scalePatches: @escaping @Sendable (PixelPatches, Float, Output) -> Void,
    add: @escaping @Sendable (Input, Int, Output) -> Void,
    addRows: @escaping @Sendable (RowGroups, Int, Output) -> Void,
    sumOfSquares: @escaping @Sendable (Input, Int) -> Double,
    adam: @escaping @Sendable (AdamUpdate, Int, Input, Output, Output, Output) -> Void,
    momentum: @escaping @Sendable (MomentumUpdate, Int, Input, Output, Output) -> Void,
    runMultiplyAddChains: @escaping @Sendable (Int, Output) -> Int
  ) {
    self.name = name
    self.panelWidth = panelWidth
    self.tileRows = tileRows
    self.multiply = multiply
    self.listTerms = listTerms
    self.transposePanels = transposePanels
    self.winogradInput = winogradInput
    self.winogradOutput = winogradOutput
    self.winogradWeights = winogradWeights
    self.poolForward = poolForward
    self.poolBackward = poolBackward
    self.listGradient = listGradient
    self.addSparseWeightGradient = addSparseWeightGradient
    self.addSparseInputGradient = addSparseInputGradient
    self.addPooledPatches = addPooledPatches
    self.transposeRows = transposeRows
    self.rectify = rectify
    self.rectifyBackward = rectifyBackward
    self.dropout = dropout
    self.softmaxCrossEntropy = softmaxCrossEntropy
    self.flipKernel = flipKernel
    self.scaleBytes = scaleBytes
    self.scalePatches = scalePatches
    self.add = add
    self.addRows = addRows
    self.sumOfSquares = sumOfSquares
    self.adam = adam
    self.momentum = momentum
    self.runMultiplyAddChains = runMultiplyAddChains
  }
}
