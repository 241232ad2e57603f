// The weight gradient of a 3 × 3 convolution by Winograd's F(2×2, 3×3): what the forward pass multiplied element by element
// is now multiplied by the transformed output gradient, summed over tiles and images, and transformed once at the end.
//
//     g′ = Gᵀ [ Σ over tiles of (Bᵀ d B) ⊙ (A y′ Aᵀ) ] G
//
// For each of the 16 components the sum is a product of matrices, [input channels, tiles] · [tiles, output channels]: 16
// multiplications for what takes 36.

import KernelInterface

extension ConvolutionShape {
  /// Whether `addWinogradWeightGradient` applies, and is the faster one.
  public var hasWinogradWeightGradient: Bool { hasWinograd }

  /// Floats of the sums between the transforms.
  public var winogradSumCount: Int { WinogradTiles.componentCount * inputChannels * outputChannels }

  /// Floats of scratch memory for the weight gradient of `imageCount` images at a time.
  public func winogradGradientScratchCount(imageCount: Int = 1) -> Int {
    let block = gradientBlock(imageCount: imageCount)
    let tiles = block.images * block.tileRows * winogradTileColumns(pools: false)
    return WinogradTiles.componentCount * tiles
      * (rowStride(columns: inputChannels) + rowStride(columns: outputChannels))
  }

  /// The images that are best taken at a time: more than one where maps are small.
  public var winogradGradientImageCount: Int { gradientBlock(imageCount: .max).images }

  /// The sums of all components, which are larger than the second-level cache, are read and written for each block of
  /// tiles: this many make that a small part of the work, and their transforms still fit that cache beside it.
  private static let wantedTiles = 64

  /// The images, or the rows of tiles of one, that are transformed together.
  fileprivate func gradientBlock(imageCount: Int) -> (images: Int, tileRows: Int) {
    let (rows, columns) = (winogradTileRows(pools: false), winogradTileColumns(pools: false))
    let wantedRows = max(1, Self.wantedTiles / columns)
    let images = max(1, min(imageCount, wantedRows / rows))
    return (images, min(rows, wantedRows))
  }
}

/// Images whose weight gradient is computed together.
public struct ImageRun: Equatable, Sendable {
  public var count: Int
  /// Floats from one image's input to the next, and from one's output gradient to the next.
  public var inputStride: Int
  public var gradientStride: Int

  public init(count: Int, inputStride: Int, gradientStride: Int) {
    self.count = count
    self.inputStride = inputStride
    self.gradientStride = gradientStride
  }

  /// One image.
  public static let single = ImageRun(count: 1, inputStride: 0, gradientStride: 0)
}

extension Engine {
  /// transformedSums += Σ over tiles of the images of the products of transformed input and output gradient; biasGradient
  /// += Σ of output gradient. Small maps are faster several at a time.
  public func addWinogradWeightGradient(
    _ shape: ConvolutionShape, images: ImageRun = .single, input: Floats, outputGradient: Floats,
    map: GradientMap, transformedSums: Floats, biasGradient: Floats?, scratch: Floats
  ) {
    precondition(shape.hasWinogradWeightGradient && images.count >= 1)
    let last = images.count - 1
    let x =
      input.checked(last * images.inputStride + shape.inputCount, "convolution input") + shape.patchOrigin
    let gradient = checkedGradient(shape, outputGradient, map, images: images)
    let sums = transformedSums.checked(shape.winogradSumCount, "transformed sums")
    let room = scratch.checked(
      shape.winogradGradientScratchCount(imageCount: images.count), "scratch memory of a convolution")
    let block = shape.gradientBlock(imageCount: images.count)
    let tileRows = shape.winogradTileRows(pools: false)
    for image in stride(from: 0, to: images.count, by: block.images) {
      let together = image..<min(image + block.images, images.count)
      for row in stride(from: 0, to: tileRows, by: block.tileRows) {
        let rows = row..<min(row + block.tileRows, tileRows)
        let memory = GradientBlock(shape, imageCount: together.count, rows: rows, scratch: room)
        for (index, image) in together.enumerated() {
          transform(
            shape, memory, index: index, x + image * images.inputStride,
            gradient + image * images.gradientStride, map)
        }
        kernels.multiply(sumProducts(shape, memory, sums))
      }
    }
    guard let biasGradient else { return }
    let biasSums = biasGradient.checked(shape.outputChannels, "convolution bias gradient")
    for image in 0..<images.count {
      addPixels(shape, gradient + image * images.gradientStride, map, to: biasSums)
    }
  }

