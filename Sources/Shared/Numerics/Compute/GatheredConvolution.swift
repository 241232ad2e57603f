// Convolutions of small maps with many channels, for several images together. A product over the pixels of one such
// map has few rows, and reads all weights for them: megabytes for nine pixels. Here the patches of several images are
// copied to the rows of one matrix ("im2col"; Chellapilla, Puri & Simard 2006, "High Performance Convolutional Neural
// Networks for Document Processing"), and weights are read once for all of them.
//
//     forward          output [pixels, out]  ←  patches [pixels, taps · in] · weights
//     weight gradient  += patchesᵀ · output gradient
//     input gradient   [pixels, in]  ←  patches of the spread output gradient · the flipped kernel

import KernelInterface

extension ConvolutionShape {
  /// Whether gathered products apply: each row of a patch must be one run of whole lanes.
  public var canGather: Bool {
    groups == 1 && stride == 1 && dilation == 1 && inputChannels % Lane.width == 0
  }

  /// The output pixels of an image, and its input pixels.
  public var outputPixels: Int { outputHeight * outputWidth }
  public var inputPixels: Int { inputHeight * inputWidth }

  /// The terms of a pixel of the input gradient.
  public var gradientPatchLength: Int { tapCount * outputChannels }
}

extension Engine {
  /// patches [outputPixels, patchLength] ← the patch of the padded input that each output pixel of an image reads.
  ///
  /// - Complexity: O(outputPixels · patchLength).
  public func gatherPatches(_ shape: ConvolutionShape, input: Floats, patches: Floats) {
    precondition(shape.canGather)
    let source = input.checked(shape.inputCount, "convolution input") + shape.patchOrigin
    let target = patches.checked(shape.outputPixels * shape.patchLength, "patches")
    gather(
      source, rowStride: shape.inputRowStride, channels: shape.inputChannels,
      height: shape.outputHeight, width: shape.outputWidth, shape, to: target)
  }

  /// patches [inputPixels, gradientPatchLength] ← the patch of the spread output gradient that each input pixel reads.
  ///
  /// - Complexity: O(inputPixels · gradientPatchLength).
  public func gatherGradientPatches(
    _ shape: ConvolutionShape, outputGradient: Floats, map: GradientMap, patches: Floats
  ) {
    precondition(shape.canGather && map == GradientMap(shape, forInputGradient: true))
    let source = outputGradient.checked(map.count, "convolution output gradient")
    let target = patches.checked(shape.inputPixels * shape.gradientPatchLength, "patches of a gradient")
    gather(
      source, rowStride: map.rowStride, channels: shape.outputChannels, height: shape.inputHeight,
      width: shape.inputWidth, shape, to: target)
  }

  private func gather(
    _ source: UnsafePointer<Float>, rowStride: Int, channels: Int, height: Int, width: Int,
    _ shape: ConvolutionShape, to target: UnsafeMutablePointer<Float>
  ) {
    let run = shape.kernelWidth * channels
    var next = target
    for y in 0..<height {
      for x in 0..<width {
        for row in 0..<shape.kernelHeight {
          next.update(from: source + (y + row) * rowStride + x * channels, count: run)
          next += run
        }
      }
    }
  }

  /// output [pixelCount, outputChannels] ← patches · weights + bias, rectified if `rectifies`.
  ///
  /// - Complexity: O(pixelCount · weightCount).
  public func convolveGathered(
    _ shape: ConvolutionShape, pixelCount: Int, patches: Floats, weights: Floats, bias: Floats,
    output: Floats, rectifies: Bool
  ) {
    var product = gatheredProduct(
      pixelCount, shape.patchLength, shape.outputChannels, patches,
      weights.checked(shape.weightCount, "convolution weights"), output)
    product.start = .bias(bias.checked(shape.outputChannels, "convolution bias"))
    product.rectifies = rectifies
    kernels.multiply(product)
  }

  /// inputGradient [pixelCount, inputChannels] ← patches of the output gradient · the kernel of `flipWeights`.
  ///
  /// - Complexity: O(pixelCount · weightCount).
  public func gatheredInputGradient(
    _ shape: ConvolutionShape, pixelCount: Int, patches: Floats, flippedWeights: Floats,
    inputGradient: Floats
  ) {
    kernels.multiply(
      gatheredProduct(
        pixelCount, shape.gradientPatchLength, shape.inputChannels, patches,
        flippedWeights.checked(shape.flippedWeightCount, "flipped weights"), inputGradient))
  }

  private func gatheredProduct(
    _ rows: Int, _ depth: Int, _ columns: Int, _ patches: Floats, _ weights: UnsafePointer<Float>,
    _ result: Floats
  ) -> MatrixProduct {
    MatrixProduct(
      rowCount: rows, columnCount: columns, depth: depth,
      a: patches.checked(rows * depth, "gathered patches"), aRowStride: depth, aDepthStride: 1, b: weights,
      bRowStride: 0, bPanelStride: kernels.panelWidth * depth,
      c: result.checked(rows * columns, "gathered results"), cRowStride: columns,
      cPanelStride: kernels.panelWidth)
  }

  /// weightGradient, in panels, += patchesᵀ · outputGradient [pixelCount, outputChannels]; biasGradient += its sum.
  ///
  /// - Complexity: O(pixelCount · weightCount).
  public func addGatheredWeightGradient(
    _ shape: ConvolutionShape, pixelCount: Int, patches: Floats, outputGradient: Floats,
    weightGradient: Floats, biasGradient: Floats
  ) {
    let channels = shape.outputChannels
    let a = patches.checked(pixelCount * shape.patchLength, "gathered patches")
    let b = outputGradient.checked(pixelCount * channels, "gathered output gradient")
    let sums = weightGradient.checked(shape.weightCount, "convolution weight gradient")
    for column in stride(from: 0, to: channels, by: kernels.panelWidth) {
      var product = MatrixProduct(
        rowCount: shape.patchLength, columnCount: min(kernels.panelWidth, channels - column),
        depth: pixelCount, a: a, aRowStride: 1, aDepthStride: shape.patchLength, b: b + column,
        bRowStride: channels, bPanelStride: 0, c: sums + column * shape.patchLength, cRowStride: 0,
        cPanelStride: 0)
      product.start = .accumulate
      kernels.multiply(product)
    }
    kernels.addRows(
      RowGroups(start: b, rowCount: pixelCount, rowStride: channels), columnCount: channels,
      to: biasGradient.checked(channels, "convolution bias gradient"))
  }
}
