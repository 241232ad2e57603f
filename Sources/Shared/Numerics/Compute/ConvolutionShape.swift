// The sizes of a convolution, and the layout of its output gradient. ConvolutionLayer.swift has the arithmetic.

import KernelInterface

/// The sizes of a convolution. Output channels are padded to the lane, and so are input channels, unless the
/// input is the image.
///
/// The input is [height, width, channels] inside a margin of zeros; its array starts at the margin's corner.
/// The margin is at least as wide as the padding, and may be wider, since a map has one margin for all
/// layers that read it.
public struct ConvolutionShape: Equatable, Sendable {
  public let inputHeight: Int
  public let inputWidth: Int
  public let inputChannels: Int
  /// The input channels that are not padding. The channels after them are 0 in the input and in the weights.
  public let filledInputs: Int
  public let outputChannels: Int
  public let kernelHeight: Int
  public let kernelWidth: Int
  /// Input pixels from one output pixel to the next, in both directions.
  public let stride: Int
  /// Input pixels from one tap of the kernel to the next, in both directions.
  public let dilation: Int
  /// Rows of zeros that the kernel reads above and below the input.
  public let paddingHeight: Int
  /// Columns of zeros that the kernel reads left and right of the input.
  public let paddingWidth: Int
  /// Rows and columns of zeros around the input's array on every side, at least both paddings.
  public let margin: Int
  /// The number of groups that the input's and the output's channels are cut into. Each group of the output reads only
  /// the same group of the input. If there are several, a group is whole lanes.
  public let groups: Int

  /// Creates a shape. The default margin is the wider padding.
  public init(
    inputHeight: Int, inputWidth: Int, inputChannels: Int, outputChannels: Int, kernelHeight: Int,
    kernelWidth: Int, stride: Int = 1, dilation: Int = 1, paddingHeight: Int = 0, paddingWidth: Int = 0,
    margin: Int? = nil, groups: Int = 1, filledInputs: Int? = nil
  ) {
    precondition(
      outputChannels >= Lane.width && outputChannels % Lane.width == 0,
      "\(outputChannels) channels are not padded to the lane")
    precondition(inputHeight >= 1 && inputWidth >= 1 && inputChannels >= 1)
    precondition(min(kernelHeight, kernelWidth) >= 1 && stride >= 1 && dilation >= 1)
    // The margin of the input gradient is the kernel's extent less 1 and less the padding.
    precondition(
      (0...dilation * (kernelHeight - 1)).contains(paddingHeight)
        && (0...dilation * (kernelWidth - 1)).contains(paddingWidth),
      "a padding of \(paddingHeight) × \(paddingWidth) is not smaller than the kernel")
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.inputChannels = inputChannels
    self.filledInputs = filledInputs ?? inputChannels
    self.outputChannels = outputChannels
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.stride = stride
    self.dilation = dilation
    self.paddingHeight = paddingHeight
    self.paddingWidth = paddingWidth
    self.margin = margin ?? max(paddingHeight, paddingWidth)
    self.groups = groups
    precondition(
      groups == 1
        || (groups > 1 && inputChannels % (groups * Lane.width) == 0
          && outputChannels % (groups * Lane.width) == 0),
      "\(groups) groups of \(inputChannels) → \(outputChannels) channels are not whole lanes")
    precondition(
      inputHeight + 2 * paddingHeight >= extentHeight && inputWidth + 2 * paddingWidth >= extentWidth,
      "a kernel over [\(extentHeight), \(extentWidth)] is larger than the padded input")
    precondition(
      self.margin >= max(paddingHeight, paddingWidth), "a margin of \(self.margin) is below the padding")
  }

  /// Creates the shape of a square kernel with the same padding on all sides.
  public init(
    inputHeight: Int, inputWidth: Int, inputChannels: Int, outputChannels: Int, kernelSize: Int, stride: Int,
    padding: Int, dilation: Int = 1, margin: Int? = nil
  ) {
    self.init(
      inputHeight: inputHeight, inputWidth: inputWidth, inputChannels: inputChannels,
      outputChannels: outputChannels, kernelHeight: kernelSize, kernelWidth: kernelSize, stride: stride,
      dilation: dilation, paddingHeight: padding, paddingWidth: padding, margin: margin)
  }

  /// Rows and columns of the input from a kernel's first tap to its last, inclusive.
  var extentHeight: Int { dilation * (kernelHeight - 1) + 1 }
  var extentWidth: Int { dilation * (kernelWidth - 1) + 1 }

  public var outputHeight: Int { (inputHeight + 2 * paddingHeight - extentHeight) / stride + 1 }
  public var outputWidth: Int { (inputWidth + 2 * paddingWidth - extentWidth) / stride + 1 }
  /// The number of floats in a row of the input's array.
  public var inputRowStride: Int { (inputWidth + 2 * margin) * inputChannels }
  /// The number of floats in the input's array.
  public var inputCount: Int { (inputHeight + 2 * margin) * inputRowStride }
  /// The offset of the first output pixel's patch in the input's array.
  var patchOrigin: Int {
    (margin - paddingHeight) * inputRowStride + (margin - paddingWidth) * inputChannels
  }
  public var tapCount: Int { kernelHeight * kernelWidth }
  /// The channels of a group.
  public var groupInputs: Int { inputChannels / groups }
  public var groupOutputs: Int { outputChannels / groups }
  /// The values of a patch, which are the terms of an output value.
  public var patchLength: Int { tapCount * groupInputs }
  /// The number of weights. They are stored group by group, each group in its own panels:
  /// [group][panel][kernelRow, kernelColumn, input][width].
  public var weightCount: Int { patchLength * outputChannels }
  /// The number of weights in the flipped kernel of the input gradient.
  public var flippedWeightCount: Int { tapCount * groupOutputs * paddedToLane(inputChannels) }

  /// Returns the number of groups to compute a grouped convolution with: as many as possible, each made of some whole
  /// groups, with channels in whole lanes. Within such a group, the weights between different original groups are 0.
  ///
  /// - Complexity: O(groups).
  public static func computedGroups(_ groups: Int, inputChannels: Int, outputChannels: Int) -> Int {
    (1...groups).last {
      groups % $0 == 0 && inputChannels % ($0 * Lane.width) == 0 && outputChannels % ($0 * Lane.width) == 0
    } ?? 1
  }
}

/// The layout of an output gradient for the backward pass: spread by the stride, with the margin that the convolution
/// with the flipped kernel needs. Without an input gradient, it has neither.
public struct GradientMap: Equatable, Sendable {
  /// Rows of the map, margin included, and floats from one row to the next.
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
      let rowsAbove = shape.extentHeight - 1 - shape.paddingHeight
      let columnsLeft = shape.extentWidth - 1 - shape.paddingWidth
      rowCount = shape.inputHeight + shape.extentHeight - 1
      rowStride = (shape.inputWidth + shape.extentWidth - 1) * channels
      pixelStride = shape.stride * channels
      lineStride = shape.stride * rowStride
      origin = rowsAbove * rowStride + columnsLeft * channels
    } else {
      rowCount = shape.outputHeight
      rowStride = shape.outputWidth * channels
      pixelStride = channels
      lineStride = rowStride
      origin = 0
    }
  }

  /// The number of floats in the map.
  public var count: Int { rowCount * rowStride }
}
