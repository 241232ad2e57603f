// Winograd's convolution F(m×m, 3×3) of some images: 3 × 3 kernels with stride 1 and whole lanes of channels, with a half to
// a quarter of the multiplications of ConvolutionLayer.swift. How it works is in KernelInterface/WinogradTiles.swift; the
// gradients are in WinogradGradients.swift.
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
  /// Of tiles of two, 14 are two register tiles' worth: few enough that what lies between the transforms stays close, many
  /// enough that reading each component's weights pays off. Where the weights are many times larger than the first-level
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
  private static let columnStep = 2 * Lane.width

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

  // MARK: - Transforms

  /// Transformed tiles lie as [component][panel][tile][width], in panels of 32 channels, or in one where 32 does not divide
  /// the channels. Products then read and write rows that follow each other, which the processor fetches ahead of time; it
  /// does not where rows of all channels of a wide layer lie between. The forward pass's inputs are one panel: its products
  /// read each row to the end.
  static func panelWidth(_ channels: Int) -> Int { channels % columnStep == 0 ? columnStep : channels }

  /// Calls `body` with the first channel of each panel.
  static func forEachPanel(_ channels: Int, _ body: (_ channel: Int) -> Void) {
    for channel in stride(from: 0, to: channels, by: panelWidth(channels)) { body(channel) }
  }

  /// Transforms some rows of tiles of an image. `input` is its first patch; `transformed` is where its first tile goes
  /// among the `blockTiles` of a block.
  func transformInput(
    _ kernels: any KernelSet.Type, input: UnsafePointer<Float>, rows: Range<Int>, blockTiles: Int,
    firstTile: Int, panelWidth width: Int, to transformed: UnsafeMutablePointer<Float>
  ) {
    let tiles = WinogradTiles(
      size: size, channels: width, pixelStride: shape.inputChannels,
      inputHeight: shape.inputHeight + shape.paddingHeight + shape.margin,
      inputWidth: shape.inputWidth + shape.paddingWidth + shape.margin, inputRowStride: shape.inputRowStride,
      tileRows: rows, tileColumns: tileColumns, tileStride: width,
      componentStride: blockTiles * shape.inputChannels)
    for channel in stride(from: 0, to: shape.inputChannels, by: width) {
      kernels.winogradInput(
        tiles, input: input + channel, transformed: transformed + (channel * blockTiles + firstTile * width))
    }
  }
}

extension Engine {
  /// transformed ← the weights as `convolveWinograd` reads them; only some panels of output channels, where they are given.
  public func transformWinogradWeights(
    _ convolution: WinogradConvolution, panels: Range<Int>? = nil, weights: Floats, transformed: Floats
  ) {
    let shape = convolution.shape
    let panels = checked(panels, columns: shape.outputChannels)
    kernels.winogradWeights(
      convolution.size, inputChannels: shape.inputChannels, outputChannels: shape.outputChannels,
      panels: panels, reversesTaps: false,
      packed: weights.checked(shape.weightCount, "convolution weights"),
      transformed: transformed.checked(convolution.weightCount, "transformed weights"))
  }

  /// output ← convolution of the padded inputs, plus the bias where there is one, rectified and pooled where asked, in rows
  /// `outputRowStride` floats apart. `places`, image after image, is for the pooling's backward pass.
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
        convolution.pools && places.count >= images.count * height * width * channels, "room for places")
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
    convolution.forEachBlock(imageCount: images.count) { problem.run(images: $0, rows: $1) }
  }
}

/// A forward pass, checked.
private struct WinogradForward {
  let convolution: WinogradConvolution
  let kernels: any KernelSet.Type
  let images: ImageRun
  /// The first patch of the first image.
  let input: UnsafePointer<Float>
  let weights: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
  let transformed: UnsafeMutablePointer<Float>
  let output: UnsafeMutablePointer<Float>
  let outputRowStride: Int
  let rectifies: Bool
  let places: UnsafeMutablePointer<UInt8>?

