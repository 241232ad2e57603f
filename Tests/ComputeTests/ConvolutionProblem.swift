// A convolution's operands in the layouts that the kernels take, and the shapes that the tests use.

import Compute
import KernelInterface

struct ConvolutionProblem: CustomStringConvertible {
  let shape: ConvolutionShape
  private(set) var input: [Float]
  private(set) var weights: [Float]
  let bias: [Float]
  private(set) var outputGradient: [Float]

  init(_ shape: ConvolutionShape, fill: (Int, Int) -> [Float] = { randomFloats($0, seed: $1) }) {
    self.shape = shape
    input = fill(shape.inputHeight * shape.inputWidth * shape.inputChannels, 1)
    weights = fill(shape.weightCount, 2)
    bias = fill(shape.outputChannels, 3)
    outputGradient = fill(shape.outputHeight * shape.outputWidth * shape.outputChannels, 4)
  }

  /// The same with another input, other weights or another output gradient.
  func with(
    input: [Float]? = nil, weights: [Float]? = nil, outputGradient: [Float]? = nil
  ) -> ConvolutionProblem {
    var problem = self
    problem.input = input ?? self.input
    problem.weights = weights ?? self.weights
    problem.outputGradient = outputGradient ?? self.outputGradient
    return problem
  }

  var description: String {
    "[\(shape.inputHeight), \(shape.inputWidth), \(shape.inputChannels)] → \(shape.outputChannels), kernel "
      + "\(shape.kernelHeight) × \(shape.kernelWidth), stride \(shape.stride), dilation \(shape.dilation), "
      + "padding \(shape.paddingHeight) × \(shape.paddingWidth), margin \(shape.margin)"
  }

  /// The input with its margin of zeros.
  var paddedInput: GuardedFloats {
    let rowStride = (shape.inputWidth + 2 * shape.margin) * shape.inputChannels
    let layout = Layout.map(
      height: shape.inputHeight, width: shape.inputWidth, channels: shape.inputChannels,
      pixelStride: shape.inputChannels, rowStride: rowStride,
      origin: shape.margin * (rowStride + shape.inputChannels),
      capacity: (shape.inputHeight + 2 * shape.margin) * rowStride)
    return GuardedFloats(layout, input, filler: 0)
  }

  func packedWeights(_ kernels: any KernelSet.Type) -> GuardedFloats {
    GuardedFloats(.panels(shape.patchLength, shape.outputChannels, width: kernels.panelWidth), weights)
  }

  /// The output gradient in the layout for the input gradient: pixels `stride` apart with zeros between them, and a
  /// margin so wide that the convolution with the flipped kernel gives the input's size.
  var spreadOutputGradient: GuardedFloats {
    let channels = shape.outputChannels
    let (rows, columns) = (
      shape.dilation * (shape.kernelHeight - 1), shape.dilation * (shape.kernelWidth - 1)
    )
    let rowStride = (shape.inputWidth + columns) * channels
    let layout = Layout.map(
      height: shape.outputHeight, width: shape.outputWidth, channels: channels,
      pixelStride: shape.stride * channels, rowStride: shape.stride * rowStride,
      origin: (rows - shape.paddingHeight) * rowStride + (columns - shape.paddingWidth) * channels,
      capacity: (shape.inputHeight + rows) * rowStride)
    return GuardedFloats(layout, outputGradient, filler: 0)
  }
}

extension ConvolutionProblem {
  /// Every stride and padding of a kernel, on maps of one pixel (if that fits), tiny and odd ones. The numbers of
  /// channels change from shape to shape.
  static func geometries(kernelSize: Int, inputChannels: [Int]) -> [ConvolutionShape] {
    let outputChannels = [16, 32, 48, 64]
    var shapes: [ConvolutionShape] = []
    for stride in 1...3 {
      for padding in 0..<kernelSize {
        for (height, width) in [(1, 1), (2, 3), (5, 4), (7, 9), (10, 8)] {
          guard min(height, width) + 2 * padding >= kernelSize else { continue }
          shapes.append(
            ConvolutionShape(
              inputHeight: height, inputWidth: width,
              inputChannels: inputChannels[shapes.count % inputChannels.count],
              outputChannels: outputChannels[shapes.count / 2 % outputChannels.count], kernelSize: kernelSize,
              stride: stride, padding: padding))
        }
      }
    }
    return shapes
  }

  /// Kernels that are not square, with every dilation, stride and pair of paddings, and margins wider than the
  /// paddings.
  static func unevenGeometries(inputChannels: [Int]) -> [ConvolutionShape] {
    let outputChannels = [16, 32, 48, 64]
    var shapes: [ConvolutionShape] = []
    for (kernelHeight, kernelWidth) in [(1, 1), (3, 5), (1, 3), (3, 1), (2, 2), (3, 3)] {
      for dilation in 1...3 {
        for stride in 1...2 {
          let index = shapes.count
          let (rows, columns) = (dilation * (kernelHeight - 1), dilation * (kernelWidth - 1))
          let (above, left) = ([0, rows / 2, rows][index % 3], [columns, columns / 2, 0][index / 2 % 3])
          shapes.append(
            ConvolutionShape(
              inputHeight: rows + 1 + index % 5, inputWidth: columns + 2 + index % 4,
              inputChannels: inputChannels[index % inputChannels.count],
              outputChannels: outputChannels[index / 2 % outputChannels.count], kernelHeight: kernelHeight,
              kernelWidth: kernelWidth, stride: stride, dilation: dilation, paddingHeight: above,
              paddingWidth: left, margin: max(above, left) + index % 3))
        }
      }
    }
    return shapes
  }

  /// Every pair of channel counts, and rows of lengths around those of register tiles.
  static func channelsAndWidths(inputChannels: [Int]) -> [ConvolutionShape] {
    var shapes: [ConvolutionShape] = []
    for inputs in inputChannels {
      for outputs in [16, 32, 48, 64] {
        shapes.append(
          ConvolutionShape(
            inputHeight: 6, inputWidth: 7, inputChannels: inputs, outputChannels: outputs, kernelSize: 3,
            stride: 1,
            padding: 1))
      }
    }
    for width in rowCountsAroundTiles where width >= 1 {
      shapes.append(
        ConvolutionShape(
          inputHeight: 3, inputWidth: width, inputChannels: inputChannels[0], outputChannels: 48,
          kernelSize: 3,
          stride: 1, padding: 1))
    }
    return shapes
  }
}
