// The interface of the kernels. The module Kernels is built once for each instruction set. Each build has a type that
// conforms to this protocol, and the program chooses the one that fits the CPU at run time. A requirement is a concrete
// function over a whole matrix or map, so that few calls go through the protocol, and all loops run inside a kernel.
// The module Compute checks shapes before it calls a kernel; kernels check nothing.
//
// To add a kernel, declare it here and define it in an extension of `KernelTable` in the folder Kernels. If a
// description in this folder has a file of its own, a file with that name and the ending Loops, Forward or Gradient has
// its loops.

/// The kernels of one instruction set.
public protocol KernelSet: Sendable {
  /// The name of the instruction set: `avx512bf16`, `avx512`, `avx2` or `baseline`.
  static var name: String { get }
  /// Columns of a panel; the last panel of a matrix may be narrower.
  static var panelWidth: Int { get }
  /// Rows of the largest register tile.
  static var tileRows: Int { get }

  // MARK: Products

  /// See ``MatrixProduct``.
  ///
  /// - Complexity: rowCount · groupCount · columnCount · depth · segmentCount multiply-adds; with ``TermLists``, only
  ///   those of the listed terms.
  static func multiply(_ product: MatrixProduct)

  /// Fills the ``TermLists`` of a product, which `multiply` then follows.
  static func listTerms(of product: MatrixProduct)

  /// Copies a product's A to [tile][term][tileRows], which has an `aTileStride` of depth · tileRows. A has one group,
  /// one segment, and a row stride of 1.
  static func packTiles(of product: MatrixProduct, to packed: UnsafeMutablePointer<Float>)

  /// Writes the panels of a packed matrix's transpose that hold its `rows`. The bounds of `rows` are multiples of the
  /// panel width, or the end of the matrix.
  static func transposePanels(
    _ packed: UnsafePointer<Float>, rowCount: Int, columnCount: Int, rows: Range<Int>,
    to transposed: UnsafeMutablePointer<Float>)

  /// Converts between a matrix [rowCount, columnCount] in panels and the plain rows of its transpose, [columnCount,
  /// rowCount]. Writes the panels if `toPanels` is true, and the rows otherwise.
  static func transposeRows(
    panels: UnsafeMutablePointer<Float>, rowCount: Int, columnCount: Int, rows: UnsafeMutablePointer<Float>,
    toPanels: Bool)

  // MARK: Products of bfloat16

  /// Computes a ``BFloat16Product`` on vectors. Each sum adds the second term of a pair, then the first.
  static func multiply(_ product: BFloat16Product)

  /// Computes a ``BFloat16Product`` in tile registers or, in a build for processors without them, with a model of
  /// them. The bits differ from those of vectors: a tile sums the first terms of pairs and the second ones separately.
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

  /// transformed [component, tile, inputChannels] ← Bᵀ d B of each input tile. See ``WinogradInput``.
  static func winogradInput(
    _ input: WinogradInput, values: UnsafePointer<Float>, transformed: UnsafeMutablePointer<Float>)

  /// output ← Aᵀ m A of the products m [component, tile, channels], with bias, ReLU and pooling as
  /// ``WinogradOutput`` says.
  static func winogradOutput(products: UnsafePointer<Float>, output: WinogradOutput)

  /// transformed ← G g Gᵀ of weights in panels: for each component a matrix in panels, `componentStride` floats after
  /// the one before. Only `panels` are written.
  static func winogradWeights(
    _ size: WinogradSize, inputChannels: Int, outputChannels: Int, componentStride: Int, panels: Range<Int>,
    reversesTaps: Bool, packed: UnsafePointer<Float>, transformed: UnsafeMutablePointer<Float>)

  /// transformed [component, tile, channels] ← A y′ Aᵀ of the output gradient, which the products of both
  /// gradients read.
  static func winogradGradient(_ gradient: WinogradGradient, transformed: UnsafeMutablePointer<Float>)

  /// inputGradient ← (or +=) the input tiles B m Bᵀ of the products m [component, tile, channels].
  static func winogradInputGradient(products: UnsafePointer<Float>, inputGradient: WinogradInputGradient)

