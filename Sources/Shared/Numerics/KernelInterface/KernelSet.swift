// What each build of the kernels offers. The module Kernels is built once for each instruction set; each build has a type
// that conforms to this protocol, and the one that fits the CPU is chosen at run time. A requirement is a concrete
// function over a whole matrix or map, so that few calls go through the protocol, and loops are none of its business.
// Shapes are checked before, in the module Compute: nothing here is.
//
// A kernel is added in two places: here, and in an extension of `KernelTable` in the folder Kernels.

/// The kernels of one instruction set.
public protocol KernelSet: Sendable {
  /// `avx512bf16`, `avx512`, `avx2` or `baseline`.
  static var name: String { get }
  /// Columns of a panel; the last panel of a matrix may be narrower.
  static var panelWidth: Int { get }
  /// Rows of the largest register tile.
  static var tileRows: Int { get }

  // MARK: Products

  /// See ``MatrixProduct``.
  static func multiply(_ product: MatrixProduct)

  /// Fills the ``TermLists`` of a product, for `multiply` to go by.
  static func listTerms(of product: MatrixProduct)

  /// Copies a product's A, of one group and one segment and with a row stride of 1, to [tile][term][tileRows]: an
  /// `aTileStride` of depth · tileRows.
  static func packTiles(of product: MatrixProduct, to packed: UnsafeMutablePointer<Float>)

  /// Writes panels of the transpose of a matrix in panels: those that hold the `rows` of the packed matrix, whose bounds
  /// are multiples of the panel width, or its end.
  static func transposePanels(
    _ packed: UnsafePointer<Float>, rowCount: Int, columnCount: Int, rows: Range<Int>,
    to transposed: UnsafeMutablePointer<Float>)

  /// Between a matrix [rowCount, columnCount] in panels and the plain rows of its transpose, [columnCount, rowCount].
  static func transposeRows(
    panels: UnsafeMutablePointer<Float>, rowCount: Int, columnCount: Int, rows: UnsafeMutablePointer<Float>,
    toPanels: Bool)

  // MARK: Products of bfloat16

  /// See ``BFloat16Product``: by vectors. Each sum adds the second term of a pair, then the first.
  static func multiply(_ product: BFloat16Product)

  /// The same by tile registers, or, in a build for processors without them, by a model of them. Bits differ from those of
  /// vectors: a tile's terms have two sums of their own, of the first and of the second terms of pairs.
  static func multiplyByTiles(_ product: BFloat16Product)

  /// See ``RoundedMap``.
  static func round(_ problem: RoundedMap)

  /// See ``TransposedRows``.
  static func roundTransposed(_ problem: TransposedRows)

  /// See ``PairedRows``.
  static func pairRows(_ problem: PairedRows)

  /// See ``PairedWeights``.
  static func pairWeights(_ problem: PairedWeights)

  // MARK: Convolutions

  /// transformed [component, tile, inputChannels] ← what the products of ``WinogradTiles`` want of the padded input.
  static func winogradInput(
    _ tiles: WinogradTiles, input: UnsafePointer<Float>, transformed: UnsafeMutablePointer<Float>)

  /// The result, of the products [component, tile, channels].
  static func winogradOutput(products: UnsafePointer<Float>, output: WinogradOutput)

  /// A matrix in panels for each component, of weights in panels; of some of the panels.
  static func winogradWeights(
    _ size: WinogradSize, inputChannels: Int, outputChannels: Int, panels: Range<Int>, reversesTaps: Bool,
    packed: UnsafePointer<Float>, transformed: UnsafeMutablePointer<Float>)

  /// transformed [component, tile, channels] ← what the products of both gradients want of the output gradient.
  static func winogradGradient(_ gradient: WinogradGradient, transformed: UnsafeMutablePointer<Float>)

  /// The input gradient, of the products [component, tile, channels].
  static func winogradInputGradient(products: UnsafePointer<Float>, inputGradient: WinogradInputGradient)

  /// The weight gradient, in panels, of the sums [panel][component, inputChannel][width]; of some of the panels.
  static func winogradWeightGradient(
    _ size: WinogradSize, inputChannels: Int, outputChannels: Int, panels: Range<Int>,
    sums: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>)

