// The gradients of a layer's weights and bias, as sums over images. Each chunk of a batch adds up its images in their
// order, and the batch adds up the chunks in their order.

import Compute

struct ChunkSums: Sendable {
  /// For each chunk, the sums of the weights' gradients and, after them, of the bias's.
  let array: ArrayID
  let weightCount: Int

  /// Clears the sums of a chunk before its first image.
  func begin(_ chunk: Int, _ network: Network) {
    network.memory.floats(array)[chunk].update(repeating: 0)
  }

  /// Returns the sums to which an image adds its share.
  func floats(_ place: ImagePlace, _ network: Network) -> (weights: Floats, bias: Floats) {
    split(network.memory.floats(array, place))
  }

  /// Returns the sums over the chunks of this process and of the processes before it.
  func total(_ chunks: Range<Int>, _ network: Network) -> (weights: Floats, bias: Floats) {
    let parts = network.memory.floats(array)
    let sum = parts[network.plan.chunkCount]
    network.sum(parts, chunks, to: sum)
    return split(sum)
  }

  /// Writes the sums over the batch to the gradient, which is laid out like the parameters.
  func writeTotal(_ chunks: Range<Int>, to slices: ParameterSlices, _ network: Network) {
    guard let gradient = network.training?.gradient else { return }
    if slices.learnsWeights && slices.learnsBias {
      let all = slices.weights.lowerBound..<slices.bias.upperBound
      network.sum(network.memory.floats(array), chunks, to: gradient[all])
      return
    }
    let sums = total(chunks, network)
    if slices.learnsWeights {
      gradient[slices.weights].baseAddress!.update(from: sums.weights.baseAddress!, count: weightCount)
    }
    if slices.learnsBias {
      gradient[slices.bias].baseAddress!.update(from: sums.bias.baseAddress!, count: slices.bias.count)
    }
  }

  private func split(_ sums: Floats) -> (weights: Floats, bias: Floats) {
    (Floats(rebasing: sums[..<weightCount]), sums.from(weightCount))
  }
}
