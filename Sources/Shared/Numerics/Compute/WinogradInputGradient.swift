// The input gradient of Winograd's convolution, for images of a block whose transforms are there: products, then the
// transforms of their results, some images at a time.

import KernelInterface

/// An input gradient whose arguments have been checked.
struct WinogradBackward {
  let block: WinogradGradientBlock
  let kernels: any KernelSet.Type
  /// The images of the block whose input gradients are computed.
  let images: Range<Int>
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

  /// Computes the input gradients of some images whose tiles are in a common order, from some rows of tiles.
  func run(images part: Range<Int>, rows: Range<Int>) {
    let (convolution, shape) = (block.convolution, block.convolution.shape)
    let order = WinogradTileOrder(convolution.grid, imageCount: part.count, rows: rows)
    let left = WinogradLeft(
      start: block.gradients, blockTiles: block.tileCount,
      panelWidth: WinogradConvolution.panelWidth(shape.outputChannels), channels: shape.outputChannels,
      filledChannels: shape.outputChannels)
    let place = block.place(of: part.lowerBound)
    convolution.forEachColumnBlock(shape.inputChannels) { columns in
      let product = WinogradProduct(
        convolution: convolution, kernels: kernels, left: left, weights: weights, columns: columns,
        rows: order.tileCount, products: products)
      for component in 0..<convolution.size.componentCount {
        multiply(product, component, order, image: place.index, firstTile: place.firstTile)
      }
      for (index, image) in part.enumerated() {
        addInputTiles(image - images.lowerBound, order, index, columns: columns)
      }
    }
  }

  /// Multiplies a component of these tiles, whose first image is `image` in the order of the block. If they are all tiles
  /// of that order, those that have the component follow each other. Otherwise, those of each form do.
  private func multiply(
    _ product: WinogradProduct, _ component: Int, _ order: WinogradTileOrder, image: Int, firstTile: Int
  ) {
    if order.tileCount == block.order.tileCount {
      let tiles = order.tiles(with: component)
      return product.multiply(component: component, tiles: tiles, source: firstTile + tiles.lowerBound)
    }
    for index in order.parts.indices where order.has(component, part: index) {
      let (part, all) = (order.parts[index], block.order.parts[index])
      let skippedRows = part.rows.lowerBound - all.rows.lowerBound
      product.multiply(
        component: component, tiles: part.first..<part.first + order.imageCount * part.tilesPerImage,
        source: firstTile + all.first + image * all.tilesPerImage + skippedRows * all.columns.count)
    }
  }

  private func addInputTiles(_ image: Int, _ order: WinogradTileOrder, _ index: Int, columns: Range<Int>) {
    let shape = block.convolution.shape
    let panel = WinogradConvolution.panelWidth(columns.count)
    let tiles = WinogradTilePlace(
      order, image: index, tileStride: panel,
      componentStride: WinogradConvolution.componentStride(rows: order.tileCount, channels: columns.count))
    WinogradConvolution.forEachPanel(columns.count) { first in
      kernels.winogradInputGradient(
        products: products + first * order.tileCount,
        inputGradient: WinogradInputGradient(
          tiles, height: shape.inputHeight, width: shape.inputWidth, paddingHeight: shape.paddingHeight,
          paddingWidth: shape.paddingWidth, channels: panel, pixelStride: shape.inputChannels,
          values: inputGradient + (image * inputStride + columns.lowerBound + first), rowStride: rowStride,
          accumulates: accumulates))
    }
  }
}
