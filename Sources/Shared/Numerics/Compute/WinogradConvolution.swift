// The sizes and blocks of Winograd's convolution F(m×m, 3×3). It applies to 3 × 3 kernels with stride 1 and whole
// lanes of channels, and takes a half to a quarter of the multiplications of ConvolutionLayer.swift.
// KernelInterface/WinogradTiles.swift explains it; the passes are in WinogradForward.swift and
// WinogradGradients.swift.
//
// Small maps have few tiles, and reading the weights of all components for them would take longer than the products. So
// several images are transformed together.
//
// Results differ from the direct convolution's by rounding. docs/kernels.md has the bound and measured errors.

import KernelInterface

extension ConvolutionShape {
  /// Whether Winograd's convolution applies: 3 × 3 taps, nothing between them, channels in whole vectors, and an output of
  /// at least two rows and columns.
  public var hasWinograd: Bool {
    kernelHeight == 3 && kernelWidth == 3 && stride == 1 && dilation == 1 && groups == 1
      && inputChannels % Lane.width == 0 && min(outputHeight, outputWidth) >= 2
  }
}

/// Images whose maps are evenly spaced in memory.
public struct ImageRun: Equatable, Sendable {
  public var count: Int
  /// Floats from one image to the next, for inputs or their gradients, and for outputs or their gradients.
  public var inputStride: Int
  public var outputStride: Int

  public init(count: Int, inputStride: Int, outputStride: Int) {
    self.count = count
    self.inputStride = inputStride
    self.outputStride = outputStride
  }

  /// One image.
  public static let single = ImageRun(count: 1, inputStride: 0, outputStride: 0)
}

/// A convolution, the size of its tiles, and whether it pools its results.
public struct WinogradConvolution: Equatable, Sendable {
  public let shape: ConvolutionShape
  /// The tiles that cover the result or, with a pooling, all of its windows.
  public let grid: WinogradGrid
  /// Whether the results are the largest values of 2 × 2 pixels each: max-pooling with stride 2.
  public let pools: Bool

  /// Creates a convolution. The default size is the one with the fewest multiplications for the map.
  public init(_ shape: ConvolutionShape, pools: Bool = false, size: WinogradSize? = nil) {
    precondition(shape.hasWinograd, "not a convolution of 3 × 3 with stride 1 and whole lanes of channels")
    precondition(!pools || size != .three, "windows of 2 × 2 do not make tiles of 3 × 3")
    self.shape = shape
    self.pools = pools
    let (height, width) = (shape.outputHeight, shape.outputWidth)
    grid =
      size.map { WinogradGrid($0, height: height, width: width, pools: pools) }
      ?? WinogradGrid(height: height, width: width, pools: pools)
  }

  public var size: WinogradSize { grid.size }

  /// Rows and columns of the result.
  var resultHeight: Int { pools ? shape.outputHeight / 2 : shape.outputHeight }
  var resultWidth: Int { pools ? shape.outputWidth / 2 : shape.outputWidth }

  /// The number of tiles of an image.
  public var tileCount: Int { grid.tileCount }

  /// The number of floats in the transformed weights, [component][panel][inputChannel][width].
  public var weightCount: Int { size.componentCount * weightStride }

  /// Floats from one component of the transformed weights to the next, and of the sums of their gradient. It is the same
  /// if input and output channels are exchanged.
  var weightStride: Int { Self.componentStride(rows: shape.inputChannels, channels: shape.outputChannels) }

  // MARK: - Blocks

  /// The number of tiles that are best transformed together.
  ///
  /// Tiles of two are taken 14 at a time, which fills two register tiles. The data between their transforms then stays
  /// in a near cache, and 14 tiles are enough to make reading each component's weights worthwhile. If the weights are
  /// many times larger than the first-level cache, the time to read them dominates, and 28 tiles halve it.
  ///
  /// A block of larger tiles has as many as keep the transformed inputs within 768 KiB, so that products and weights
  /// also fit into a second-level cache of 2 MiB. With fewer than 24 tiles, reading the weights would take too large a
  /// share of the time; with 64, it takes little.
  private var wantedTiles: Int {
    let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
    if case .two = size { return inputs * outputs < 64 * 64 ? 14 : 28 }
    return min(max((3 << 16) / (size.componentCount * inputs), 24), 64)
  }

  /// The number of images that are best transformed together: more than one if maps are small, unless images are taken
  /// one at a time.
  public var imagesPerBlock: Int { takesSingleImages ? 1 : max(1, wantedTiles / tileCount) }

  /// The rows of tiles that are transformed together, shared out evenly.
  var rowsPerBlock: Int {
    let most = max(1, wantedTiles / grid.columnCount)
    let blocks = (grid.rowCount + most - 1) / most
    return (grid.rowCount + blocks - 1) / blocks
  }

  /// The most tiles of a block.
  var tilesPerBlock: Int { imagesPerBlock * rowsPerBlock * grid.columnCount }

  /// Returns the channels of a product's results that are computed and transformed before the next ones: as many as
  /// take a quarter of a second-level cache of 2 MiB.
  func columnsPerBlock(_ columns: Int) -> Int {
    let most = (1 << 17) / (size.componentCount * tilesPerBlock)
    return min(columns, max(1, most / Self.columnStep) * Self.columnStep)
  }

  /// The widest panel of any instruction set.
  static let columnStep = 2 * Lane.width

  /// Returns the number of floats from one component of transformed tiles or weights to the next: an odd number of cache
  /// lines.
  ///
  /// A transform reads or writes the same place in all components, one after the other. If their distance were a
  /// multiple of 4 KiB, as it is for 16 tiles of 64 channels, those places would share one set of the first-level cache,
  /// which holds 8 or 12 of them, and each line would leave the cache half written. With an odd number of lines, all 36
  /// are in sets of their own, in caches of every size.
  static func componentStride(rows: Int, channels: Int) -> Int {
    let lineWidth = 16
    return ((rows * channels + lineWidth - 1) / lineWidth | 1) * lineWidth
  }

  /// Returns the number of floats in all components of transformed tiles.
  func transformCount(tiles: Int, channels: Int) -> Int {
    size.componentCount * Self.componentStride(rows: tiles, channels: channels)
  }

  /// The number of floats of scratch memory for a block.
  public var scratchCount: Int {
    transformCount(tiles: tilesPerBlock, channels: shape.inputChannels)
      + transformCount(tiles: tilesPerBlock, channels: columnsPerBlock(shape.outputChannels))
  }

  /// Calls `body` with each block: images, and rows of their tiles.
  func forEachBlock(of all: Range<Int>, _ body: (_ images: Range<Int>, _ rows: Range<Int>) -> Void) {
    for image in stride(from: all.lowerBound, to: all.upperBound, by: imagesPerBlock) {
      for row in stride(from: 0, to: grid.rowCount, by: rowsPerBlock) {
        body(
          image..<min(image + imagesPerBlock, all.upperBound), row..<min(row + rowsPerBlock, grid.rowCount))
      }
    }
  }

  /// Calls `body` with each block of channels.
  func forEachColumnBlock(_ columns: Int, _ body: (Range<Int>) -> Void) {
    let step = columnsPerBlock(columns)
    for column in stride(from: 0, to: columns, by: step) { body(column..<min(column + step, columns)) }
  }
}
