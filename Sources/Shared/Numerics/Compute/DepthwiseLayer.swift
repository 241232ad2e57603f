// Depthwise convolutions of one image, in which each channel has its own kernel: forward, weight gradient, input
// gradient. Maps have the layout of ConvolutionLayer.swift; weights and their gradient are [r, q, c].

import KernelInterface

/// The sizes of a depthwise convolution. Channels are padded to the lane.
public struct DepthwiseShape: Equatable, Sendable {
  /// The sizes of the maps, and the layout of the output gradient: those of any convolution with as many input as
  /// output channels. Its counts of weights do not apply.
  public let maps: ConvolutionShape

  public init(
    inputHeight: Int, inputWidth: Int, channels: Int, kernelHeight: Int, kernelWidth: Int, stride: Int = 1,
    dilation: Int = 1, paddingHeight: Int = 0, paddingWidth: Int = 0, margin: Int? = nil
  ) {
    maps = ConvolutionShape(
      inputHeight: inputHeight, inputWidth: inputWidth, inputChannels: channels, outputChannels: channels,
      kernelHeight: kernelHeight, kernelWidth: kernelWidth, stride: stride, dilation: dilation,
      paddingHeight: paddingHeight, paddingWidth: paddingWidth, margin: margin)
  }

  public var channels: Int { maps.inputChannels }
  /// The number of weights, [kernelRow, kernelColumn, channel].
  public var weightCount: Int { maps.tapCount * channels }

  /// Returns the taps of some output rows in the input.
  fileprivate func inputTaps(rows: Int) -> DepthwiseTaps {
    let taps = maps.taps
    return DepthwiseTaps(
      channels: channels, kernelHeight: taps.height, kernelWidth: taps.width, tapStride: taps.pixelStride,
      tapLineStride: taps.lineStride, height: rows, width: maps.outputWidth,
      pixelStride: maps.stride * channels, lineStride: maps.stride * maps.inputRowStride)
  }

  /// Returns the taps of the input gradient in the spread output gradient.
  fileprivate func gradientTaps(_ map: GradientMap) -> DepthwiseTaps {
    DepthwiseTaps(
      channels: channels, kernelHeight: maps.kernelHeight, kernelWidth: maps.kernelWidth,
      tapStride: maps.dilation * channels, tapLineStride: maps.dilation * map.rowStride,
      height: maps.inputHeight, width: maps.inputWidth, pixelStride: channels, lineStride: map.rowStride)
  }
}

extension Engine {
  /// output rows `rows` ← depthwise convolution of the padded input, plus the bias if there is one. `output` starts at
  /// row `rows.lowerBound`; its pixels follow each other, and its rows are `outputRowStride` floats apart.
  ///
  /// - Complexity: O(rows.count · outputWidth · weightCount).
  public func convolveDepthwise(
    _ shape: DepthwiseShape, input: Floats, weights: Floats, bias: Floats?, rows: Range<Int>, output: Floats,
    outputRowStride: Int, rectifies: Bool
  ) {
    let (maps, channels) = (shape.maps, shape.channels)
    precondition(rows.lowerBound >= 0 && rows.upperBound <= maps.outputHeight, "rows \(rows) of the output")
    precondition(outputRowStride >= maps.outputWidth * channels, "rows of the output overlap")
    let x = input.checked(maps.inputCount, "convolution input") + maps.patchOrigin
    kernels.convolveDepthwise(
      DepthwiseConvolution(
        taps: shape.inputTaps(rows: rows.count),
        source: x + rows.lowerBound * maps.stride * maps.inputRowStride,
        weights: weights.checked(shape.weightCount, "depthwise weights"), weightStride: channels,
        start: bias.map { .bias($0.checked(channels, "convolution bias")) } ?? .zero, rectifies: rectifies,
        target: output.checked(
          (rows.count - 1) * outputRowStride + maps.outputWidth * channels, "convolution output"),
        targetRowStride: outputRowStride))
  }

  /// weightGradient [r, q, c] += Σ over output pixels of input · output gradient; biasGradient, if given, += Σ of the
  /// output gradient.
  ///
  /// - Complexity: O(outputHeight · outputWidth · weightCount).
  public func addDepthwiseWeightGradient(
    _ shape: DepthwiseShape, input: Floats, outputGradient: Floats, map: GradientMap, weightGradient: Floats,
    biasGradient: Floats?
  ) {
    let maps = shape.maps
    let gradient = checkedGradient(maps, outputGradient, map)
    kernels.addDepthwiseWeightGradient(
      DepthwiseWeightGradient(
        taps: shape.inputTaps(rows: maps.outputHeight),
        source: input.checked(maps.inputCount, "convolution input") + maps.patchOrigin, gradient: gradient,
        gradientPixelStride: map.pixelStride, gradientLineStride: map.lineStride,
        weightGradient: weightGradient.checked(shape.weightCount, "depthwise weight gradient")))
    guard let biasGradient else { return }
    addPixels(maps, gradient, map, to: biasGradient.checked(shape.channels, "convolution bias gradient"))
  }

  /// inputGradient ← (or, if `accumulates`, +=) the depthwise convolution of the spread output gradient with the taps
  /// in reverse order. `weights` are those of the forward pass, read backwards. `inputGradient` starts at the input's
  /// first pixel, not at a margin; its rows are `rowStride` floats apart.
  ///
  /// - Complexity: O(inputHeight · inputWidth · weightCount).
  public func depthwiseInputGradient(
    _ shape: DepthwiseShape, outputGradient: Floats, map: GradientMap, weights: Floats, inputGradient: Floats,
    rowStride: Int, accumulates: Bool = false
  ) {
    let (maps, channels) = (shape.maps, shape.channels)
    precondition(rowStride >= maps.inputWidth * channels, "rows of the input gradient overlap")
    precondition(
      map == GradientMap(maps, forInputGradient: true), "an output gradient laid out for another purpose")
    let firstTap = weights.checked(shape.weightCount, "depthwise weights")
    kernels.convolveDepthwise(
      DepthwiseConvolution(
        taps: shape.gradientTaps(map),
        source: outputGradient.checked(map.count, "convolution output gradient"),
        weights: firstTap + (maps.tapCount - 1) * channels, weightStride: -channels,
        start: accumulates ? .accumulate : .zero, rectifies: false,
        target: inputGradient.checked(
          (maps.inputHeight - 1) * rowStride + maps.inputWidth * channels, "convolution input gradient"),
        targetRowStride: rowStride))
  }
}
