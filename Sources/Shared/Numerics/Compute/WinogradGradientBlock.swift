// The transforms of a block of images for the gradients of Winograd's convolution, and the order of its tiles.

import KernelInterface

/// The transforms of a block of images: those of inputs, then those of gradients, each [component][panel][tile][width].
/// Tiles are in the order of one group of images after another.
public struct WinogradGradientBlock {
  let convolution: WinogradConvolution
  public let imageCount: Int
  let inputs: UnsafeMutablePointer<Float>
  let gradients: UnsafeMutablePointer<Float>
  /// Floats from one component to the next.
  let inputStride: Int
  let gradientStride: Int
  /// The tiles of a group, and those of the last one, if it has fewer images.
  private let groupOrder: WinogradTileOrder
  private let restOrder: WinogradTileOrder

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
    let length = convolution.imagesPerGroup
    groupOrder = WinogradTileOrder(convolution.grid, imageCount: length)
    restOrder = WinogradTileOrder(convolution.grid, imageCount: imageCount % length)
  }

  var tileCount: Int { imageCount * convolution.tileCount }

  /// Consecutive images whose tiles are in a common order.
  struct Group {
    let images: Range<Int>
    let order: WinogradTileOrder
    /// The number of its first tile in the block.
    let firstTile: Int
  }

  /// Returns the group that an image belongs to.
  func group(of image: Int) -> Group {
    let first = image - image % groupOrder.imageCount
    let order = first + groupOrder.imageCount <= imageCount ? groupOrder : restOrder
    return Group(
      images: first..<first + order.imageCount, order: order, firstTile: first * convolution.tileCount)
  }

  /// Calls `body` with runs of tiles that together are all tiles with a component: `count` tiles from `first` on, and
  /// as many again from each of the next `groups` − 1 groups. A run has at most `most` tiles.
  func forEachRun(
    of component: Int, most: Int, _ body: (_ first: Int, _ count: Int, _ groups: Int) -> Void
  ) {
    func cut(_ tiles: Range<Int>) {
      for tile in stride(from: tiles.lowerBound, to: tiles.upperBound, by: most) {
        body(tile, min(most, tiles.upperBound - tile), 1)
      }
    }
    let (tiles, groupTiles) = (groupOrder.tiles(with: component), groupOrder.tileCount)
    guard tiles.count < groupTiles else { return cut(0..<tileCount) }
    let groupCount = imageCount / groupOrder.imageCount
    let together = max(1, most / max(1, tiles.count))
    for group in stride(from: 0, to: groupCount, by: together) where !tiles.isEmpty {
      let first = group * groupTiles + tiles.lowerBound
      if tiles.count <= most {
        body(first, tiles.count, min(together, groupCount - group))
      } else {
        cut(first..<first + tiles.count)
      }
    }
    let (rest, start) = (restOrder.tiles(with: component), groupCount * groupTiles)
    cut(start + rest.lowerBound..<start + rest.upperBound)
  }

  /// Tiles from one group to the next.
  var groupStride: Int { groupOrder.tileCount }
}
