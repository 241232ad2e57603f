// Convolutions of one image: forward, weight gradient, input gradient. Threads share the images, not parts of one.
//
//     forward          y[v, u, o] = b[o] + Σ over r, q, c of x[v·s + r·d, u·s + q·d, c] · W[r, q, c, o]
//     weight gradient  W′[r, q, c, o] = Σ over v, u of x[v·s + r·d, u·s + q·d, c] · y′[v, u, o]
//     input gradient   x′ = y′, spread by the stride and padded, convolved with the flipped kernel
//
// with stride s and dilation d. Maps are [height, width, channels] with a margin of zeros all around. So no pixel is a
// special case, the (q, c) terms of a kernel row follow each other, and each product reads its patches in place.
// Weights are stored in panels, [outputPanel][r, q, c][width]. If channels are in groups, each group of the output is
// a convolution of the same group of the input. Its weights, in their own panels, follow those of the group before.

import KernelInterface

extension Engine {
  /// output rows `rows` ← convolution of the padded input, plus the bias [outputChannels] if there is one. `input` starts
  /// at the margin's corner, and `output` at row `rows.lowerBound`; its pixels follow each other, and its rows are
  /// `outputRowStride` floats apart.
  ///
  /// - Complexity: O(rows.count · outputWidth · weightCount).
  public func convolve(
    _ shape: ConvolutionShape, input: Floats, weights: Floats, bias: Floats?, rows: Range<Int>,
    output: Floats, outputRowStride: Int, rectifies: Bool
  ) {
    let channels = shape.outputChannels
    precondition(rows.lowerBound >= 0 && rows.upperBound <= shape.outputHeight, "rows \(rows) of the output")
    precondition(outputRowStride % channels == 0 && outputRowStride >= shape.outputWidth * channels)
    let x = input.checked(shape.inputCount, "convolution input") + shape.patchOrigin
    let y = output.checked(
      (rows.count - 1) * outputRowStride + shape.outputWidth * channels, "convolution output")
    var product = MatrixProduct(
      rowCount: shape.outputWidth, columnCount: shape.groupOutputs, depth: 0,
      a: x + rows.lowerBound * shape.stride * shape.inputRowStride,
      aRowStride: shape.stride * shape.inputChannels, aDepthStride: 1,
      b: weights.checked(shape.weightCount, "convolution weights"), bRowStride: 0, bPanelStride: 0, c: y,
      cRowStride: channels, cPanelStride: kernels.panelWidth)
    product.groupCount = rows.count
    product.aGroupStride = shape.stride * shape.inputRowStride
    product.cGroupRows = outputRowStride / channels
    product.start = bias.map { .bias($0.checked(channels, "convolution bias")) } ?? .zero
    product.rectifies = rectifies
    multiplyPatches(product, shape.taps, groups: shape.groups)
  }

  /// weightGradient += Σ over output pixels of input patch · output gradient; biasGradient, if given, += Σ of the
  /// output gradient.
  ///
  /// - Complexity: O(outputHeight · outputWidth · weightCount).
  public func addConvolutionWeightGradient(
    _ shape: ConvolutionShape, input: Floats, outputGradient: Floats, map: GradientMap,
    weightGradient: Floats, biasGradient: Floats?
  ) {
    let channels = shape.outputChannels
    let gradient = checkedGradient(shape, outputGradient, map)
    let x = input.checked(shape.inputCount, "convolution input") + shape.patchOrigin
    let sums = weightGradient.checked(shape.weightCount, "convolution weight gradient")
    for group in 0..<shape.groups {
      forEachPanel(shape.groupOutputs) { _, columns in
        let column = group * shape.groupOutputs + columns.lowerBound
        var product = MatrixProduct(
          rowCount: 0, columnCount: columns.count, depth: shape.outputWidth,
          a: x + group * shape.groupInputs, aRowStride: 1, aDepthStride: shape.stride * shape.inputChannels,
          b: gradient + column, bRowStride: map.pixelStride, bPanelStride: 0,
          c: sums + column * shape.patchLength, cRowStride: 0, cPanelStride: 0)
        product.segmentCount = shape.outputHeight
        product.aSegmentStride = shape.stride * shape.inputRowStride
        product.bSegmentRows = map.lineStride / map.pixelStride
        product.joinSegments()
        product.start = .accumulate
        addTaps(product, shape.taps)
      }
    }
    guard let biasGradient else { return }
    addPixels(shape, gradient, map, to: biasGradient.checked(channels, "convolution bias gradient"))
  }

