// The convolution of one image by Winograd's F(2×2, 3×3), and its input gradient: 3 × 3 kernels with stride 1 and whole
// lanes of channels, with less than half the multiplications of ConvolutionLayer.swift. How it works is in
// KernelInterface/WinogradTiles.swift. The weight gradient is in WinogradWeightGradient.swift.
//
// Results differ from the direct convolution's by rounding: relative to the largest sum of absolute terms by less than
// 10⁻⁶. docs/kernels.md has the bound, and errors that were measured.

import KernelInterface

extension ConvolutionShape {
  /// Whether Winograd's convolution applies, and is the faster one: on maps of a few pixels its products are too small.
  public var hasWinograd: Bool {
    hasWinogradKernel && min(outputHeight, outputWidth) >= 4
  }

  /// Whether the tiles are those of this convolution: 3 × 3 taps, nothing between them, and channels in whole vectors.
  var hasWinogradKernel: Bool {
    kernelHeight == 3 && kernelWidth == 3 && stride == 1 && dilation == 1
      && groups == 1 && inputChannels % Lane.width == 0
  }

  /// Whether the input gradient may be computed so: as a convolution of the output gradient, whose map has one margin.
  public var hasWinogradInputGradient: Bool {
    hasWinogradKernel && paddingHeight == paddingWidth && inputGradientShape.hasWinograd
  }

  /// The convolution with the flipped kernel that makes the input gradient of the output gradient's map, of a convolution
  /// with stride 1 whose padding is the same on all sides.
  public var inputGradientShape: ConvolutionShape {
    precondition(
      stride == 1 && groups == 1 && inputChannels % Lane.width == 0
        && extentHeight - paddingHeight == extentWidth - paddingWidth,
      "no convolution makes this input gradient")
    return ConvolutionShape(
      inputHeight: outputHeight, inputWidth: outputWidth, inputChannels: outputChannels,
      outputChannels: inputChannels, kernelHeight: kernelHeight, kernelWidth: kernelWidth, dilation: dilation,
      paddingHeight: extentHeight - 1 - paddingHeight, paddingWidth: extentWidth - 1 - paddingWidth)
  }

  /// Floats of the transformed weights.
  public var winogradWeightCount: Int {
    WinogradTiles.componentCount * inputChannels * outputChannels
  }

  /// Floats of scratch memory for one image.
  public var winogradScratchCount: Int {
    let tiles = winogradTileRowsPerBlock * winogradTileColumns(pools: false)
    return WinogradTiles.componentCount * tiles * (inputChannels + outputChannels)
  }

  /// Rows of tiles that are transformed together, shared out evenly.
  ///
  /// 14 tiles are two register tiles' worth: few enough that what is between the transforms stays in the cache, enough that
  /// each component's weights are read for many of them. Where the weights are larger than the first-level cache many
  /// times over, reading them is what counts, and 28 tiles halve it.
  fileprivate var winogradTileRowsPerBlock: Int {
    let wantedTiles = inputChannels * outputChannels < 64 * 64 ? 14 : 28
    let most = max(1, wantedTiles / winogradTileColumns(pools: false))
    let rows = winogradTileRows(pools: false)
    let blocks = (rows + most - 1) / most
    return (rows + blocks - 1) / blocks
  }

  /// Tiles that cover an output row; a last column that no pooling window takes needs none.
  func winogradTileColumns(pools: Bool) -> Int {
    pools ? outputWidth / 2 : (outputWidth + 1) / 2
  }

  func winogradTileRows(pools: Bool) -> Int {
    pools ? outputHeight / 2 : (outputHeight + 1) / 2
  }

  /// Some rows of tiles.
  func winogradTiles(rows: Range<Int>, pools: Bool) -> WinogradTiles {
    WinogradTiles(
      inputChannels: inputChannels, outputChannels: outputChannels,
      inputHeight: inputHeight + paddingHeight + margin, inputWidth: inputWidth + paddingWidth + margin,
      inputRowStride: inputRowStride, tileRows: rows, tileColumns: winogradTileColumns(pools: pools))
  }
}

extension Engine {
  /// transformed ← what `convolveWinograd` wants of the weights.
  public func transformWinogradWeights(_ shape: ConvolutionShape, weights: Floats, transformed: Floats) {
    precondition(shape.hasWinograd)
    kernels.winogradWeights(
      inputChannels: shape.inputChannels, outputChannels: shape.outputChannels,
      packed: weights.checked(shape.weightCount, "convolution weights"),
      transformed: transformed.checked(shape.winogradWeightCount, "transformed weights"))
  }

