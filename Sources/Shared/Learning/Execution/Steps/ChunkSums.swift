// The gradients of a layer's weights and bias, as sums over images: one of each for a chunk of a batch, which adds up its
// images in their order, and one for the batch, which adds up the chunks in theirs.

import Compute

struct ChunkSums: Sendable {
  /// For each chunk, the sums of the weights' gradients and, after them, of the bias's.
  let array: ArrayID
  let weightCount: Int

  /// Before the first image of a chunk.
  func begin(_ chunk: Int, _ network: Network) {
    network.memory.floats(array)[chunk].update(repeating: 0)
  }

  /// Where an image adds its share.
  func floats(_ place: ImagePlace, _ network: Network) -> (weights: Floats, bias: Floats) {
    split(network.memory.floats(array, place))
  }

  /// The sums over the batch, of the chunks of this process and those before it.
  func total(_ chunks: Range<Int>, _ network: Network) -> (weights: Floats, bias: Floats) {
    let parts = network.memory.floats(array)
    let sum = parts[network.plan.chunkCount]
    network.sum(parts, chunks, to: sum)
    return split(sum)
  }

  /// Writes the sums over the batch to the gradient, where they lie as the parameters do.
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
