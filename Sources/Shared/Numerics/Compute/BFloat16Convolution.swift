// Convolutions of one image whose products take bfloat16. No patches are copied. Pixels are numbered along the rows of
// the padded input, so that a tap of the kernel is the same distance from each pixel to the one that it reads.
//
//     forward          output pixels         ←  Σ over taps of input pixels there · weights of the tap
//     input gradient   input pixels          ←  Σ over taps of gradient pixels there · flipped weights of the tap
//     weight gradient  channels, of a tap    ←  Σ over images, pixels of input channels there · gradient pixels
//
// The output gradient is on a grid like the input's: its pixels are spread by the stride, with zeros between and around
// them. Operands are [pixel][channel], with channels padded to whole tiles. The weight gradient needs the input as
// [channel][pixel], and the output gradient as pairs of pixels.

import KernelInterface

/// The sizes of a convolution of one group, and the layout of its operands.
public struct BFloat16Convolution: Sendable {
  public let shape: ConvolutionShape
  /// Channels of a pixel of the operands.
  let inputChannels: Int
  let outputChannels: Int
  /// Pixels from one row to the next, in both grids.
  let linePixels: Int
  /// The offset of each tap from the first one, in pixels.
  let taps: [Int]
  /// The same offsets in bfloat16 of the input, and of the gradient.
  let inputTaps: [Int]
  let gradientTaps: [Int]
  /// The offset of each image of a block in the input's transpose.
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

  /// The pixels of the padded input, and the number of the pixel that the first patch's first tap reads.
  var inputPixels: Int { (shape.inputHeight + 2 * shape.margin) * linePixels }
  var patchPixel: Int {
    (shape.margin - shape.paddingHeight) * linePixels + (shape.margin - shape.paddingWidth)
  }

  /// The distance from the first output pixel to the last one, in pixels of either grid.
  private var lastOutputPixel: Int {
    ((shape.outputHeight - 1) * linePixels + shape.outputWidth - 1) * shape.stride
  }

  private var lastTap: Int { taps[taps.count - 1] }

  /// The number of bfloat16 in the rounded input, including those that products may read after it.
  public var roundedCount: Int {
    let read =
      patchPixel + lastOutputPixel + lastTap + BFloat16Product.rowsReadAfterTheLast * shape.stride + 1
    return max(inputPixels, read) * inputChannels
  }

  /// The number of bfloat16 in the weights in pairs, and in the flipped kernel in pairs.
  public var pairCount: Int { shape.tapCount * inputChannels * shape.outputChannels }
  public var flippedPairCount: Int { shape.tapCount * outputChannels * paddedToLane(shape.inputChannels) }

  // MARK: The backward pass

  /// The number of the pixel in its grid that holds the first output pixel's gradient.
  var gradientPixel: Int {
    (shape.extentHeight - 1 - shape.paddingHeight) * linePixels + shape.extentWidth - 1 - shape.paddingWidth
  }

  /// The terms of an image in a weight gradient: pixels from the first gradient to the last, in whole tiles.
  var pixelTerms: Int { BFloat16Tile.paddedDepth(lastOutputPixel + 1) }

  /// The number of bfloat16 in the rounded gradient's grid.
  public var gradientCount: Int {
    let read =
      (shape.inputHeight - 1) * linePixels + shape.inputWidth + lastTap + BFloat16Product.rowsReadAfterTheLast
    return max(gradientPixel + pixelTerms, read) * outputChannels
  }

  /// The images of a block, whose weight gradient is one product. Small maps have few terms, and the sums are read and
  /// written once for a block.
  public var imagesPerBlock: Int { min(8, max(1, 512 / pixelTerms)) }

  /// The number of bfloat16 of an image in the input's transpose, [channel][image][pixel], and from one channel to the
  /// next. The stride is a tile longer than a channel, so that channels do not fall into the same sets of a cache.
  var transposedPixels: Int { max(inputPixels, patchPixel + lastTap + pixelTerms) }
  var channelStride: Int { imagesPerBlock * transposedPixels + BFloat16Tile.depth }

  public var transposedCount: Int {
    (shape.inputChannels + BFloat16Product.rowsReadAfterTheLast) * channelStride
  }

  /// The number of bfloat16 in a block's gradients in pairs, [panel][image][pair][width][2].
  public var gradientPairCount: Int { imagesPerBlock * pixelTerms * shape.outputChannels }
}

extension Engine {
  // MARK: - Weights

  /// pairs ← the weights as `convolve` reads them.
  ///
  /// - Complexity: O(weightCount).
  public func pairWeights(_ convolution: BFloat16Convolution, weights: Floats, pairs: BFloats) {
    let shape = convolution.shape
    pairWeights(
      tapCount: shape.tapCount, channels: shape.inputChannels, columns: shape.outputChannels,
      weights: weights,
      pairs: pairs)
  }

  /// pairs ← the kernel of `flipWeights` as `convolutionInputGradient` reads it.
  ///
  /// - Complexity: O(flippedWeightCount).
  public func pairFlippedWeights(
    _ convolution: BFloat16Convolution, flippedWeights: Floats, pairs: BFloats
  ) {
    let shape = convolution.shape
    pairWeights(
      tapCount: shape.tapCount, channels: shape.outputChannels, columns: paddedToLane(shape.inputChannels),
      weights: flippedWeights, pairs: pairs)
  }

  // MARK: - Forward

  /// rounded ← the input's pixels. The values between and after them are not written, and must be 0 beforehand.
  ///
  /// - Complexity: O(inputHeight · inputWidth · inputChannels).
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

  /// output ← convolution of the rounded input, plus the bias, rectified if `rectifies`. `output` starts at the first
  /// pixel; its rows are `outputRowStride` floats apart.
  ///
  /// - Complexity: O(outputHeight · outputWidth · weightCount).
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

  /// rounded ← the output gradient's pixels. The values between and around them are not written, and must
  /// be 0 beforehand.
  ///
  /// - Complexity: O(outputHeight · outputWidth · outputChannels).
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

  /// inputGradient ← (or, if `accumulates`, +=) the convolution of the rounded output gradient with the flipped kernel.
  /// `inputGradient` starts at the first pixel; its rows are `rowStride` floats apart.
  ///
  /// - Complexity: O(inputHeight · inputWidth · weightCount).
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

  /// Packs image `number` of a block of `imageCount` into the operands of the block's weight gradient: the input's
  /// transpose, and the rounded output gradient in pairs. `input` is the array with its margin.
  ///
  /// - Complexity: O(p · (inputChannels + outputChannels)), where p is the number of pixels of the padded input.
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

  /// weightGradient, in panels, += the weight gradient of the packed images of a block.
  ///
  /// - Complexity: O(imageCount · p · weightCount), where p is the number of pixels of the padded input.
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
        b: b, c: c, cRowStride: 0, cPanelStride: kernels.panelWidth * shape.patchLength)
      product.start = .accumulate
      for (tap, place) in convolution.taps.enumerated() {
        product.a = UnsafePointer(a + convolution.patchPixel + place)
        product.cFirstRow = tap * shape.inputChannels
        multiply(product)
      }
    }
  }

  /// Returns the region of a map, after a check of its size.
  private func checkedMap(_ map: FeatureMap, height: Int, width: Int, channels: Int) -> MapRegion {
    checkLane(channels)
    precondition(
      map.height == height && map.width == width && map.channels == channels,
      "a map of [\(map.height), \(map.width), \(map.channels)] for [\(height), \(width), \(channels)]")
    return map.checked("map to round")
  }
}