  /// weightGradient, in panels, ← Gᵀ m G of the sums m: for each component a matrix in panels, `componentStride` floats
  /// after the one before. Only `panels` are written.
  static func winogradWeightGradient(
    _ size: WinogradSize, inputChannels: Int, outputChannels: Int, componentStride: Int, panels: Range<Int>,
    sums: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>)

  /// The kernel of a convolution's input gradient; see ``KernelFlip``.
  static func flipKernel(_ flip: KernelFlip)

  /// Lists the nonzero values of a pooled map's gradient. The window is at most 3 × 3, and has the strides of the
  /// convolution's input.
  static func listGradient(
    outputGradient: UnsafePointer<Float>, places: UnsafePointer<UInt8>, window: PoolingWindow, rowCount: Int,
    list: SparseGradient)

  /// weightGradient [channels, patch] += Σ over the list of value · patch of the padded input.
  static func addSparseWeightGradient(
    _ list: SparseGradient, input: UnsafePointer<Float>, patch: Patch,
    weightGradient: UnsafeMutablePointer<Float>)

  /// inputGradient, laid out like the padded input, += Σ over the list of value · weights [channels, patch].
  static func addSparseInputGradient(
    _ list: SparseGradient, weights: UnsafePointer<Float>, patch: Patch,
    inputGradient: UnsafeMutablePointer<Float>)

  /// weightGradient, in panels, += that of a first convolution. See ``PooledWeightGradient``.
  static func addPooledWeightGradient(
    _ problem: PooledWeightGradient, weightGradient: UnsafeMutablePointer<Float>)

  /// See ``DepthwiseConvolution``.
  static func convolveDepthwise(_ problem: DepthwiseConvolution)

  /// See ``DepthwiseWeightGradient``.
  static func addDepthwiseWeightGradient(_ problem: DepthwiseWeightGradient)

  // MARK: Pooling

  /// Writes rows `0 ..< rowCount` of a pooled map and, if wanted, the place of each maximum in its window, row by row.
  static func poolForward(
    input: UnsafePointer<Float>, window: PoolingWindow, rowCount: Int, output: UnsafeMutablePointer<Float>,
    places: UnsafeMutablePointer<UInt8>?)

  /// Adds the gradient of each pooled value to the pixel that was the maximum.
  static func poolBackward(
    outputGradient: UnsafePointer<Float>, places: UnsafePointer<UInt8>, window: PoolingWindow, rowCount: Int,
    inputGradient: UnsafeMutablePointer<Float>)

  /// output ← the mean of each window, laid out as by `poolForward`.
  static func averagePoolForward(
    input: UnsafePointer<Float>, window: PoolingWindow, rowCount: Int, output: UnsafeMutablePointer<Float>)

  /// Adds to each pixel of a window an equal share of its mean's gradient.
  static func averagePoolBackward(
    outputGradient: UnsafePointer<Float>, window: PoolingWindow, rowCount: Int,
    inputGradient: UnsafeMutablePointer<Float>)

  /// output [channels] ← the mean of all pixels.
  static func globalAverageForward(_ map: MapRegion, output: UnsafeMutablePointer<Float>)

  /// Each pixel of the map ← (or, if `accumulates`, +=) its share of the gradient [channels].
  static func globalAverageBackward(
    outputGradient: UnsafePointer<Float>, map: MapRegion, accumulates: Bool)

  /// output [channels] ← the largest value of all pixels; places [channels] ← y · width + x of the first such pixel.
  static func globalMaximumForward(
    _ map: MapRegion, output: UnsafeMutablePointer<Float>, places: UnsafeMutablePointer<UInt32>?)

  /// map ← (or, if `accumulates`, +=) the gradient [channels] at the places of the maxima, and 0 elsewhere.
  static func globalMaximumBackward(
    outputGradient: UnsafePointer<Float>, places: UnsafePointer<UInt32>, map: MapRegion, accumulates: Bool)

  // MARK: Normalisation

