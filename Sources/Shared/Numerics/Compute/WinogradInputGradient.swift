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

  /// Computes the input gradients of the images, group by group.
  func run() {
    let convolution = block.convolution
    var image = images.lowerBound
    while image < images.upperBound {
      let group = block.group(of: image)
      let part = image..<min(group.images.upperBound, images.upperBound)
      for row in stride(from: 0, to: convolution.grid.rowCount, by: convolution.rowsPerBlock) {
        let rows = row..<min(row + convolution.rowsPerBlock, convolution.grid.rowCount)
        run(part, of: group, rows: rows)
      }
      image = part.upperBound
    }
  }

  /// Computes those of images of a group, from some rows of tiles.
  private func run(_ part: Range<Int>, of group: WinogradGradientBlock.Group, rows: Range<Int>) {
    let (convolution, shape) = (block.convolution, block.convolution.shape)
    let order = WinogradTileOrder(convolution.grid, imageCount: part.count, rows: rows)
    let left = WinogradLeft(
      start: block.gradients, blockTiles: block.tileCount,
      panelWidth: WinogradConvolution.panelWidth(shape.outputChannels), channels: shape.outputChannels,
      filledChannels: shape.outputChannels)
    convolution.forEachColumnBlock(shape.inputChannels) { columns in
      let product = WinogradProduct(
        convolution: convolution, kernels: kernels, left: left, weights: weights, columns: columns,
        rows: order.tileCount, products: products)
      for component in 0..<convolution.size.componentCount {
        multiply(product, component, order, part, of: group, rows: rows)
      }
      for (index, image) in part.enumerated() {
        addInputTiles(image - images.lowerBound, order, index, columns: columns)
      }
    }
  }

  /// Multiplies a component of these tiles. If they are the whole group, they follow each other there. Otherwise those
  /// of each form do.
  private func multiply(
    _ product: WinogradProduct, _ component: Int, _ order: WinogradTileOrder, _ images: Range<Int>,
    of group: WinogradGradientBlock.Group, rows: Range<Int>
  ) {
    if order.tileCount == group.order.tileCount {
      let tiles = order.tiles(with: component)
      return product.multiply(
        component: component, tiles: tiles, source: group.firstTile + tiles.lowerBound)
    }
    let index = images.lowerBound - group.images.lowerBound
    for part in order.parts.indices where order.has(component, part: part) {
      let (wanted, all) = (order.parts[part], group.order.parts[part])
      let source =
        all.first + index * all.tilesPerImage + (wanted.rows.lowerBound - all.rows.lowerBound)
        * all.columns.count
      product.multiply(
        component: component, tiles: wanted.first..<wanted.first + images.count * wanted.tilesPerImage,
        source: group.firstTile + source)
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
