// The gradients of Winograd's convolution, for a batch cut into blocks of images. First the inputs and output
// gradients of a block are transformed, some images at a time, and their input gradients are computed while the
// transforms are in the cache. Then a product for each component, [input channels, tiles] · [tiles, output channels],
// sums over all tiles of the block.

import KernelInterface

extension WinogradConvolution {
  /// The number of floats in the sums between the transforms of the weight gradient,
  /// [component][panel][inputChannel][width].
  public var sumCount: Int { weightCount }

  /// Whether images are best taken one at a time, from layer to layer. An image must have enough tiles for separate
  /// products. The sums must be so few that each chunk of a batch can have its own, which stay in a second-level cache
  /// beside the transforms of an image or two.
  public var takesSingleImages: Bool {
    tileCount >= 16 && size.componentCount * shape.inputChannels * shape.outputChannels <= 36 * 64 * 64
  }

  /// The best number of images in a block. If images are taken one at a time, the transforms of a block take a third
  /// of a second-level cache. Otherwise the sums may be megabytes, which are read and written for each block, and
  /// large blocks make that a small part of the work.
  public var gradientImagesPerBlock: Int {
    let floats = size.componentCount * (shape.inputChannels + shape.outputChannels)
    return max(1, (takesSingleImages ? (3 << 16) / floats : 256) / tileCount)
  }

  /// Returns the number of floats in a block's transforms.
  public func gradientTileCount(imageCount: Int) -> Int {
    transformCount(tiles: imageCount * tileCount, channels: shape.inputChannels)
      + transformCount(tiles: imageCount * tileCount, channels: shape.outputChannels)
  }

  /// The number of floats of scratch memory for the input gradient.
  public var inputGradientScratchCount: Int {
    transformCount(tiles: tilesPerBlock, channels: columnsPerBlock(shape.inputChannels))
  }

  /// Whether the input tiles cover the input. They may not if the last pixels are in no pooling window.
  var coversInput: Bool {
    grid.coveredHeight + 2 >= shape.inputHeight + shape.paddingHeight
      && grid.coveredWidth + 2 >= shape.inputWidth + shape.paddingWidth
  }
}

extension Engine {
  /// transposed ← the kernel of `flipWeights` as `winogradInputGradient` reads it. If `panels` is given, only those
  /// panels of input channels are written.
  ///
  /// - Complexity: O(weightCount) of the convolution, or the share of `panels` in it.
  public func transposeWinogradWeights(
    _ convolution: WinogradConvolution, panels: Range<Int>? = nil, flippedWeights: Floats, transposed: Floats
  ) {
    let shape = convolution.shape
    let panels = checked(panels, columns: shape.inputChannels)
    kernels.winogradWeights(
      convolution.size, inputChannels: shape.outputChannels, outputChannels: shape.inputChannels,
      componentStride: convolution.weightStride, panels: panels, reversesTaps: true,
      packed: flippedWeights.checked(shape.flippedWeightCount, "flipped weights"),
      transformed: transposed.checked(convolution.weightCount, "transposed weights"))
  }

  /// Transforms an image of a block: the padded input, and the output gradient, whose rows are `gradientRowStride`
  /// floats apart. With a pooling, that is the gradient of the pooled map, and `places` say where it goes.
  ///
  /// - Complexity: O(tileCount · componentCount · (inputChannels + outputChannels)).
  public func transformWinogradGradient(
    _ block: WinogradGradientBlock, image: Int, input: Floats, outputGradient: Floats, gradientRowStride: Int,
    places: UnsafeMutableBufferPointer<UInt8>? = nil
  ) {
    precondition(image >= 0 && image < block.imageCount, "image \(image) of \(block.imageCount)")
    let (convolution, shape, place) = (block.convolution, block.convolution.shape, block.place(of: image))
    let (height, width) = (convolution.resultHeight, convolution.resultWidth)
    let channels = shape.outputChannels
    precondition(gradientRowStride >= width * channels, "rows of \(width * channels) floats overlap")
    precondition((places != nil) == convolution.pools, "places without a pooling, or none with one")
    if let places { precondition(places.count >= height * width * channels, "too few places") }
    convolution.transformInput(
      kernels, input: input.checked(shape.inputCount, "convolution input") + shape.patchOrigin,
      order: block.order, image: place.index, first: place.firstTile, blockTiles: block.tileCount,
      panelWidth: WinogradConvolution.panelWidth(shape.inputChannels), to: block.inputs)
    let values = outputGradient.checked(
      (height - 1) * gradientRowStride + width * channels, "convolution output gradient")
    let panel = WinogradConvolution.panelWidth(channels)
    let tiles = WinogradTilePlace(
      block.order, image: place.index, tileStride: panel, componentStride: block.gradientStride)
    WinogradConvolution.forEachPanel(channels) { channel in
      kernels.winogradGradient(
        WinogradGradient(
          tiles, height: height, width: width, channels: panel, pixelStride: channels,
          values: values + channel, rowStride: gradientRowStride,
          places: places.map { $0.baseAddress! + channel }),
        transformed: block.gradients + (channel * block.tileCount + place.firstTile * panel))
    }
  }

