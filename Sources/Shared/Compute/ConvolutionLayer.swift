// Convolutions of one image: forward, weight gradient, input gradient. Threads share out images, not parts of one.
//
//     forward          y[v, u, o] = b[o] + Σ over r, q, c of x[v·s + r, u·s + q, c] · W[r, q, c, o]
//     weight gradient  W′[r, q, c, o] = Σ over v, u of x[v·s + r, u·s + q, c] · y′[v, u, o]
//     input gradient   x′ = y′, spread by the stride and padded, convolved with the flipped kernel
//
// Maps are [height, width, channels] with a margin of zeros all around, so that no pixel is a special case and the
// (q, c) terms of a kernel row lie one behind the other: each product reads its patches in place.
// Weights lie in panels, [outputPanel][r, q, c][width].

import KernelInterface

/// A convolution's sizes. Channels of the output are padded to the lane; those of the input are, unless it is the image.
public struct ConvolutionShape: Equatable, Sendable {
  public let inputHeight: Int
  public let inputWidth: Int
  public let inputChannels: Int
  public let outputChannels: Int
  public let kernelSize: Int
  public let stride: Int
  public let padding: Int

  public init(
    inputHeight: Int, inputWidth: Int, inputChannels: Int, outputChannels: Int, kernelSize: Int, stride: Int,
    padding: Int
  ) {
    precondition(
      outputChannels % Lane.width == 0, "\(outputChannels) channels are not padded to the lane")
    precondition(kernelSize >= 1 && stride >= 1 && padding >= 0 && padding < kernelSize)
    precondition(
      min(inputHeight, inputWidth) + 2 * padding >= kernelSize && inputChannels >= 1,
      "a kernel of \(kernelSize) is larger than [\(inputHeight), \(inputWidth)] with a margin of \(padding)")
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding
  }

  public var outputHeight: Int { (inputHeight + 2 * padding - kernelSize) / stride + 1 }
  public var outputWidth: Int { (inputWidth + 2 * padding - kernelSize) / stride + 1 }
  /// Floats of a row of the padded input.
  public var inputRowStride: Int { (inputWidth + 2 * padding) * inputChannels }
  /// Floats of the padded input.
  public var inputCount: Int { (inputHeight + 2 * padding) * inputRowStride }
  /// Terms of an output value.
  public var patchCount: Int { kernelSize * kernelSize * inputChannels }
  public var weightCount: Int { patchCount * outputChannels }
  /// The kernel of the input gradient.
  public var flippedWeightCount: Int {
    kernelSize * kernelSize * outputChannels * paddedToLane(inputChannels)
  }
}

/// Where an output gradient lies for the backward pass: spread by the stride, with the margin that the convolution with
/// the flipped kernel needs. Without an input gradient there is neither.
public struct GradientMap: Equatable, Sendable {
  public let rowCount: Int
  public let rowStride: Int
  /// Floats from an output pixel to its right neighbour, and to the one below.
  public let pixelStride: Int
  public let lineStride: Int
  /// The first output pixel's offset.
  public let origin: Int

  public init(_ shape: ConvolutionShape, forInputGradient: Bool) {
    let channels = shape.outputChannels
    if forInputGradient {
      let margin = shape.kernelSize - 1 - shape.padding
      rowCount = shape.inputHeight + shape.kernelSize - 1
      rowStride = (shape.inputWidth + shape.kernelSize - 1) * channels
      pixelStride = shape.stride * channels
      lineStride = shape.stride * rowStride
      origin = margin * rowStride + margin * channels
    } else {
      rowCount = shape.outputHeight
      rowStride = shape.outputWidth * channels
      pixelStride = channels
      lineStride = rowStride
      origin = 0
    }
  }

  public var count: Int { rowCount * rowStride }
}

extension Engine {
  /// output rows `rows` ← convolution of the padded input. `output` starts at row `rows.lowerBound`; its pixels follow
  /// each other, its rows are `outputRowStride` floats apart.
  public func convolve(
    _ shape: ConvolutionShape, input: Floats, weights: Floats, bias: Floats, rows: Range<Int>, output: Floats,
    outputRowStride: Int, rectifies: Bool
  ) {
    let channels = shape.outputChannels
    precondition(rows.lowerBound >= 0 && rows.upperBound <= shape.outputHeight, "rows \(rows) of the output")
    precondition(outputRowStride % channels == 0 && outputRowStride >= shape.outputWidth * channels)
    let x = input.checked(shape.inputCount, "convolution input")
    let y = output.checked(
      (rows.count - 1) * outputRowStride + shape.outputWidth * channels, "convolution output")
    var product = MatrixProduct(
      rowCount: shape.outputWidth, columnCount: channels, depth: shape.kernelSize * shape.inputChannels,
      a: x + rows.lowerBound * shape.stride * shape.inputRowStride,
      aRowStride: shape.stride * shape.inputChannels, aDepthStride: 1,
      b: weights.checked(shape.weightCount, "convolution weights"), bRowStride: 0,
      bPanelStride: kernels.panelWidth * shape.patchCount, c: y, cRowStride: channels,
      cPanelStride: kernels.panelWidth)
    product.groupCount = rows.count
    product.aGroupStride = shape.stride * shape.inputRowStride
    product.cGroupRows = outputRowStride / channels
    product.segmentCount = shape.kernelSize
    product.aSegmentStride = shape.inputRowStride
    product.bSegmentRows = product.depth
    product.start = .bias(bias.checked(channels, "convolution bias"))
    product.rectifies = rectifies
    kernels.multiply(product)
  }