  /// The kernel of a convolution's input gradient; see ``KernelFlip``.
  static func flipKernel(_ flip: KernelFlip)

  /// Lists what is not 0 of a pooled map's gradient. The window, of at most 3 × 3, has the strides of the convolution's
  /// input.
  static func listGradient(
    outputGradient: UnsafePointer<Float>, places: UnsafePointer<UInt8>, window: PoolingWindow, rowCount: Int,
    list: SparseGradient)

  /// Adds to the weight gradient [channels, patch] of a convolution of the padded input.
  static func addSparseWeightGradient(
    _ list: SparseGradient, input: UnsafePointer<Float>, patch: Patch,
    weightGradient: UnsafeMutablePointer<Float>)

  /// Adds to the gradient of the padded input; weights are [channels, patch].
  static func addSparseInputGradient(
    _ list: SparseGradient, weights: UnsafePointer<Float>, patch: Patch,
    inputGradient: UnsafeMutablePointer<Float>)

  /// Adds to the weight gradient of a first convolution, in panels.
  static func addPooledPatches(_ problem: PooledPatches, weightGradient: UnsafeMutablePointer<Float>)

  /// See ``DepthwiseConvolution``.
  static func convolveDepthwise(_ problem: DepthwiseConvolution)

  /// See ``DepthwiseWeightGradient``.
  static func addDepthwiseWeightGradient(_ problem: DepthwiseWeightGradient)

  // MARK: Pooling

  /// Rows `0 ..< rowCount` of a pooled map and, where wanted, the place of each maximum in its window, row by row.
  static func poolForward(
    input: UnsafePointer<Float>, window: PoolingWindow, rowCount: Int, output: UnsafeMutablePointer<Float>,
    places: UnsafeMutablePointer<UInt8>?)

  /// Adds the gradient of each pooled value to the place its maximum came from.
  static func poolBackward(
    outputGradient: UnsafePointer<Float>, places: UnsafePointer<UInt8>, window: PoolingWindow, rowCount: Int,
    inputGradient: UnsafeMutablePointer<Float>)

  /// Mean of each window, laid out like the maximum.
  static func averagePoolForward(
    input: UnsafePointer<Float>, window: PoolingWindow, rowCount: Int, output: UnsafeMutablePointer<Float>)

  /// Adds the gradient of each mean, shared out, to the pixels of its window.
  static func averagePoolBackward(
    outputGradient: UnsafePointer<Float>, window: PoolingWindow, rowCount: Int,
    inputGradient: UnsafeMutablePointer<Float>)

  /// output [channels] ← the mean of all pixels.
  static func globalAverageForward(_ map: MapRegion, output: UnsafeMutablePointer<Float>)

  /// Every pixel of the map gets, or has added, its share of the gradient [channels].
  static func globalAverageBackward(
    outputGradient: UnsafePointer<Float>, map: MapRegion, accumulates: Bool)

  /// output [channels] ← the largest value of all pixels; places [channels] ← y · width + x of the first such pixel.
  static func globalMaximumForward(
    _ map: MapRegion, output: UnsafeMutablePointer<Float>, places: UnsafeMutablePointer<UInt32>?)

  /// The gradient [channels] at the places of the maxima, and 0 elsewhere, is stored in the map or added to it.
  static func globalMaximumBackward(
    outputGradient: UnsafePointer<Float>, places: UnsafePointer<UInt32>, map: MapRegion, accumulates: Bool)

  // MARK: Normalisation

  /// For each channel of a map, mean [channels] and Σ (x − mean)² [channels] over its pixels.
  static func channelMoments(
    _ map: MapRegion, mean: UnsafeMutablePointer<Float>, squaredDeviations: UnsafeMutablePointer<Float>)

  /// See ``Normalization``; the output may be the input or the addend.
  static func normalize(_ problem: Normalization, output: MapRegion)

  /// g ← g · act′(x · scale + shift + addend), in place, and its ``NormalizationSums``.
  static func normalizeBackward(_ problem: Normalization, gradient: MapRegion, sums: NormalizationSums)

  /// See ``ChannelCombination``: stored in the output, which may be one of the inputs, or added to it.
  static func normalizeInputGradient(
    gradient: MapRegion, input: MapRegion, _ combination: ChannelCombination, output: MapRegion,
    accumulates: Bool)

