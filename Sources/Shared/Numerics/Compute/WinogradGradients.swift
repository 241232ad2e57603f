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
  fileprivate var coversInput: Bool {
    size.outputSize * tileRows + 2 >= shape.inputHeight + shape.paddingHeight
      && size.outputSize * tileColumns + 2 >= shape.inputWidth + shape.paddingWidth
  }
}

/// The transforms of a block of images: those of inputs, then those of gradients, each [component][panel][tile][width].
public struct WinogradGradientBlock {
  fileprivate let convolution: WinogradConvolution
  public let imageCount: Int
  fileprivate let inputs: UnsafeMutablePointer<Float>
  fileprivate let gradients: UnsafeMutablePointer<Float>
  /// Floats from one component to the next.
  fileprivate let inputStride: Int
  fileprivate let gradientStride: Int

  public init(_ convolution: WinogradConvolution, imageCount: Int, memory: Floats) {
    self.convolution = convolution
    self.imageCount = imageCount
    inputs = memory.checked(
      convolution.gradientTileCount(imageCount: imageCount), "transforms of a convolution's gradient")
    let tileCount = imageCount * convolution.tileCount
    inputStride = WinogradConvolution.componentStride(
      rows: tileCount, channels: convolution.shape.inputChannels)
    gradientStride = WinogradConvolution.componentStride(
      rows: tileCount, channels: convolution.shape.outputChannels)
    gradients = inputs + convolution.size.componentCount * inputStride
  }

  fileprivate var tileCount: Int { imageCount * convolution.tileCount }
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
    let (convolution, firstTile) = (block.convolution, image * block.convolution.tileCount)
    let shape = convolution.shape
    let (height, width) = (convolution.resultHeight, convolution.resultWidth)
    let channels = shape.outputChannels
    precondition(image >= 0 && image < block.imageCount, "image \(image) of \(block.imageCount)")
    precondition(gradientRowStride >= width * channels, "rows of \(width * channels) floats overlap")
    precondition((places != nil) == convolution.pools, "places without a pooling, or none with one")
    if let places { precondition(places.count >= height * width * channels, "too few places") }
    convolution.transformInput(
      kernels, input: input.checked(shape.inputCount, "convolution input") + shape.patchOrigin,
      rows: 0..<convolution.tileRows, blockTiles: block.tileCount, firstTile: firstTile,
      panelWidth: WinogradConvolution.panelWidth(shape.inputChannels), to: block.inputs)
    let values = outputGradient.checked(
      (height - 1) * gradientRowStride + width * channels, "convolution output gradient")
    let panel = WinogradConvolution.panelWidth(channels)
    WinogradConvolution.forEachPanel(channels) { channel in
      kernels.winogradGradient(
        WinogradGradient(
          size: convolution.size, height: height, width: width, channels: panel, pixelStride: channels,
          values: values + channel, rowStride: gradientRowStride, tileRows: 0..<convolution.tileRows,
          tileColumns: convolution.tileColumns, tileStride: panel,
          componentStride: block.gradientStride, places: places.map { $0.baseAddress! + channel }),
        transformed: block.gradients + (channel * block.tileCount + firstTile * panel))
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
      block: block, kernels: kernels, firstImage: firstImage, inputStride: images.inputStride,
      weights: transposedWeights.checked(convolution.weightCount, "transposed weights"),
      products: scratch.checked(convolution.inputGradientScratchCount, "scratch memory of a convolution"),
      inputGradient: inputGradient.checked(
        (images.count - 1) * images.inputStride + (shape.inputHeight - 1) * rowStride
          + shape.inputWidth * shape.inputChannels, "convolution input gradient"),
      rowStride: rowStride, accumulates: accumulates)
    if !accumulates && !convolution.coversInput {
      for image in 0..<images.count { problem.clear(image) }
    }
    convolution.forEachBlock(imageCount: images.count) { problem.run(images: $0, rows: $1) }
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
    for tile in stride(from: 0, to: block.tileCount, by: Self.tilesOfProduct) {
      WinogradConvolution.forEachPanel(shape.inputChannels) { channel in
        guard channel < shape.filledInputs else { return }
        for columns in panels {
          sumProducts(
            block, component: component, firstTile: tile, firstChannel: channel, columns: columns, to: target,
            accumulates: accumulates || tile > 0)
        }
      }
    }
    guard !accumulates else { return }
    // Products have no rows for padded channels, and the memory may hold another array's values.
    for columns in panels {
      (target + columns.lowerBound * shape.inputChannels + shape.filledInputs * columns.count)
        .update(repeating: 0, count: (shape.inputChannels - shape.filledInputs) * columns.count)
    }
  }

  /// Adds up the products of some tiles, for a panel of input channels and one of sums.
  private func sumProducts(
    _ block: WinogradGradientBlock, component: Int, firstTile tile: Int, firstChannel channel: Int,
    columns: Range<Int>, to sums: UnsafeMutablePointer<Float>, accumulates: Bool
  ) {
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
      rowCount: min(inputs, shape.filledInputs - channel), columnCount: columns.count,
      depth: min(Self.tilesOfProduct, block.tileCount - tile),
      a: left + tile * inputs, aRowStride: 1, aDepthStride: inputs,
      b: right + tile * outputs, bRowStride: outputs, bPanelStride: 0,
      c: sums + columns.lowerBound * shape.inputChannels + channel * columns.count, cRowStride: 0,
      cPanelStride: 0)
    product.start = accumulates ? .accumulate : .zero
    kernels.multiply(product)
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