  /// weightGradient, in panels, ← what `transformedSums` stands for.
  public func winogradWeightGradient(
    _ shape: ConvolutionShape, transformedSums: Floats, weightGradient: Floats
  ) {
    precondition(shape.hasWinogradWeightGradient)
    kernels.winogradWeightGradient(
      inputChannels: shape.inputChannels, outputChannels: shape.outputChannels,
      sums: transformedSums.checked(shape.winogradSumCount, "transformed sums"),
      weightGradient: weightGradient.checked(shape.weightCount, "convolution weight gradient"))
  }

  /// The tiles of one image of a block.
  private func transform(
    _ shape: ConvolutionShape, _ block: GradientBlock, index: Int, _ input: UnsafePointer<Float>,
    _ gradient: UnsafePointer<Float>, _ map: GradientMap
  ) {
    var tiles = shape.winogradTiles(rows: block.rows, pools: false)
    let firstTile = index * tiles.tileCount
    tiles.tileStride = block.inputTileStride
    tiles.componentStride = block.tileCount * block.inputTileStride
    kernels.winogradInput(
      tiles, input: input, transformed: block.inputs + firstTile * block.inputTileStride)
    kernels.winogradGradient(
      WinogradGradient(
        height: shape.outputHeight, width: shape.outputWidth, channels: shape.outputChannels,
        values: gradient, rowStride: map.lineStride, tileRows: block.rows,
        tileStride: block.gradientTileStride, componentStride: block.tileCount * block.gradientTileStride),
      transformed: block.gradients + firstTile * block.gradientTileStride)
  }

  /// For each component, sums += [input channel, tile] · [tile, output channel].
  private func sumProducts(
    _ shape: ConvolutionShape, _ block: GradientBlock, _ sums: UnsafeMutablePointer<Float>
  ) -> MatrixProduct {
    var product = MatrixProduct(
      rowCount: shape.filledInputs, columnCount: shape.outputChannels, depth: block.tileCount,
      a: block.inputs, aRowStride: 1, aDepthStride: block.inputTileStride, b: block.gradients,
      bRowStride: block.gradientTileStride, bPanelStride: kernels.panelWidth, c: sums, cRowStride: 0,
      cPanelStride: WinogradTiles.componentCount * shape.inputChannels * kernels.panelWidth)
    product.groupCount = WinogradTiles.componentCount
    product.aGroupStride = block.tileCount * block.inputTileStride
    product.bGroupStride = block.tileCount * block.gradientTileStride
    product.cGroupRows = shape.inputChannels
    product.start = .accumulate
    return product
  }

  private func checkedGradient(
    _ shape: ConvolutionShape, _ outputGradient: Floats, _ map: GradientMap, images: ImageRun
  ) -> UnsafeMutablePointer<Float> {
    let start = checkedGradient(shape, outputGradient, map)
    _ = outputGradient.checked(
      (images.count - 1) * images.gradientStride + map.count, "convolution output gradient")
    return start
  }
}

/// The transforms of some tiles in scratch memory: inputs [component, tile, input channel], then gradients [component,
/// tile, output channel]. Tiles lie a lane further apart where products would else walk through few of a cache's sets.
private struct GradientBlock {
  let rows: Range<Int>
  let tileCount: Int
  let inputTileStride: Int
  let gradientTileStride: Int
  let inputs: UnsafeMutablePointer<Float>
  let gradients: UnsafeMutablePointer<Float>

  init(
    _ shape: ConvolutionShape, imageCount: Int, rows: Range<Int>, scratch: UnsafeMutablePointer<Float>
  ) {
    self.rows = rows
    tileCount = imageCount * rows.count * shape.winogradTileColumns(pools: false)
    inputTileStride = rowStride(columns: shape.inputChannels)
    gradientTileStride = rowStride(columns: shape.outputChannels)
    inputs = scratch
    gradients = scratch + WinogradTiles.componentCount * tileCount * inputTileStride
  }
}
