// The forward pass of Winograd's convolution, block by block: transforms of the inputs, a product for each component,
// transforms of the results (WinogradConvolution.swift has the sizes and the blocks).

import KernelInterface

extension WinogradConvolution {
  /// Returns the width of a panel of transformed tiles, [component][panel][tile][width]: 32 channels, or all if 32
  /// does not divide them. Products then read and write rows that follow each other, which the processor prefetches.
  /// It would not if rows had all channels of a wide layer. The inputs of the forward pass are one panel, since its
  /// products read each row to the end.
  static func panelWidth(_ channels: Int) -> Int { channels % columnStep == 0 ? columnStep : channels }

  /// Calls `body` with the first channel of each panel.
  static func forEachPanel(_ channels: Int, _ body: (_ channel: Int) -> Void) {
    for channel in stride(from: 0, to: channels, by: panelWidth(channels)) { body(channel) }
  }

  /// Transforms the tiles of an image. `input` is its first input tile, `image` its number in the order, and `first` the
  /// number of the order's first tile among the `blockTiles` of a block.
  func transformInput(
    _ kernels: any KernelSet.Type, input: UnsafePointer<Float>, order: WinogradTileOrder, image: Int,
    first: Int = 0, blockTiles: Int, panelWidth width: Int, to transformed: UnsafeMutablePointer<Float>
  ) {
    let tiles = WinogradTilePlace(
      order, image: image, tileStride: width,
      componentStride: Self.componentStride(rows: blockTiles, channels: shape.inputChannels))
    let description = WinogradInput(
      tiles, channels: width, pixelStride: shape.inputChannels,
      height: shape.inputHeight + shape.paddingHeight + shape.margin,
      width: shape.inputWidth + shape.paddingWidth + shape.margin, rowStride: shape.inputRowStride)
    for channel in stride(from: 0, to: shape.inputChannels, by: width) {
      kernels.winogradInput(
        description, values: input + channel,
        transformed: transformed + (channel * blockTiles + first * width))
    }
  }
}

extension Engine {
  /// transformed ← the weights as `convolveWinograd` reads them. If `panels` is given, only those panels of output
  /// channels are written.
  ///
  /// - Complexity: O(weightCount) of the convolution, or the share of `panels` in it.
  public func transformWinogradWeights(
    _ convolution: WinogradConvolution, panels: Range<Int>? = nil, weights: Floats, transformed: Floats
  ) {
    let shape = convolution.shape
    let panels = checked(panels, columns: shape.outputChannels)
    kernels.winogradWeights(
      convolution.size, inputChannels: shape.inputChannels, outputChannels: shape.outputChannels,
      componentStride: convolution.weightStride, panels: panels, reversesTaps: false,
      packed: weights.checked(shape.weightCount, "convolution weights"),
      transformed: transformed.checked(convolution.weightCount, "transformed weights"))
  }

  /// output ← convolution of the padded inputs, plus the bias if there is one, rectified if `rectifies`, and pooled if
  /// the convolution pools, in rows `outputRowStride` floats apart. `places`, image after image, is for the pooling's
  /// backward pass.
  ///
  /// - Complexity: O(images.count · tileCount · weightCount), with the convolution's count of tiles and transformed
  ///   weights.
  public func convolveWinograd(
    _ convolution: WinogradConvolution, images: ImageRun = .single, input: Floats, transformedWeights: Floats,
    bias: Floats?, scratch: Floats, output: Floats, outputRowStride: Int, rectifies: Bool,
    places: UnsafeMutableBufferPointer<UInt8>? = nil
  ) {
    let (shape, last) = (convolution.shape, images.count - 1)
    let (height, width) = (convolution.resultHeight, convolution.resultWidth)
    let channels = shape.outputChannels
    precondition(images.count >= 1, "no image to convolve")
    precondition(outputRowStride >= width * channels, "rows of \(width * channels) floats overlap")
    if let places {
      precondition(
        convolution.pools && places.count >= images.count * height * width * channels, "too few places")
    }
    let problem = WinogradForward(
      convolution: convolution, kernels: kernels, images: images,
      input: input.checked(last * images.inputStride + shape.inputCount, "convolution input")
        + shape.patchOrigin,
      weights: transformedWeights.checked(convolution.weightCount, "transformed weights"),
      bias: bias?.checked(channels, "convolution bias"),
      transformed: scratch.checked(convolution.scratchCount, "scratch memory of a convolution"),
      output: output.checked(
        last * images.outputStride + (height - 1) * outputRowStride + width * channels, "convolution output"),
      outputRowStride: outputRowStride, rectifies: rectifies, places: places?.baseAddress)
    convolution.forEachBlock(of: 0..<images.count) { problem.run(images: $0, rows: $1) }
  }
}