  /// See ``PixelNormalization``; the output may be the input.
  static func normalizePixels(_ problem: PixelNormalization, output: MapRegion)

  /// Adds to the gradients of scale and bias.
  static func addPixelNormalizationSums(_ problem: PixelNormalizationGradient)

  /// The input's gradient: stored in the output, or added to it.
  static func pixelNormalizationInputGradient(
    _ problem: PixelNormalizationGradient, output: MapRegion, accumulates: Bool)

  // MARK: Whole maps

  /// target += source
  static func addMap(_ source: MapRegion, to target: MapRegion)

  /// target ← source
  static func copyMap(_ source: MapRegion, to target: MapRegion)

  /// output ← act(first + second); the output may be one of them.
  static func sumMaps(_ first: MapRegion, _ second: MapRegion, activation: Activation?, output: MapRegion)

  /// Every value is multiplied by a factor.
  static func scaleMap(_ map: MapRegion, by factor: Float)

  // MARK: Activations and losses

  /// output ← act(input); the output may be the input.
  static func activate(_ activation: Activation, input: MapRegion, output: MapRegion)

  /// gradient ← gradient · act′, by the activation's outputs or inputs, as ``Activation/backwardReads`` says.
  static func activationBackward(_ activation: Activation, gradient: MapRegion, values: MapRegion)

  /// Negative values become 0.
  static func rectify(_ values: UnsafeMutablePointer<Float>, count: Int)

  /// The gradient is scaled where the forward pass's result is positive and becomes 0 elsewhere. Both are [rowCount,
  /// columnCount], in rows `rowStride` floats apart.
  static func rectifyBackward(
    gradient: UnsafeMutablePointer<Float>, result: UnsafePointer<Float>, rowCount: Int, rowStride: Int,
    columnCount: Int, scale: Float)

  /// Drops or scales each value, forward and backward alike; the value at (row, column) has the index
  /// firstIndex + row · rowStride + column.
  static func dropout(
    _ values: UnsafeMutablePointer<Float>, rowCount: Int, rowStride: Int, columnCount: Int, firstIndex: Int,
    mask: DropoutMask)

  /// See ``SoftmaxCrossEntropy``.
  static func softmaxCrossEntropy(_ problem: SoftmaxCrossEntropy)

  // MARK: Values and sums

  /// result[i] ← bytes[i] · scale
  static func scaleBytes(
    _ bytes: UnsafePointer<UInt8>, count: Int, scale: Float, to result: UnsafeMutablePointer<Float>)

  /// The same, patch by patch.
  static func scalePatches(_ image: PixelPatches, scale: Float, to result: UnsafeMutablePointer<Float>)

  /// Asks for the cache lines of a run of bytes, which will be read soon.
  static func prefetch(_ bytes: UnsafeRawBufferPointer)

  /// target[i] += source[i]
  static func add(_ source: UnsafePointer<Float>, count: Int, to target: UnsafeMutablePointer<Float>)

  /// target[j] += Σ over the rows of their column j.
  static func addRows(_ groups: RowGroups, columnCount: Int, to target: UnsafeMutablePointer<Float>)

  /// Σ x², in Double.
  static func sumOfSquares(_ values: UnsafePointer<Float>, count: Int) -> Double

  // MARK: Optimisers

  /// One step over `count` parameters.
  static func adam(
    _ update: AdamUpdate, count: Int, gradient: UnsafePointer<Float>, parameter: UnsafeMutablePointer<Float>,
    firstMoment: UnsafeMutablePointer<Float>, secondMoment: UnsafeMutablePointer<Float>)

  /// One step over `count` parameters.
  static func momentum(
    _ update: MomentumUpdate, count: Int, gradient: UnsafePointer<Float>,
    parameter: UnsafeMutablePointer<Float>, velocity: UnsafeMutablePointer<Float>)

  // MARK: Benchmarks

  /// Multiply-adds that wait for nothing, as many a second as the CPU can do. Writes a result that nobody needs, at most a
  /// lane, and returns the number of floating-point operations.
  static func runMultiplyAddChains(rounds: Int, result: UnsafeMutablePointer<Float>) -> Int
}