  func run(images block: Range<Int>, rows: Range<Int>) {
    let (shape, components) = (convolution.shape, convolution.size.componentCount)
    let tilesOfImage = rows.count * convolution.tileColumns
    let blockTiles = block.count * tilesOfImage
    for (index, image) in block.enumerated() {
      convolution.transformInput(
        kernels, input: input + image * images.inputStride, rows: rows, blockTiles: blockTiles,
        firstTile: index * tilesOfImage, panelWidth: shape.inputChannels, to: transformed)
    }
    let products = transformed + components * blockTiles * shape.inputChannels
    convolution.forEachColumnBlock(shape.outputChannels) { columns in
      multiplyTiles(
        convolution, kernels, rows: blockTiles,
        left: WinogradLeft(
          start: transformed, blockTiles: blockTiles, panelWidth: shape.inputChannels,
          channels: shape.inputChannels, filledChannels: shape.filledInputs),
        weights: weights, weightColumns: shape.outputChannels, columns: columns, products)
      for (index, image) in block.enumerated() {
        writeOutput(
          image, rows: rows, columns: columns, blockTiles: blockTiles, firstTile: index * tilesOfImage,
          products)
      }
    }
  }

  private func writeOutput(
    _ image: Int, rows: Range<Int>, columns: Range<Int>, blockTiles: Int, firstTile: Int,
    _ products: UnsafePointer<Float>
  ) {
    let (height, width) = (convolution.resultHeight, convolution.resultWidth)
    let (channels, panel) = (convolution.shape.outputChannels, WinogradConvolution.panelWidth(columns.count))
    WinogradConvolution.forEachPanel(columns.count) { first in
      let channel = columns.lowerBound + first
      kernels.winogradOutput(
        products: products + (first * blockTiles + firstTile * panel),
        output: WinogradOutput(
          size: convolution.size, tileRows: rows, tileColumns: convolution.tileColumns, tileStride: panel,
          componentStride: blockTiles * columns.count, channels: panel, pixelStride: channels,
          bias: bias.map { $0 + channel }, rectifies: rectifies, pools: convolution.pools, height: height,
          width: width, values: output + (image * images.outputStride + channel), rowStride: outputRowStride,
          places: places.map { $0 + (image * height * width * channels + channel) }))
    }
  }
}

/// Transformed tiles as the left side of a product.
struct WinogradLeft {
  /// The first of the tiles at hand.
  let start: UnsafePointer<Float>
  /// Tiles from one panel to the next.
  let blockTiles: Int
  let panelWidth: Int
  let channels: Int
  /// Those that are not 0 throughout.
  let filledChannels: Int
}

/// products ← for each component, [tile, channel] · [channel, column] for `rows` tiles and the columns at hand; the weights
/// of a component are [panel][channel][width]. Results lie as transformed tiles do.
func multiplyTiles(
  _ convolution: WinogradConvolution, _ kernels: any KernelSet.Type, rows: Int, left: WinogradLeft,
  weights: UnsafePointer<Float>, weightColumns: Int, columns: Range<Int>,
  _ products: UnsafeMutablePointer<Float>
) {
  let depth = left.panelWidth
  let width = WinogradConvolution.panelWidth(columns.count)
  WinogradConvolution.forEachPanel(columns.count) { first in
    var product = MatrixProduct(
      rowCount: rows, columnCount: width, depth: depth == left.channels ? left.filledChannels : depth,
      a: left.start, aRowStride: depth, aDepthStride: 1,
      b: weights + (columns.lowerBound + first) * left.channels, bRowStride: 0,
      bPanelStride: kernels.panelWidth * left.channels, c: products + first * rows, cRowStride: width,
      cPanelStride: kernels.panelWidth)
    product.segmentCount = left.channels / depth
    product.aSegmentStride = left.blockTiles * depth
    product.bSegmentRows = depth
    product.groupCount = convolution.size.componentCount
    product.aGroupStride = left.blockTiles * left.channels
    product.bGroupStride = left.channels * weightColumns
    product.cGroupRows = rows * columns.count / width
    kernels.multiply(product)
  }
}