/// A forward pass whose arguments have been checked.
private struct WinogradForward {
  let convolution: WinogradConvolution
  let kernels: any KernelSet.Type
  let images: ImageRun
  /// The first input tile of the first image.
  let input: UnsafePointer<Float>
  let weights: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
  let transformed: UnsafeMutablePointer<Float>
  let output: UnsafeMutablePointer<Float>
  let outputRowStride: Int
  let rectifies: Bool
  let places: UnsafeMutablePointer<UInt8>?

  func run(images block: Range<Int>, rows: Range<Int>) {
    let shape = convolution.shape
    let order = WinogradTileOrder(convolution.grid, imageCount: block.count, rows: rows)
    for (index, image) in block.enumerated() {
      convolution.transformInput(
        kernels, input: input + image * images.inputStride, order: order, image: index,
        blockTiles: order.tileCount, panelWidth: shape.inputChannels, to: transformed)
    }
    let products =
      transformed + convolution.transformCount(tiles: order.tileCount, channels: shape.inputChannels)
    let left = WinogradLeft(
      start: transformed, blockTiles: order.tileCount, panelWidth: shape.inputChannels,
      channels: shape.inputChannels, filledChannels: shape.filledInputs)
    convolution.forEachColumnBlock(shape.outputChannels) { columns in
      let product = WinogradProduct(
        convolution: convolution, kernels: kernels, left: left, weights: weights, columns: columns,
        rows: order.tileCount, products: products)
      for component in 0..<convolution.size.componentCount {
        product.multiply(component: component, tiles: order.tiles(with: component))
      }
      for (index, image) in block.enumerated() {
        writeOutput(image, order, index, columns: columns, products)
      }
    }
  }

  private func writeOutput(
    _ image: Int, _ order: WinogradTileOrder, _ index: Int, columns: Range<Int>,
    _ products: UnsafePointer<Float>
  ) {
    let (height, width) = (convolution.resultHeight, convolution.resultWidth)
    let (channels, panel) = (convolution.shape.outputChannels, WinogradConvolution.panelWidth(columns.count))
    let tiles = WinogradTilePlace(
      order, image: index, tileStride: panel,
      componentStride: WinogradConvolution.componentStride(rows: order.tileCount, channels: columns.count))
    WinogradConvolution.forEachPanel(columns.count) { first in
      let channel = columns.lowerBound + first
      kernels.winogradOutput(
        products: products + first * order.tileCount,
        output: WinogradOutput(
          tiles, channels: panel, pixelStride: channels, bias: bias.map { $0 + channel },
          rectifies: rectifies, pools: convolution.pools, height: height, width: width,
          values: output + (image * images.outputStride + channel), rowStride: outputRowStride,
          places: places.map { $0 + (image * height * width * channels + channel) }))
    }
  }
}

/// Transformed tiles as the left side of a product.
struct WinogradLeft {
  let start: UnsafePointer<Float>
  /// Tiles from one panel to the next.
  let blockTiles: Int
  let panelWidth: Int
  let channels: Int
  /// The channels that are not padding, and so not 0 throughout.
  let filledChannels: Int
}

/// The products [tile, channel] · [channel, column] of each component, for the given columns. The weights of a component
/// are [panel][channel][width]. Results have the layout of transformed tiles.
///
/// They are computed component by component, so that the tiles of a component stay in a near cache for all columns.
struct WinogradProduct {
  let convolution: WinogradConvolution
  let kernels: any KernelSet.Type
  let left: WinogradLeft
  let weights: UnsafePointer<Float>
  let columns: Range<Int>
  /// The tiles of the results.
  let rows: Int
  let products: UnsafeMutablePointer<Float>

  /// Computes a component of some tiles, which are those from `source` on on the left side; by default, of the same
  /// numbers.
  func multiply(component: Int, tiles: Range<Int>, source: Int? = nil) {
    guard !tiles.isEmpty else { return }
    let (depth, width) = (left.panelWidth, WinogradConvolution.panelWidth(columns.count))
    let leftStride = WinogradConvolution.componentStride(rows: left.blockTiles, channels: left.channels)
    let productStride = WinogradConvolution.componentStride(rows: rows, channels: columns.count)
    let a = left.start + (component * leftStride + (source ?? tiles.lowerBound) * depth)
    let b = weights + component * convolution.weightStride
    let c = products + (component * productStride + tiles.lowerBound * width)
    WinogradConvolution.forEachPanel(columns.count) { first in
      var product = MatrixProduct(
        rowCount: tiles.count, columnCount: width,
        depth: depth == left.channels ? left.filledChannels : depth,
        a: a, aRowStride: depth, aDepthStride: 1,
        b: b + (columns.lowerBound + first) * left.channels, bRowStride: 0,
        bPanelStride: kernels.panelWidth * left.channels, c: c + first * rows, cRowStride: width,
        cPanelStride: kernels.panelWidth)
      product.segmentCount = left.channels / depth
      product.aSegmentStride = left.blockTiles * depth
      product.bSegmentRows = depth
      kernels.multiply(product)
    }
  }
}
