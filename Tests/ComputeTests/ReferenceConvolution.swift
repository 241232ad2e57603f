// Convolutions of one image, naively and in Double, on plain arrays without margins:
// input [height, width, channels], weights [kernelRow, kernelColumn, channel, output], output [row, column, output].

import Compute

/// A tap of the kernel that falls on a pixel of the input, for one output pixel.
struct Tap {
  let input: Int
  let weight: Int
  let output: Int
}

extension ConvolutionShape {
  /// Calls `body` for every pair of an output pixel and a tap that does not fall into the padding, with the indices
  /// of the input pixel, the tap and the output pixel.
  func forEachTap(_ body: (Tap) -> Void) {
    for v in 0..<outputHeight {
      for u in 0..<outputWidth {
        for r in 0..<kernelHeight {
          for q in 0..<kernelWidth {
            let y = v * stride + r * dilation - paddingHeight
            let x = u * stride + q * dilation - paddingWidth
            guard (0..<inputHeight).contains(y), (0..<inputWidth).contains(x) else { continue }
            body(Tap(input: y * inputWidth + x, weight: r * kernelWidth + q, output: v * outputWidth + u))
          }
        }
      }
    }
  }
}

func referenceConvolution(
  _ shape: ConvolutionShape, input: [Float], weights: [Float], bias: [Float]
) -> Expected {
  let (channels, outputs) = (shape.inputChannels, shape.outputChannels)
  var sums: [SumOfProducts] = []
  for _ in 0..<shape.outputHeight * shape.outputWidth { sums += bias.map { SumOfProducts(startingFrom: $0) } }
  shape.forEachTap { tap in
    for channel in 0..<channels {
      for output in 0..<outputs {
        sums[tap.output * outputs + output].add(
          input[tap.input * channels + channel], weights[(tap.weight * channels + channel) * outputs + output]
        )
      }
    }
  }
  return Expected(sums)
}

/// start + ∂loss/∂weights. `start` and the result are [patchLength, outputChannels].
func referenceWeightGradient(
  _ shape: ConvolutionShape, input: [Float], outputGradient: [Float], startingFrom start: [Float]
) -> Expected {
  var sums = start.map { SumOfProducts(startingFrom: $0) }
  addWeightGradient(shape, input: input, outputGradient: outputGradient, to: &sums)
  return Expected(sums)
}

/// sums += ∂loss/∂weights of one image.
func addWeightGradient(
  _ shape: ConvolutionShape, input: [Float], outputGradient: [Float], to sums: inout [SumOfProducts]
) {
  let (channels, outputs) = (shape.inputChannels, shape.outputChannels)
  shape.forEachTap { tap in
    for channel in 0..<channels {
      for output in 0..<outputs {
        sums[(tap.weight * channels + channel) * outputs + output].add(
          input[tap.input * channels + channel], outputGradient[tap.output * outputs + output])
      }
    }
  }
}

/// start + ∂loss/∂input. `start`, which is 0 by default, and the result are [height, width, channels].
func referenceInputGradient(
  _ shape: ConvolutionShape, outputGradient: [Float], weights: [Float], startingFrom start: [Float]? = nil
) -> Expected {
  let (channels, outputs) = (shape.inputChannels, shape.outputChannels)
  let zeros = [Float](repeating: 0, count: shape.inputHeight * shape.inputWidth * channels)
  var sums = (start ?? zeros).map { SumOfProducts(startingFrom: $0) }
  shape.forEachTap { tap in
    for channel in 0..<channels {
      for output in 0..<outputs {
        sums[tap.input * channels + channel].add(
          outputGradient[tap.output * outputs + output],
          weights[(tap.weight * channels + channel) * outputs + output])
      }
    }
  }
  return Expected(sums)
}

/// Taps in reverse order, channels exchanged: [tap, channel, output] → [tapCount − 1 − tap, output, channel].
func referenceFlip(_ weights: [Float], tapCount: Int, inputChannels: Int, outputChannels: Int) -> [Float] {
  var flipped: [Float] = []
  for tap in (0..<tapCount).reversed() {
    for output in 0..<outputChannels {
      for channel in 0..<inputChannels {
        flipped.append(weights[(tap * inputChannels + channel) * outputChannels + output])
      }
    }
  }
  return flipped
}

// MARK: - Depthwise convolutions
//
// Arrays without margins: input [height, width, channel], weights [kernelRow, kernelColumn, channel], output [row,
// column, channel].

func referenceDepthwise(
  _ shape: DepthwiseShape, input: [Float], weights: [Float], bias: [Float]?
) -> Expected {
  let channels = shape.channels
  let start = bias ?? [Float](repeating: 0, count: channels)
  var sums: [SumOfProducts] = []
  for _ in 0..<shape.maps.outputHeight * shape.maps.outputWidth {
    sums += start.map { SumOfProducts(startingFrom: $0) }
  }
  shape.maps.forEachTap { tap in
    for channel in 0..<channels {
      sums[tap.output * channels + channel].add(
        input[tap.input * channels + channel], weights[tap.weight * channels + channel])
    }
  }
  return Expected(sums)
}

/// start + ∂loss/∂weights
func referenceDepthwiseWeightGradient(
  _ shape: DepthwiseShape, input: [Float], outputGradient: [Float], startingFrom start: [Float]
) -> Expected {
  let channels = shape.channels
  var sums = start.map { SumOfProducts(startingFrom: $0) }
  shape.maps.forEachTap { tap in
    for channel in 0..<channels {
      sums[tap.weight * channels + channel].add(
        input[tap.input * channels + channel], outputGradient[tap.output * channels + channel])
    }
  }
  return Expected(sums)
}

/// start + ∂loss/∂input
func referenceDepthwiseInputGradient(
  _ shape: DepthwiseShape, outputGradient: [Float], weights: [Float], startingFrom start: [Float]
) -> Expected {
  let channels = shape.channels
  var sums = start.map { SumOfProducts(startingFrom: $0) }
  shape.maps.forEachTap { tap in
    for channel in 0..<channels {
      sums[tap.input * channels + channel].add(
        outputGradient[tap.output * channels + channel], weights[tap.weight * channels + channel])
    }
  }
  return Expected(sums)
}