  /// output ← convolution of the padded input, rectified and pooled (2 × 2, stride 2) where asked, in rows
  /// `outputRowStride` floats apart. `places` is for the pooling's backward pass.
  public func convolveWinograd(
    _ shape: ConvolutionShape, input: Floats, transformedWeights: Floats, bias: Floats?, scratch: Floats,
    output: Floats, outputRowStride: Int, rectifies: Bool, pools: Bool,
    places: UnsafeMutableBufferPointer<UInt8>?
  ) {
    precondition(shape.hasWinograd)
    let height = pools ? shape.outputHeight / 2 : shape.outputHeight
    let width = pools ? shape.outputWidth / 2 : shape.outputWidth
    let channels = shape.outputChannels
    precondition(outputRowStride >= width * channels, "rows of \(width * channels) floats overlap")
    if let places { precondition(pools && places.count >= height * width * channels, "room for places") }
    let target = WinogradOutput(
      bias: bias?.checked(channels, "convolution bias"), rectifies: rectifies, pools: pools, height: height,
      width: width,
      values: output.checked((height - 1) * outputRowStride + width * channels, "convolution output"),
      rowStride: outputRowStride, places: places?.baseAddress)
    convolve(shape, input, transformedWeights, scratch, target)
  }

  /// inputGradient ← (or, where it accumulates, +=) what `convolutionInputGradient` makes, up to rounding. The weights are
  /// those of `flipWeights`, transformed by `transformWinogradWeights` for the shape's `inputGradientShape`, which also
  /// says how much scratch memory there must be.
  public func winogradInputGradient(
    _ shape: ConvolutionShape, outputGradient: Floats, map: GradientMap, transformedWeights: Floats,
    scratch: Floats, inputGradient: Floats, rowStride: Int, accumulates: Bool = false
  ) {
    precondition(shape.hasWinogradInputGradient)
    precondition(
      map == GradientMap(shape, forInputGradient: true), "an output gradient laid out for another purpose")
    let channels = shape.inputChannels
    precondition(
      rowStride >= shape.inputWidth * channels, "rows of \(shape.inputWidth * channels) floats overlap")
    var target = WinogradOutput(
      bias: nil, rectifies: false, pools: false, height: shape.inputHeight, width: shape.inputWidth,
      values: inputGradient.checked(
        (shape.inputHeight - 1) * rowStride + shape.inputWidth * channels, "convolution input gradient"),
      rowStride: rowStride, places: nil)
    target.accumulates = accumulates
    convolve(shape.inputGradientShape, outputGradient, transformedWeights, scratch, target)
  }

  private func convolve(
    _ shape: ConvolutionShape, _ input: Floats, _ transformedWeights: Floats, _ scratch: Floats,
    _ target: WinogradOutput
  ) {
    let x = input.checked(shape.inputCount, "convolution input") + shape.patchOrigin
    let u = transformedWeights.checked(shape.winogradWeightCount, "transformed weights")
    let transformed = scratch.checked(shape.winogradScratchCount, "scratch memory of a convolution")
    let tileRows = shape.winogradTileRows(pools: target.pools)
    for first in stride(from: 0, to: tileRows, by: shape.winogradTileRowsPerBlock) {
      let tiles = shape.winogradTiles(
        rows: first..<min(first + shape.winogradTileRowsPerBlock, tileRows), pools: target.pools)
      let products =
        transformed + WinogradTiles.componentCount * tiles.tileCount * shape.inputChannels
      kernels.winogradInput(tiles, input: x, transformed: transformed)
      kernels.multiply(
        componentProducts(
          tiles, depth: shape.filledInputs, transformed, weights: u, products))
      kernels.winogradOutput(tiles, products: products, output: target)
    }
  }

  /// For each component, [tile, input channel] · [input channel, output channel].
  private func componentProducts(
    _ tiles: WinogradTiles, depth: Int, _ transformed: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    _ products: UnsafeMutablePointer<Float>
  ) -> MatrixProduct {
    var product = MatrixProduct(
      rowCount: tiles.tileCount, columnCount: tiles.outputChannels, depth: depth,
      a: transformed, aRowStride: tiles.inputChannels, aDepthStride: 1, b: weights, bRowStride: 0,
      bPanelStride: kernels.panelWidth * tiles.inputChannels, c: products, cRowStride: tiles.outputChannels,
      cPanelStride: kernels.panelWidth)
    product.groupCount = WinogradTiles.componentCount
    product.aGroupStride = tiles.tileCount * tiles.inputChannels
    product.bGroupStride = tiles.inputChannels * tiles.outputChannels
    product.cGroupRows = tiles.tileCount
    return product
  }
}