  /// Writes the mean [channels] and Σ (x − mean)² [channels] over the pixels of a map.
  static func channelMoments(
    _ map: MapRegion, mean: UnsafeMutablePointer<Float>, squaredDeviations: UnsafeMutablePointer<Float>)

  /// See ``Normalization``; the output may be the input or the addend.
  static func normalize(_ problem: Normalization, output: MapRegion)

  /// g ← g · act′(x · scale + shift + addend), in place. Adds to the ``NormalizationSums`` of this g.
  static func normalizeBackward(_ problem: Normalization, gradient: MapRegion, sums: NormalizationSums)

  /// Stores a ``ChannelCombination`` in the output, which may be one of the inputs, or adds it to the output.
  static func normalizeInputGradient(
    gradient: MapRegion, input: MapRegion, _ combination: ChannelCombination, output: MapRegion,
    accumulates: Bool)

  /// See ``PixelNormalization``; the output may be the input.
  static func normalizePixels(_ problem: PixelNormalization, output: MapRegion)

  /// Adds to the gradients of scale and bias.
  static func addPixelNormalizationSums(_ problem: PixelNormalizationGradient)

  /// Stores the input's gradient in the output, or adds it to the output.
  static func pixelNormalizationInputGradient(
    _ problem: PixelNormalizationGradient, output: MapRegion, accumulates: Bool)

  // MARK: Whole maps

  /// target += source
  static func addMap(_ source: MapRegion, to target: MapRegion)

  /// target ← source
  static func copyMap(_ source: MapRegion, to target: MapRegion)

  /// output ← act(first + second); the output may be one of them.
  static func sumMaps(_ first: MapRegion, _ second: MapRegion, activation: Activation?, output: MapRegion)

  /// map ← map · factor
  static func scaleMap(_ map: MapRegion, by factor: Float)

  // MARK: Activations and losses

  /// output ← act(input); the output may be the input.
  static func activate(_ activation: Activation, input: MapRegion, output: MapRegion)

  /// gradient ← gradient · act′, computed from the activation's outputs or inputs, as
  /// ``Activation/backwardReads`` says.
  static func activationBackward(_ activation: Activation, gradient: MapRegion, values: MapRegion)

  /// Sets negative values to 0.
  static func rectify(_ values: UnsafeMutablePointer<Float>, count: Int)

  /// Scales the gradient where the forward pass's result is positive, and sets it to 0 elsewhere. Both are [rowCount,
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

  /// result ← pixels · scale, in the order of ``PixelBlocks``.
  static func scalePixelBlocks(_ image: PixelBlocks, scale: Float, to result: UnsafeMutablePointer<Float>)

  /// Prefetches the cache lines of a run of bytes that will be read soon.
  static func prefetch(_ bytes: UnsafeRawBufferPointer)

  /// target[i] += source[i]
  static func add(_ source: UnsafePointer<Float>, count: Int, to target: UnsafeMutablePointer<Float>)

  /// target[j] += Σ over the rows of row[j].
  static func addRows(_ groups: RowGroups, columnCount: Int, to target: UnsafeMutablePointer<Float>)

  /// Σ x², in Double.
  static func sumOfSquares(_ values: UnsafePointer<Float>, count: Int) -> Double

  // MARK: Optimisers

  /// Takes one step over `count` parameters.
  static func adam(
    _ update: AdamUpdate, count: Int, gradient: UnsafePointer<Float>, parameter: UnsafeMutablePointer<Float>,
    firstMoment: UnsafeMutablePointer<Float>, secondMoment: UnsafeMutablePointer<Float>)

  /// Takes one step over `count` parameters.
  static func momentum(
    _ update: MomentumUpdate, count: Int, gradient: UnsafePointer<Float>,
    parameter: UnsafeMutablePointer<Float>, velocity: UnsafeMutablePointer<Float>)

  // MARK: Benchmarks

  /// Runs independent multiply-adds at the CPU's peak rate. Writes a result that nobody needs, at most a lane, and
  /// returns the number of floating-point operations.
  static func runMultiplyAddChains(rounds: Int, result: UnsafeMutablePointer<Float>) -> Int
}