  /// Adds one panel of the weight gradient. The product has a group for each kernel row, whose taps are the product's
  /// rows. Taps that do not follow each other are separate products.
  private func addTaps(_ product: MatrixProduct, _ taps: KernelTaps) {
    var product = product
    product.groupCount = taps.height
    product.aGroupStride = taps.lineStride
    product.cGroupRows = taps.width * taps.channels
    product.rowCount = taps.areRuns ? product.cGroupRows : taps.channels
    for _ in 0..<(taps.areRuns ? 1 : taps.width) {
      kernels.multiply(product)
      product.a += taps.pixelStride
      product.c += taps.channels * product.columnCount
    }
  }

  /// Returns the first output pixel of a gradient that is laid out as `map` says.
  func checkedGradient(
    _ shape: ConvolutionShape, _ outputGradient: Floats, _ map: GradientMap
  ) -> UnsafeMutablePointer<Float> {
    precondition(
      map == GradientMap(shape, forInputGradient: true) || map == GradientMap(shape, forInputGradient: false),
      "an output gradient laid out for another shape")
    return outputGradient.checked(map.count, "convolution output gradient") + map.origin
  }

  /// sums += Σ over the output pixels of their gradient, which is the gradient of the bias.
  func addPixels(
    _ shape: ConvolutionShape, _ gradient: UnsafePointer<Float>, _ map: GradientMap,
    to sums: UnsafeMutablePointer<Float>
  ) {
    kernels.addRows(
      RowGroups(
        start: gradient, groupCount: shape.outputHeight, groupStride: map.lineStride,
        rowCount: shape.outputWidth, rowStride: map.pixelStride),
      columnCount: shape.outputChannels, to: sums)
  }

  /// inputGradient ← (or, if `accumulates`, +=) the convolution of the spread output gradient with the flipped kernel.
  /// `inputGradient` starts at the input's first pixel, not at a margin; its rows are `rowStride` floats apart.
  ///
  /// - Complexity: O(inputHeight · inputWidth · weightCount); with a stride, without the taps that meet zeros.
  public func convolutionInputGradient(
    _ shape: ConvolutionShape, outputGradient: Floats, map: GradientMap, flippedWeights: Floats,
    inputGradient: Floats, rowStride: Int, accumulates: Bool = false
  ) {
    let channels = shape.inputChannels
    precondition(channels % Lane.width == 0, "\(channels) channels are not padded to the lane")
    precondition(rowStride % channels == 0 && rowStride >= shape.inputWidth * channels)
    precondition(
      map == GradientMap(shape, forInputGradient: true), "an output gradient laid out for another purpose")
    var product = MatrixProduct(
      rowCount: shape.inputWidth, columnCount: shape.groupInputs, depth: 0,
      a: outputGradient.checked(map.count, "convolution output gradient"), aRowStride: shape.outputChannels,
      aDepthStride: 1, b: flippedWeights.checked(shape.flippedWeightCount, "flipped weights"), bRowStride: 0,
      bPanelStride: 0,
      c: inputGradient.checked(
        (shape.inputHeight - 1) * rowStride + shape.inputWidth * channels, "convolution input gradient"),
      cRowStride: channels, cPanelStride: kernels.panelWidth)
    product.groupCount = shape.inputHeight
    product.aGroupStride = map.rowStride
    product.cGroupRows = rowStride / channels
    product.start = accumulates ? .accumulate : .zero
    if shape.stride > 1 && shape.flippedTaps(map).areRuns && shape.groups == 1 {
      multiplyPhases(product, shape, map)
    } else {
      multiplyPatches(product, shape.flippedTaps(map), groups: shape.groups)
    }
  }

  /// flipped [group][panel of input channels][tap, output channel][width] ← the kernel that
  /// `convolutionInputGradient` reads, with the taps from the last to the first.
  ///
  /// - Complexity: O(weightCount), or the share of `panels` in it.
  public func flipWeights(
    _ shape: ConvolutionShape, panels: Range<Int>? = nil, weights: Floats, flipped: Floats
  ) {
    let panels = checked(panels, columns: shape.groupInputs)
    precondition(shape.inputChannels % Lane.width == 0, "only images have no padded channels")
    let source = weights.checked(shape.weightCount, "convolution weights")
    let target = flipped.checked(shape.flippedWeightCount, "flipped weights")
    let groupCount = shape.weightCount / shape.groups
    for group in 0..<shape.groups {
      kernels.flipKernel(
        KernelFlip(
          tapCount: shape.tapCount, inputChannels: shape.groupInputs, outputChannels: shape.groupOutputs,
          panels: panels, packed: source + group * groupCount, flipped: target + group * groupCount))
    }
  }
}