/// An input gradient whose arguments have been checked.
private struct WinogradBackward {
  let block: WinogradGradientBlock
  let kernels: any KernelSet.Type
  let firstImage: Int
  let inputStride: Int
  let weights: UnsafePointer<Float>
  let products: UnsafeMutablePointer<Float>
  let inputGradient: UnsafeMutablePointer<Float>
  let rowStride: Int
  let accumulates: Bool

  /// Sets an image's input gradient to 0.
  func clear(_ image: Int) {
    let shape = block.convolution.shape
    for row in 0..<shape.inputHeight {
      (inputGradient + image * inputStride + row * rowStride)
        .update(repeating: 0, count: shape.inputWidth * shape.inputChannels)
    }
  }

  func run(images: Range<Int>, rows: Range<Int>) {
    let (convolution, shape) = (block.convolution, block.convolution.shape)
    let tilesOfImage = rows.count * convolution.tileColumns
    let rowCount = images.count * tilesOfImage
    let firstTile =
      (firstImage + images.lowerBound) * convolution.tileCount + rows.lowerBound * convolution.tileColumns
    let panel = WinogradConvolution.panelWidth(shape.outputChannels)
    convolution.forEachColumnBlock(shape.inputChannels) { columns in
      multiplyTiles(
        convolution, kernels, rows: rowCount,
        left: WinogradLeft(
          start: block.gradients + firstTile * panel, blockTiles: block.tileCount, panelWidth: panel,
          channels: shape.outputChannels, filledChannels: shape.outputChannels),
        weights: weights, columns: columns, products)
      for (index, image) in images.enumerated() {
        addInputTiles(
          image, rows: rows, columns: columns, rowCount: rowCount, firstTile: index * tilesOfImage)
      }
    }
  }

  private func addInputTiles(
    _ image: Int, rows: Range<Int>, columns: Range<Int>, rowCount: Int, firstTile: Int
  ) {
    let (convolution, shape) = (block.convolution, block.convolution.shape)
    let panel = WinogradConvolution.panelWidth(columns.count)
    WinogradConvolution.forEachPanel(columns.count) { first in
      kernels.winogradInputGradient(
        products: products + (first * rowCount + firstTile * panel),
        inputGradient: WinogradInputGradient(
          size: convolution.size, height: shape.inputHeight, width: shape.inputWidth,
          paddingHeight: shape.paddingHeight, paddingWidth: shape.paddingWidth, channels: panel,
          pixelStride: shape.inputChannels,
          values: inputGradient + (image * inputStride + columns.lowerBound + first), rowStride: rowStride,
          tileRows: rows, tileColumns: convolution.tileColumns, tileStride: panel,
          componentStride: WinogradConvolution.componentStride(rows: rowCount, channels: columns.count),
          accumulates: accumulates))
    }
  }
}
