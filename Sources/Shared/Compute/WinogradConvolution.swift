// The convolution of one image by Winograd's F(2×2, 3×3): 3 × 3 kernels with stride 1 and whole lanes of channels, with
// less than half the multiplications of ConvolutionLayer.swift. How it works is in KernelInterface/WinogradTiles.swift.
//
// Results differ from the direct convolution's by rounding: relative to the largest sum of absolute terms by less than
// 10⁻⁶. docs/kernels.md has the bound, and errors that were measured.

import KernelInterface

extension ConvolutionShape {
  /// Whether Winograd's convolution applies, and is the faster one: on maps of a few pixels its products are too small.
  public var hasWinograd: Bool {
    kernelHeight == 3 && kernelWidth == 3 && stride == 1 && dilation == 1
      && inputChannels % Lane.width == 0
      && min(outputHeight, outputWidth) >= 4
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

  /// Two register tiles' worth of tiles: few enough that what is between the transforms stays in the cache, enough that
  /// each component's weights are read for many of them.
  private static let wantedTiles = 14

  fileprivate var winogradTileRowsPerBlock: Int {
    max(1, Self.wantedTiles / winogradTileColumns(pools: false))
  }

  /// Tiles that cover an output row; a last column that no pooling window takes needs none.
  fileprivate func winogradTileColumns(pools: Bool) -> Int {
    pools ? outputWidth / 2 : (outputWidth + 1) / 2
  }

  fileprivate func winogradTileRows(pools: Bool) -> Int {
    pools ? outputHeight / 2 : (outputHeight + 1) / 2
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
    _ shape: ConvolutionShape, input: Floats, transformedWeights: Floats, bias: Floats, scratch: Floats,
    output: Floats, outputRowStride: Int, rectifies: Bool, pools: Bool,
    places: UnsafeMutableBufferPointer<UInt8>?
  ) {
    precondition(shape.hasWinograd)
    let height = pools ? shape.outputHeight / 2 : shape.outputHeight
    let width = pools ? shape.outputWidth / 2 : shape.outputWidth
    let channels = shape.outputChannels
    precondition(outputRowStride >= width * channels, "rows of \(width * channels) floats overlap")
    if let places { precondition(pools && places.count >= height * width * channels, "room for places") }
    let x = input.checked(shape.inputCount, "convolution input") + shape.patchOrigin
    let u = transformedWeights.checked(shape.winogradWeightCount, "transformed weights")
    let transformed = scratch.checked(shape.winogradScratchCount, "scratch memory of a convolution")
    let target = WinogradOutput(
      bias: bias.checked(channels, "convolution bias"), rectifies: rectifies, pools: pools, height: height,
      width: width,
      values: output.checked((height - 1) * outputRowStride + width * channels, "convolution output"),
      rowStride: outputRowStride, places: places?.baseAddress)
    let tileRows = shape.winogradTileRows(pools: pools)
    for first in stride(from: 0, to: tileRows, by: shape.winogradTileRowsPerBlock) {
      let tiles = WinogradTiles(
        inputChannels: shape.inputChannels, outputChannels: channels,
        inputHeight: shape.inputHeight + shape.paddingHeight + shape.margin,
        inputWidth: shape.inputWidth + shape.paddingWidth + shape.margin,
        inputRowStride: shape.inputRowStride,
        tileRows: first..<min(first + shape.winogradTileRowsPerBlock, tileRows),
        tileColumns: shape.winogradTileColumns(pools: pools))
      let products =
        transformed + WinogradTiles.componentCount * tiles.tileCount * shape.inputChannels
      kernels.winogradInput(tiles, input: x, transformed: transformed)
      kernels.multiply(componentProducts(tiles, transformed, weights: u, products))
      kernels.winogradOutput(tiles, products: products, output: target)
    }
  }

  /// For each component, [tile, input channel] · [input channel, output channel].
  private func componentProducts(
    _ tiles: WinogradTiles, _ transformed: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    _ products: UnsafeMutablePointer<Float>
  ) -> MatrixProduct {
    var product = MatrixProduct(
      rowCount: tiles.tileCount, columnCount: tiles.outputChannels, depth: tiles.inputChannels,
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
