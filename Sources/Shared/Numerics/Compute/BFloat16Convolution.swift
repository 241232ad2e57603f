// Convolutions of one image whose products take bfloat16. No patches are copied: pixels are numbered along the rows of the
// padded input, so that a tap of the kernel is a constant distance from one pixel to another, for all pixels alike.
//
//     forward          output pixels         ←  Σ over taps of input pixels there · weights of the tap
//     input gradient   input pixels          ←  Σ over taps of gradient pixels there · flipped weights of the tap
//     weight gradient  channels, of a tap    ←  Σ over images, pixels of input channels there · gradient pixels
//
// The output gradient lies on a grid like that of the input: with its pixels spread by the stride and zeros between and
// around them. With channels padded to whole tiles, operands are [pixel][channel]; the weight gradient wants them as
// [channel][pixel], and the gradient as pairs of pixels.

import KernelInterface

/// The sizes of a convolution of one group, and where its operands lie.
public struct BFloat16Convolution: Sendable {
  public let shape: ConvolutionShape
  /// Channels of a pixel of the operands.
  let inputChannels: Int
  let outputChannels: Int
  /// Pixels from one row to the next, of both grids.
  let linePixels: Int
  /// Where each tap lies, in pixels from the first one.
  let taps: [Int]
  /// The same in numbers of the input, and of the gradient.
  let inputTaps: [Int]
  let gradientTaps: [Int]
  /// Where the images of a block begin in the input's transpose.
  private(set) var transposedImages: [Int] = []

  public init(_ shape: ConvolutionShape) {
    precondition(shape.groups == 1, "a convolution in \(shape.groups) groups")
    self.shape = shape
    inputChannels = BFloat16Tile.paddedDepth(shape.inputChannels)
    outputChannels = BFloat16Tile.paddedDepth(shape.outputChannels)
    linePixels = shape.inputWidth + 2 * shape.margin
    var taps: [Int] = []
    for row in 0..<shape.kernelHeight {
      for column in 0..<shape.kernelWidth { taps.append((row * linePixels + column) * shape.dilation) }
    }
    self.taps = taps
    inputTaps = taps.map { [inputChannels] in $0 * inputChannels }
    gradientTaps = taps.map { [outputChannels] in $0 * outputChannels }
    transposedImages = (0..<imagesPerBlock).map { [transposedPixels] in $0 * transposedPixels }
  }

  /// Pixels of the padded input, and its number of the first patch's first tap.
  var inputPixels: Int { (shape.inputHeight + 2 * shape.margin) * linePixels }
  var patchPixel: Int {
    (shape.margin - shape.paddingHeight) * linePixels + (shape.margin - shape.paddingWidth)
  }

  /// From the first output pixel to the last one, in pixels of either grid.
  private var lastOutputPixel: Int {
    ((shape.outputHeight - 1) * linePixels + shape.outputWidth - 1) * shape.stride
  }

  private var lastTap: Int { taps[taps.count - 1] }

  /// Numbers of the rounded input, with what products may read after it.
  public var roundedCount: Int {
    let read =
      patchPixel + lastOutputPixel + lastTap + BFloat16Product.rowsReadAfterTheLast * shape.stride + 1
    return max(inputPixels, read) * inputChannels
  }

  /// Numbers of the weights in pairs, and of the flipped kernel's.
  public var pairCount: Int { shape.tapCount * inputChannels * shape.outputChannels }
  public var flippedPairCount: Int { shape.tapCount * outputChannels * paddedToLane(shape.inputChannels) }

  // MARK: The backward pass

  /// The number of the first output pixel's gradient in its grid.
  var gradientPixel: Int {
    (shape.extentHeight - 1 - shape.paddingHeight) * linePixels + shape.extentWidth - 1 - shape.paddingWidth
  }

  /// Terms of an image in a weight gradient: pixels from the first gradient to the last, in whole tiles.
  var pixelTerms: Int { BFloat16Tile.paddedDepth(lastOutputPixel + 1) }

  /// Numbers of the rounded gradient's grid.
  public var gradientCount: Int {
    let read =
      (shape.inputHeight - 1) * linePixels + shape.inputWidth + lastTap + BFloat16Product.rowsReadAfterTheLast
    return max(gradientPixel + pixelTerms, read) * outputChannels
  }

  /// Images of a block, whose weight gradient is one product: small maps have few terms, and the sums are read and written
  /// once for all of a block's.
  public var imagesPerBlock: Int { min(8, max(1, 512 / pixelTerms)) }

