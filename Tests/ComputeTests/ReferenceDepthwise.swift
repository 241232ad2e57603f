// Depthwise convolutions of one image, naively and in Double, on plain arrays without margins:
// input [height, width, channel], weights [kernelRow, kernelColumn, channel], output [row, column, channel].

import Compute

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