  /// inputGradient ← (or, if `accumulates`, +=) the input gradient of some images of a block. Their first pixels are
  /// `images.inputStride` floats apart, and rows `rowStride`. The best number of images at a time is
  /// ``WinogradConvolution/imagesPerBlock``.
  ///
  /// - Complexity: O(images.count · tileCount · weightCount).
  public func winogradInputGradient(
    _ block: WinogradGradientBlock, firstImage: Int, images: ImageRun, transposedWeights: Floats,
    scratch: Floats, inputGradient: Floats, rowStride: Int, accumulates: Bool
  ) {
    let (convolution, shape) = (block.convolution, block.convolution.shape)
    precondition(
      firstImage >= 0 && images.count >= 1 && firstImage + images.count <= block.imageCount,
      "images beyond the block")
    precondition(
      rowStride >= shape.inputWidth * shape.inputChannels, "rows of an input gradient overlap")
    let problem = WinogradBackward(
      block: block, kernels: kernels, images: firstImage..<firstImage + images.count,
      inputStride: images.inputStride,
      weights: transposedWeights.checked(convolution.weightCount, "transposed weights"),
      products: scratch.checked(convolution.inputGradientScratchCount, "scratch memory of a convolution"),
      inputGradient: inputGradient.checked(
        (images.count - 1) * images.inputStride + (shape.inputHeight - 1) * rowStride
          + shape.inputWidth * shape.inputChannels, "convolution input gradient"),
      rowStride: rowStride, accumulates: accumulates)
    if !accumulates && !convolution.coversInput {
      for image in 0..<images.count { problem.clear(image) }
    }
    convolution.forEachBlock(of: problem.images) { problem.run(images: $0, rows: $1) }
  }

  /// sums of one component, [panel][input channel][width], ← (or, if `accumulates`, +=) those over all
  /// tiles of the block.
  ///
  /// - Complexity: O(t · inputChannels · outputChannels), where t is the block's number of tiles, or the share of
  ///   `panels` in it.
  public func sumWinogradProducts(
    _ block: WinogradGradientBlock, component: Int, panels: Range<Int>? = nil, sums: Floats, accumulates: Bool
  ) {
    let (convolution, shape) = (block.convolution, block.convolution.shape)
    precondition(component >= 0 && component < convolution.size.componentCount)
    let target =
      sums.checked(convolution.sumCount, "sums of a weight gradient") + component * convolution.weightStride
    let panels = checked(panels, columns: shape.outputChannels).map { panel in
      let column = panel * kernels.panelWidth
      return column..<min(column + kernels.panelWidth, shape.outputChannels)
    }
    // The tiles of a panel of input channels stay in the first-level cache for all columns.
    var joins = accumulates
    block.forEachRun(of: component, most: Self.tilesOfProduct) { tile, count, groups in
      WinogradConvolution.forEachPanel(shape.inputChannels) { channel in
        guard channel < shape.filledInputs else { return }
        for columns in panels {
          var product = sumOfTiles(
            block, component: component, firstTile: tile, firstChannel: channel, columns: columns, to: target)
          product.depth = count
          product.segmentCount = groups
          product.start = joins ? .accumulate : .zero
          kernels.multiply(product)
        }
      }
      joins = true
    }
    guard !accumulates else { return }
    // Products have no rows for padded channels, and the memory may hold another array's values.
    let filled = joins ? shape.filledInputs : 0
    for columns in panels {
      (target + columns.lowerBound * shape.inputChannels + filled * columns.count)
        .update(repeating: 0, count: (shape.inputChannels - filled) * columns.count)
    }
  }

  /// Returns the product of a panel of input channels and one of sums, whose terms are tiles, without their number.
  private func sumOfTiles(
    _ block: WinogradGradientBlock, component: Int, firstTile tile: Int, firstChannel channel: Int,
    columns: Range<Int>, to sums: UnsafeMutablePointer<Float>
  ) -> MatrixProduct {
    let shape = block.convolution.shape
    let (inputs, outputs) = (
      WinogradConvolution.panelWidth(shape.inputChannels),
      WinogradConvolution.panelWidth(shape.outputChannels)
    )
    let firstColumn = columns.lowerBound / outputs * outputs
    let left = block.inputs + component * block.inputStride + channel * block.tileCount
    let right =
      block.gradients + component * block.gradientStride + firstColumn * block.tileCount
      + (columns.lowerBound - firstColumn)
    var product = MatrixProduct(
      rowCount: min(inputs, shape.filledInputs - channel), columnCount: columns.count, depth: 0,
      a: left + tile * inputs, aRowStride: 1, aDepthStride: inputs,
      b: right + tile * outputs, bRowStride: outputs, bPanelStride: 0,
      c: sums + columns.lowerBound * shape.inputChannels + channel * columns.count, cRowStride: 0,
      cPanelStride: 0)
    product.aSegmentStride = block.order.tileCount * inputs
    product.bSegmentRows = block.order.tileCount
    return product
  }

  /// The terms of a product. A panel's inputs of this many tiles, 16 KiB, stay in the first-level cache.
  private static var tilesOfProduct: Int { 128 }

  /// weightGradient, in panels, ← Gᵀ m G of the sums m. If `panels` is given, only those are written.
  ///
  /// - Complexity: O(sumCount), or the share of `panels` in it.
  public func winogradWeightGradient(
    _ convolution: WinogradConvolution, panels: Range<Int>? = nil, sums: Floats, weightGradient: Floats
  ) {
    let shape = convolution.shape
    let source = sums.checked(convolution.sumCount, "sums of a weight gradient")
    let target = weightGradient.checked(shape.weightCount, "convolution weight gradient")
    let panels = checked(panels, columns: shape.outputChannels)
    workers.forEach(panels.count) { task, _ in
      let panel = panels.lowerBound + task
      kernels.winogradWeightGradient(
        convolution.size, inputChannels: shape.inputChannels, outputChannels: shape.outputChannels,
        componentStride: convolution.weightStride, panels: panel..<panel + 1, sums: source,
        weightGradient: target)
    }
  }
}