  /// Numbers of an image in the input's transpose, [channel][image][pixel], and from one channel to the next: a tile more,
  /// so that channels do not meet in the same sets of a cache.
  var transposedPixels: Int { max(inputPixels, patchPixel + lastTap + pixelTerms) }
  var channelStride: Int { imagesPerBlock * transposedPixels + BFloat16Tile.depth }

  public var transposedCount: Int {
    (shape.inputChannels + BFloat16Product.rowsReadAfterTheLast) * channelStride
  }

  /// Numbers of the gradients of a block in pairs, [panel][image][pair][width][2].
  public var gradientPairCount: Int { imagesPerBlock * pixelTerms * shape.outputChannels }
}

extension Engine {
  // MARK: - Weights

  /// pairs ← the weights as `convolve` reads them.
  public func pairWeights(_ convolution: BFloat16Convolution, weights: Floats, pairs: BFloats) {
    let shape = convolution.shape
    pairWeights(
      tapCount: shape.tapCount, channels: shape.inputChannels, columns: shape.outputChannels,
      weights: weights,
      pairs: pairs)
  }

  /// pairs ← the kernel of `flipWeights` as `convolutionInputGradient` reads it.
  public func pairFlippedWeights(
    _ convolution: BFloat16Convolution, flippedWeights: Floats, pairs: BFloats
  ) {
    let shape = convolution.shape
    pairWeights(
      tapCount: shape.tapCount, channels: shape.outputChannels, columns: paddedToLane(shape.inputChannels),
      weights: flippedWeights, pairs: pairs)
  }

  // MARK: - Forward

  /// rounded ← the input's pixels. What lies between and after them was 0 before, and is left alone.
  public func roundInput(_ convolution: BFloat16Convolution, input: FeatureMap, rounded: BFloats) {
    let (shape, channels) = (convolution.shape, convolution.inputChannels)
    let map = checkedMap(
      input, height: shape.inputHeight, width: shape.inputWidth, channels: shape.inputChannels)
    let target = rounded.checked(convolution.roundedCount, "rounded input")
    kernels.round(
      RoundedMap(
        map: map, rounded: target + shape.margin * (convolution.linePixels + 1) * channels,
        rowStride: convolution.linePixels * channels, pixelStride: channels))
  }

  /// output ← convolution of the rounded input, plus the bias, rectified if asked. `output` starts at the first pixel; its
  /// rows are `outputRowStride` floats apart.
  public func convolve(
    _ convolution: BFloat16Convolution, roundedInput: BFloats, pairedWeights: BFloats, bias: Floats,
    output: Floats, outputRowStride: Int, rectifies: Bool
  ) {
    let shape = convolution.shape
    let channels = shape.outputChannels
    precondition(outputRowStride % channels == 0 && outputRowStride >= shape.outputWidth * channels)
    let a = roundedInput.checked(convolution.roundedCount, "rounded input")
    let y = output.checked(
      (shape.outputHeight - 1) * outputRowStride + shape.outputWidth * channels, "convolution output")
    convolution.inputTaps.withUnsafeBufferPointer { taps in
      var product = BFloat16Product(
        rowCount: shape.outputWidth, columnCount: channels, depth: convolution.inputChannels,
        a: a + convolution.patchPixel * convolution.inputChannels,
        aRowStride: shape.stride * convolution.inputChannels, segments: taps,
        b: pairedWeights.checked(convolution.pairCount, "weights in pairs"), c: y, cRowStride: channels,
        cPanelStride: kernels.panelWidth)
      product.groupCount = shape.outputHeight
      product.aGroupStride = shape.stride * convolution.linePixels * convolution.inputChannels
      product.cGroupRows = outputRowStride / channels
      product.start = .bias(bias.checked(channels, "convolution bias"))
      product.rectifies = rectifies
      multiply(product)
    }
  }

  // MARK: - Gradients

  /// rounded ← the output gradient's pixels. What lies between and around them was 0 before, and is left alone.
  public func roundGradient(_ convolution: BFloat16Convolution, outputGradient: FeatureMap, rounded: BFloats)
  {
    let (shape, channels) = (convolution.shape, convolution.outputChannels)
    let map = checkedMap(
      outputGradient, height: shape.outputHeight, width: shape.outputWidth, channels: shape.outputChannels)
    let target = rounded.checked(convolution.gradientCount, "rounded output gradient")
    kernels.round(
      RoundedMap(
        map: map, rounded: target + convolution.gradientPixel * channels,
        rowStride: shape.stride * convolution.linePixels * channels, pixelStride: shape.stride * channels))
  }

