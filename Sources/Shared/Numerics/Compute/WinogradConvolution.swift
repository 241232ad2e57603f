// Winograd's convolution F(m×m, 3×3), its sizes and blocks: 3 × 3 kernels with stride 1 and whole lanes of channels, with
// a half to a quarter of the multiplications of ConvolutionLayer.swift. KernelInterface/WinogradTiles.swift says how it
// works; the passes are in WinogradForward.swift and WinogradGradients.swift.
//
// Small maps have few tiles, and reading the weights of all components for those would take longer than the products, so
// several images are transformed together.
//
// Results differ from the direct convolution's by rounding. docs/kernels.md has the bound, and errors that were measured.

import KernelInterface

extension ConvolutionShape {
  /// Whether Winograd's convolution applies: 3 × 3 taps, nothing between them, channels in whole vectors, and an output of
  /// at least two rows and columns.
  public var hasWinograd: Bool {
    kernelHeight == 3 && kernelWidth == 3 && stride == 1 && dilation == 1 && groups == 1
      && inputChannels % Lane.width == 0 && min(outputHeight, outputWidth) >= 2
  }
}

/// Images whose maps lie at equal distances.
public struct ImageRun: Equatable, Sendable {
  public var count: Int
  /// Floats from one image's input, or input gradient, to the next, and from one's output, or output gradient, to the next.
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

/// A convolution, the size of its tiles, and whether its results are pooled.
public struct WinogradConvolution: Equatable, Sendable {
  public let shape: ConvolutionShape
  public let size: WinogradSize
  /// Whether the largest value of each 2 × 2 is the result: max-pooling with stride 2.
  public let pools: Bool

  /// Without a size, the one with the fewest multiplications for the map.
  public init(_ shape: ConvolutionShape, pools: Bool = false, size: WinogradSize? = nil) {
    precondition(shape.hasWinograd, "not a convolution of 3 × 3 with stride 1 and whole lanes of channels")
    self.shape = shape
    self.pools = pools
    self.size = size ?? Self.bestSize(shape, pools: pools)
    precondition(!pools || self.size != .three, "windows of 2 × 2 do not make tiles of 3 × 3")
  }

  /// The larger of those that take as many.
  private static func bestSize(_ shape: ConvolutionShape, pools: Bool) -> WinogradSize {
    func multiplications(_ size: WinogradSize) -> Int {
      size.componentCount * WinogradConvolution(shape, pools: pools, size: size).tileCount
    }
    let sizes: [WinogradSize] = pools ? [.four, .two] : [.four, .three, .two]
    return sizes.min { multiplications($0) < multiplications($1) }!
  }

  /// Rows and columns of the result.
  var resultHeight: Int { pools ? shape.outputHeight / 2 : shape.outputHeight }
  var resultWidth: Int { pools ? shape.outputWidth / 2 : shape.outputWidth }

  /// Rows and columns of tiles that cover the result; pixels that no pooling window takes need none.
  var tileRows: Int { tiles(covering: resultHeight) }
  var tileColumns: Int { tiles(covering: resultWidth) }

  private func tiles(covering count: Int) -> Int {
    let step = pools ? size.outputSize / 2 : size.outputSize
    return (count + step - 1) / step
  }

  /// Tiles of an image.
  public var tileCount: Int { tileRows * tileColumns }

  /// Floats of the transformed weights.
  public var weightCount: Int { size.componentCount * shape.inputChannels * shape.outputChannels }

  // MARK: - Blocks

  /// Tiles that are best transformed together.
  ///
  /// Tiles of two are taken 14 at a time, which fills two register tiles. What lies between their transforms then stays in
  /// a near cache, and they are enough to make reading each component's weights worth it. Where the weights are many times larger than the first-level
  /// cache, reading them is what counts, and 28 tiles halve it. Of larger tiles, a block has as many as leave the
  /// transformed inputs within 768 KiB, so that there is room for products and weights in a second-level cache of 2 MiB;
  /// below 24, reading the weights would take too large a share, and at 64 it takes little.
  private var wantedTiles: Int {
    let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
    if case .two = size { return inputs * outputs < 64 * 64 ? 14 : 28 }
    return min(max((3 << 16) / (size.componentCount * inputs), 24), 64)
  }

  /// Images that are best transformed together: more than one where maps are small.
  public var imagesPerBlock: Int { max(1, wantedTiles / tileCount) }

  /// Rows of tiles that are transformed together, shared out evenly.
  var rowsPerBlock: Int {
    let most = max(1, wantedTiles / tileColumns)
    let blocks = (tileRows + most - 1) / most
    return (tileRows + blocks - 1) / blocks
  }

  /// The most tiles of a block.
  var tilesPerBlock: Int { imagesPerBlock * rowsPerBlock * tileColumns }

  /// Channels of a product's results that are computed and transformed before the next: as many as take a quarter of a
  /// second-level cache of 2 MiB.
  func columnsPerBlock(_ columns: Int) -> Int {
    let most = (1 << 17) / (size.componentCount * tilesPerBlock)
    return min(columns, max(1, most / Self.columnStep) * Self.columnStep)
  }

  /// The widest panel of any instruction set.
  static let columnStep = 2 * Lane.width

  /// Floats of scratch memory for a block.
  public var scratchCount: Int {
    size.componentCount * tilesPerBlock * (shape.inputChannels + columnsPerBlock(shape.outputChannels))
  }

  /// Calls `body` with each block: images, and rows of their tiles.
  func forEachBlock(imageCount: Int, _ body: (_ images: Range<Int>, _ rows: Range<Int>) -> Void) {
    for image in stride(from: 0, to: imageCount, by: imagesPerBlock) {
      for row in stride(from: 0, to: tileRows, by: rowsPerBlock) {
        body(image..<min(image + imagesPerBlock, imageCount), row..<min(row + rowsPerBlock, tileRows))
      }
    }
  }

  /// Calls `body` with each block of channels.
  func forEachColumnBlock(_ columns: Int, _ body: (Range<Int>) -> Void) {
    let step = columnsPerBlock(columns)
    for column in stride(from: 0, to: columns, by: step) { body(column..<min(column + step, columns)) }
  }
}
