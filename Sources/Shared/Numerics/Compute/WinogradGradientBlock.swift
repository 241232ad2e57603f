// The transforms of a block of images for the gradients of Winograd's convolution, and the order of its tiles.

import KernelInterface

/// The transforms of a block of images: those of inputs, then those of gradients, each [component][panel][tile][width].
///
/// Tiles are in a common order, so that a component has consecutive terms for the weight gradient. If images are taken
/// one at a time, each has its own order instead: it has too few tiles of each form for products of their own.
public struct WinogradGradientBlock {
  let convolution: WinogradConvolution
  public let imageCount: Int
  let inputs: UnsafeMutablePointer<Float>
  let gradients: UnsafeMutablePointer<Float>
  /// Floats from one component to the next.
  let inputStride: Int
  let gradientStride: Int
  /// The order of the tiles of one group of images. The tiles of the next group follow.
  let order: WinogradTileOrder

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
    order = WinogradTileOrder(
      convolution.grid, imageCount: convolution.takesSingleImages ? 1 : imageCount)
  }

  var tileCount: Int { imageCount * convolution.tileCount }

  /// Returns the place of an image: its number in the order of its group, and the number of the group's first tile.
  func place(of image: Int) -> (index: Int, firstTile: Int) {
    (image % order.imageCount, image / order.imageCount * order.tileCount)
  }

  /// Calls `body` with runs of tiles that together are all tiles with a component: `count` tiles from `first` on, and
  /// as many again from each of the next `groups` − 1 groups. A run has at most `most` tiles.
  func forEachRun(
    of component: Int, most: Int, _ body: (_ first: Int, _ count: Int, _ groups: Int) -> Void
  ) {
    var (tiles, groupTiles) = (order.tiles(with: component), order.tileCount)
    if tiles.count == groupTiles {
      // All tiles of the block have the component, so that no others lie between the groups.
      (tiles, groupTiles) = (0..<tileCount, tileCount)
    }
    let (groupCount, together) = (tileCount / groupTiles, max(1, most / max(1, tiles.count)))
    for group in stride(from: 0, to: groupCount, by: together) {
      for tile in stride(from: tiles.lowerBound, to: tiles.upperBound, by: most) {
        body(
          group * groupTiles + tile, min(most, tiles.upperBound - tile), min(together, groupCount - group))
      }
    }
  }
}