  /// inputGradient ← (or, where it accumulates, +=) the convolution of the rounded output gradient with the flipped kernel.
  /// `inputGradient` starts at the first pixel; its rows are `rowStride` floats apart.
  public func convolutionInputGradient(
    _ convolution: BFloat16Convolution, roundedGradient: BFloats, flippedPairs: BFloats,
    inputGradient: Floats, rowStride: Int, accumulates: Bool
  ) {
    let shape = convolution.shape
    let channels = shape.inputChannels
    checkLane(channels)
    precondition(rowStride % channels == 0 && rowStride >= shape.inputWidth * channels)
    let a = roundedGradient.checked(convolution.gradientCount, "rounded output gradient")
    let x = inputGradient.checked(
      (shape.inputHeight - 1) * rowStride + shape.inputWidth * channels, "convolution input gradient")
    convolution.gradientTaps.withUnsafeBufferPointer { taps in
      var product = BFloat16Product(
        rowCount: shape.inputWidth, columnCount: channels, depth: convolution.outputChannels, a: a,
        aRowStride: convolution.outputChannels, segments: taps,
        b: flippedPairs.checked(convolution.flippedPairCount, "flipped weights in pairs"), c: x,
        cRowStride: channels, cPanelStride: kernels.panelWidth)
      product.groupCount = shape.inputHeight
      product.aGroupStride = convolution.linePixels * convolution.outputChannels
      product.cGroupRows = rowStride / channels
      product.start = accumulates ? .accumulate : .zero
      multiply(product)
    }
  }

  /// Puts image `number` of a block of `imageCount` into the operands of its weight gradient: the input's transpose, and the
  /// rounded output gradient in pairs. `input` is the array with its margin.
  public func packWeightGradient(
    _ convolution: BFloat16Convolution, number: Int, imageCount: Int, input: Floats, roundedGradient: BFloats,
    transposed: BFloats, pairs: BFloats
  ) {
    let shape = convolution.shape
    precondition(
      0 <= number && number < imageCount && imageCount <= convolution.imagesPerBlock,
      "image \(number) of a block of \(imageCount)")
    checkLane(shape.inputChannels)
    kernels.roundTransposed(
      TransposedRows(
        rowCount: convolution.inputPixels, columnCount: shape.inputChannels,
        rows: input.checked(shape.inputCount, "convolution input"), rowStride: shape.inputChannels,
        transposed: transposed.checked(convolution.transposedCount, "transposed input")
          + number * convolution.transposedPixels, transposedStride: convolution.channelStride))
    let gradient =
      roundedGradient.checked(convolution.gradientCount, "rounded output gradient")
      + convolution.gradientPixel * convolution.outputChannels
    let target = pairs.checked(convolution.gradientPairCount, "output gradient in pairs")
    let terms = convolution.pixelTerms
    for column in stride(from: 0, to: shape.outputChannels, by: BFloat16Tile.panelWidth) {
      let width = min(BFloat16Tile.panelWidth, shape.outputChannels - column)
      kernels.pairRows(
        PairedRows(
          rowCount: terms, columnCount: width, rows: gradient + column,
          rowStride: convolution.outputChannels,
          pairs: target + (column * imageCount + number * width) * terms))
    }
  }

  /// weightGradient, in panels, += what the packed images of a block come to.
  public func addWeightGradient(
    _ convolution: BFloat16Convolution, imageCount: Int, transposed: BFloats, pairs: BFloats,
    weightGradient: Floats
  ) {
    let shape = convolution.shape
    let a = transposed.checked(convolution.transposedCount, "transposed input")
    let b = pairs.checked(convolution.gradientPairCount, "output gradient in pairs")
    let c = weightGradient.checked(shape.weightCount, "convolution weight gradient")
    convolution.transposedImages.withUnsafeBufferPointer { images in
      var product = BFloat16Product(
        rowCount: shape.inputChannels, columnCount: shape.outputChannels, depth: convolution.pixelTerms, a: a,
        aRowStride: convolution.channelStride, segments: UnsafeBufferPointer(rebasing: images[..<imageCount]),
        b: b, c: c, cRowStride: 0, cPanelStride: kernels.panelWidth * shape.patchCount)
      product.start = .accumulate
      for (tap, place) in convolution.taps.enumerated() {
        product.a = UnsafePointer(a + convolution.patchPixel + place)
        product.cFirstRow = tap * shape.inputChannels
        multiply(product)
      }
    }
  }

  /// The region of a map, after a check of its size.
  private func checkedMap(_ map: FeatureMap, height: Int, width: Int, channels: Int) -> MapRegion {
    checkLane(channels)
    precondition(
      map.height == height && map.width == width && map.channels == channels,
      "a map of [\(map.height), \(map.width), \(map.channels)] for [\(height), \(width), \(channels)]")
    return map.checked("map to round")
  }
}