  /// weightGradient += Σ over output pixels of input patch · output gradient; biasGradient += Σ of output gradient.
  public func addConvolutionWeightGradient(
    _ shape: ConvolutionShape, input: Floats, outputGradient: Floats, map: GradientMap,
    weightGradient: Floats,
    biasGradient: Floats
  ) {
    let channels = shape.outputChannels
    precondition(
      map == GradientMap(shape, forInputGradient: true) || map == GradientMap(shape, forInputGradient: false),
      "an output gradient laid out for another shape")
    let x = input.checked(shape.inputCount, "convolution input")
    let gradient = outputGradient.checked(map.count, "convolution output gradient") + map.origin
    let sums = weightGradient.checked(shape.weightCount, "convolution weight gradient")
    let biasSums = biasGradient.checked(channels, "convolution bias gradient")
    var column = 0
    while column < channels {
      let width = min(kernels.panelWidth, channels - column)
      var product = MatrixProduct(
        rowCount: shape.kernelSize * shape.inputChannels, columnCount: width, depth: shape.outputWidth, a: x,
        aRowStride: 1, aDepthStride: shape.stride * shape.inputChannels, b: gradient + column,
        bRowStride: map.pixelStride, bPanelStride: 0, c: sums + column * shape.patchCount, cRowStride: 0,
        cPanelStride: 0)
      product.groupCount = shape.kernelSize
      product.aGroupStride = shape.inputRowStride
      product.cGroupRows = product.rowCount
      product.segmentCount = shape.outputHeight
      product.aSegmentStride = shape.stride * shape.inputRowStride
      product.bSegmentRows = map.lineStride / map.pixelStride
      product.start = .accumulate
      kernels.multiply(product)
      column += width
    }
    kernels.addRows(
      RowGroups(
        start: gradient, groupCount: shape.outputHeight, groupStride: map.lineStride,
        rowCount: shape.outputWidth, rowStride: map.pixelStride), columnCount: channels, to: biasSums)
  }

  /// inputGradient ← the convolution of the spread output gradient with the flipped kernel. Rows of `inputGradient` are
  /// `rowStride` floats apart.
  public func convolutionInputGradient(
    _ shape: ConvolutionShape, outputGradient: Floats, map: GradientMap, flippedWeights: Floats,
    inputGradient: Floats, rowStride: Int
  ) {
    let channels = shape.inputChannels
    let patchCount = shape.kernelSize * shape.kernelSize * shape.outputChannels
    precondition(channels % Lane.width == 0, "\(channels) channels are not padded to the lane")
    precondition(rowStride % channels == 0 && rowStride >= shape.inputWidth * channels)
    precondition(
      map == GradientMap(shape, forInputGradient: true), "an output gradient laid out for another purpose")
    var product = MatrixProduct(
      rowCount: shape.inputWidth, columnCount: channels, depth: shape.kernelSize * shape.outputChannels,
      a: outputGradient.checked(map.count, "convolution output gradient"), aRowStride: shape.outputChannels,
      aDepthStride: 1, b: flippedWeights.checked(shape.flippedWeightCount, "flipped weights"), bRowStride: 0,
      bPanelStride: kernels.panelWidth * patchCount,
      c: inputGradient.checked(
        (shape.inputHeight - 1) * rowStride + shape.inputWidth * channels, "convolution input gradient"),
      cRowStride: channels, cPanelStride: kernels.panelWidth)
    product.groupCount = shape.inputHeight
    product.aGroupStride = map.rowStride
    product.cGroupRows = rowStride / channels
    product.segmentCount = shape.kernelSize
    product.aSegmentStride = map.rowStride
    product.bSegmentRows = product.depth
    kernels.multiply(product)
  }

  /// flipped ← the kernel that `convolutionInputGradient` wants.
  public func flipWeights(_ shape: ConvolutionShape, weights: Floats, flipped: Floats) {
    precondition(shape.inputChannels % Lane.width == 0, "only images have no padded channels")
    kernels.flipKernel(
      KernelFlip(
        tapCount: shape.kernelSize * shape.kernelSize, inputChannels: shape.inputChannels,
        outputChannels: shape.outputChannels,
        packed: weights.checked(shape.weightCount, "convolution weights"),
        flipped: flipped.checked(shape.flippedWeightCount, "flipped weights")))
  }
}
