// The backward pass of Winograd's convolution on guarded memory: transforms of a block of images, and both gradients.

import Compute
import KernelInterface
import Testing

/// A transformed block of images.
struct WinogradBackward {
  let operands: WinogradCase
  let engine: Engine
  private let memory: GuardedFloats
  let block: WinogradGradientBlock

  private var shape: ConvolutionShape { operands.shape }
  private var convolution: WinogradConvolution { operands.convolution }

  /// Transforms some of the images, or all.
  init(_ operands: WinogradCase, _ engine: Engine, images: Range<Int>? = nil) {
    (self.operands, self.engine) = (operands, engine)
    let images = images ?? operands.images.indices
    memory = GuardedFloats(count: operands.convolution.gradientTileCount(imageCount: images.count))
    block = WinogradGradientBlock(operands.convolution, imageCount: images.count, memory: memory.floats)
    for (index, image) in images.enumerated() { transform(image, as: index) }
    #expect(memory.isIntact, "beside the transforms of \(operands)")
  }

  private func transform(_ image: Int, as index: Int) {
    let ((height, width), channels) = (operands.resultSize, shape.outputChannels)
    let rowStride = width * channels + 16
    let pooled = convolution.pools ? operands.pooledGradients[image] : nil
    let input = operands.images[image].paddedInput
    // NaN separates the rows. A tile that is cut must read 0 there.
    let gradient = GuardedFloats(
      .rows(height, width * channels, stride: rowStride),
      pooled?.values ?? operands.images[image].outputGradient)
    let places = GuardedBytes(pooled?.places ?? [])
    engine.transformWinogradGradient(
      block, image: index, input: input.floats, outputGradient: gradient.floats, gradientRowStride: rowStride,
      places: pooled == nil ? nil : places.bytes)
    expectUntouched(input, gradient, what: operands.description)
    #expect(places.isIntact, "places of \(operands)")
  }

  // MARK: - Input gradient

  /// The transposed weights, with all panels in one call.
  static func transposedWeights(_ operands: WinogradCase, _ engine: Engine) -> GuardedFloats {
    let (shape, kernels) = (operands.shape, engine.kernels)
    let flipped = GuardedFloats(
      .panels(9 * shape.outputChannels, shape.inputChannels, width: kernels.panelWidth),
      referenceFlip(
        operands.weights, tapCount: 9, inputChannels: shape.inputChannels,
        outputChannels: shape.outputChannels))
    let transposed = GuardedFloats(
      operands.componentPanels(kernels, rows: shape.outputChannels, columns: shape.inputChannels))
    engine.transposeWinogradWeights(
      operands.convolution, flippedWeights: flipped.floats, transposed: transposed.floats)
    #expect(transposed.isIntact, "transposed weights of \(operands)")
    expectUntouched(flipped, what: operands.description)
    return transposed
  }

  /// The input gradients of some images of the block, or all, added to `start` if it is given.
  func inputGradients(images: Range<Int>? = nil, start: [Float]?) -> GuardedFloats {
    let images = images ?? 0..<block.imageCount
    let (height, rowLength) = (shape.inputHeight, shape.inputWidth * shape.inputChannels)
    let weights = GuardedFloats(Self.transposedWeights(operands, engine).contents)
    let scratch = GuardedFloats(count: convolution.inputGradientScratchCount)
    let rowStride = rowLength + 16
    let stride = height * rowStride + 32
    let result = GuardedFloats(
      Layout.rows(height, rowLength, stride: rowStride).repeated(images.count, stride: stride), start)
    let transforms = memory.values.map(\.bitPattern)
    engine.winogradInputGradient(
      block, firstImage: images.lowerBound,
      images: ImageRun(count: images.count, inputStride: stride, outputStride: 0),
      transposedWeights: weights.floats, scratch: scratch.floats, inputGradient: result.floats,
      rowStride: rowStride, accumulates: start != nil)
    #expect(scratch.isIntact && memory.isIntact, "beside the input gradient of \(operands)")
    #expect(memory.values.map(\.bitPattern) == transforms, "transforms of \(operands)")
    expectUntouched(weights, what: operands.description)
    return result
  }

  // MARK: - Weight gradient

  /// Computes each component's sums, [component, inputChannel, outputChannel] in panels.
  func addSums(to sums: GuardedFloats, accumulates: Bool) {
    for component in 0..<convolution.size.componentCount {
      engine.sumWinogradProducts(block, component: component, sums: sums.floats, accumulates: accumulates)
    }
    #expect(sums.isIntact && memory.isIntact, "beside the sums of \(operands)")
  }

  /// The weight gradient of all images, `imagesPerBlock` at a time.
  static func weightGradient(_ operands: WinogradCase, _ engine: Engine, imagesPerBlock: Int) -> GuardedFloats
  {
    let sums = GuardedFloats(count: operands.convolution.sumCount)
    let count = operands.images.count
    for first in stride(from: 0, to: count, by: imagesPerBlock) {
      WinogradBackward(operands, engine, images: first..<min(first + imagesPerBlock, count))
        .addSums(to: sums, accumulates: first > 0)
    }
    let given = GuardedFloats(sums.values)
    let gradient = GuardedFloats(
      .panels(
        operands.shape.patchLength, operands.shape.outputChannels, width: engine.kernels.panelWidth))
    engine.winogradWeightGradient(
      operands.convolution, sums: given.floats, weightGradient: gradient.floats)
    expectUntouched(given, what: operands.description)
    return gradient
  }
}
