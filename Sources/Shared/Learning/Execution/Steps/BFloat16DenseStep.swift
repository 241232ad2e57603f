// A dense layer with bfloat16 products, for the whole batch (Compute/BFloat16Dense.swift).

import Compute

struct BFloat16DenseStep: BatchStep {
  /// The layer in float32, with its shape, values and parameters.
  let dense: DenseStep
  let rounded: ArrayID
  let weights: ArrayID
  /// `nil` outside training.
  let gradient: Gradient?

  /// The memory of the backward pass.
  struct Gradient {
    let rounded: ArrayID
    /// The operands of the weight gradient.
    let transposedInput: ArrayID
    let pairs: ArrayID
    /// For each worker, a part of the weights.
    let transposedWeights: ArrayID
    let transposedPairs: ArrayID
  }

  var output: ValuePlan { dense.output }

  func forward(batch: Int, _ network: Network) {
    let (engine, shape, count) = (network.engine, dense.shape, network.share.own.count)
    let rounded = network.memory.bfloats(rounded).all
    engine.roundRows(
      network.ownRows(dense.input.value), batch: count, columns: shape.inputs, rounded: rounded)
    let rows = network.ownRows(output)
    engine.denseForward(
      shape, batch: count, roundedInput: rounded, pairedWeights: network.memory.bfloats(weights).all,
      bias: network.bias(dense.slices), output: rows, rectifies: output.rectifies
    ) { dense.dropOut($0, of: rows, network) }
  }

  func backward(batch: Int, _ network: Network) {
    guard let gradient, let training = network.training else { return }
    let (engine, memory, shape) = (network.engine, network.memory, dense.shape)
    let rounded = memory.bfloats(gradient.rounded).all
    dense.gatherImages(network)
    let outputGradient = network.gradientRows(output)
    engine.roundRows(outputGradient, batch: batch, columns: shape.outputs, rounded: rounded)
    engine.denseWeightGradient(
      shape, batch: batch, input: network.rows(dense.input.value), outputGradient: outputGradient,
      roundedOutputGradient: rounded, transposed: memory.bfloats(gradient.transposedInput).all,
      pairs: memory.bfloats(gradient.pairs).all, weightGradient: training.gradient[dense.slices.weights],
      biasGradient: dense.slices.learnsBias ? training.gradient[dense.slices.bias] : nil)
    let images = network.share.own
    guard let share = network.share(of: dense.input), !images.isEmpty else { return }
    let rows = network.ownGradientRows(dense.input.value)
    // The rounded rows of the whole batch begin with the images of other processes.
    if images.lowerBound > 0 {
      engine.roundRows(
        network.ownGradientRows(output), batch: images.count, columns: shape.outputs, rounded: rounded)
    }
    engine.denseInputGradient(
      shape, batch: images.count, roundedOutputGradient: rounded, weights: network.weights(dense.slices),
      transposed: memory.floats(gradient.transposedWeights).all,
      pairs: memory.bfloats(gradient.transposedPairs).all, inputGradient: rows, adds: share.adds
    ) { dense.finish($0, of: rows, network) }
  }

  func foldNormalization(_ network: Network) { dense.foldNormalization(network) }

  func updateDerived(_ network: Network) {
    network.engine.pairDenseWeights(
      dense.shape, weights: network.weights(dense.slices), pairs: network.memory.bfloats(weights).all)
  }
}
