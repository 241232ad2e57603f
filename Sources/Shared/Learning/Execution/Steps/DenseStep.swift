// A dense layer. It takes the whole batch, so that its weights are read once.
//
//     forward          y = x · W + b
//     input gradient   x′ = y′ · Wᵀ
//     weight gradient  W′ = xᵀ · y′, of several layers in one loop (Compute/DenseWeightGradient.swift)

import Compute
import KernelInterface
import Networks

struct DenseStep: Sendable {
  let shape: DenseShape
  let input: Input
  let output: ValuePlan
  let slices: ParameterSlices
  /// The normalisation that is folded into the weights, in a network that is not trained.
  let folded: NormalizationSlices?
  /// If the layer reads images: lists of the nonzero pixels, and of the images in which a pixel is nonzero.
  let pixelLists: ArrayID?
  let imageLists: ArrayID?
  /// The packed input for the weight gradient, if the layer does not read images.
  let packedInput: ArrayID?
  /// Scratch memory in which the input gradient transposes weights.
  let transposed: ArrayID?
  /// The bias gradient of a layer without a bias, which is discarded.
  let discarded: ArrayID?

  var name: String { slices.name }

  // MARK: - Forward

  func forward(batch: Int, _ network: Network) {
    let rows = network.ownRows(output)
    network.engine.denseForward(
      shape, batch: network.share.own.count, input: network.ownRows(input.value),
      weights: network.weights(slices),
      bias: network.bias(slices), output: rows, rectifies: output.rectifies,
      terms: pixelLists.map(network.memory.terms)
    ) { dropOut($0, of: rows, network) }
  }

  /// Applies the output's dropouts to a block of this process's rows.
  func dropOut(_ block: Block, of rows: Rows, _ network: Network) {
    let first = block.rows.lowerBound * rows.stride + block.columns.lowerBound
    for mask in network.masks(output) {
      network.engine.drop(
        Rows(rows.floats.from(first), stride: rows.stride), rowCount: block.rows.count,
        columns: block.columns.count, firstIndex: network.share.own.lowerBound * rows.stride + first,
        mask: mask)
    }
  }

  // MARK: - Backward

  func backward(batch: Int, _ network: Network) {
    guard let share = network.share(of: input), let transposed else { return }
    let gradient = network.ownGradientRows(input.value)
    network.engine.denseInputGradient(
      shape, batch: network.share.own.count, outputGradient: network.ownGradientRows(output),
      weights: network.weights(slices),
      scratch: network.memory.floats(transposed).all, inputGradient: gradient, adds: share.adds
    ) { finish($0, of: gradient, network) }
  }

  /// Completes this layer's share of the input's gradient for a block of this process's rows.
  func finish(_ block: Block, of gradient: Rows, _ network: Network) {
    guard network.share(of: input)?.finishes == true else { return }
    let value = input.value
    let result = value.rectifies ? network.ownRows(value) : gradient
    let first = block.rows.lowerBound * gradient.stride + block.columns.lowerBound
    network.undo(
      value, Rows(gradient.floats.from(first), stride: gradient.stride),
      result: Rows(result.floats.from(first), stride: result.stride), rowCount: block.rows.count,
      columns: block.columns.count, firstIndex: network.share.own.lowerBound * gradient.stride + first)
  }

  /// Describes this layer to the loop over the weight gradients of several layers. With `keepsGradient`, the gradient
  /// is written to the network's. Without it, it is handed over piece by piece.
  func weightGradient(_ network: Network, keepsGradient: Bool) -> DenseWeightGradient {
    let training = network.training!
    return DenseWeightGradient(
      shape, input: network.rows(input.value), outputGradient: network.gradientRows(output),
      weightGradient: keepsGradient ? training.gradient[slices.weights] : nil,
      biasGradient: slices.learnsBias
        ? training.gradient[slices.bias] : network.memory.floats(discarded!).all,
      terms: imageLists.map(network.memory.terms),
      packed: packedInput.map { network.memory.floats($0).all },
      outputBlocks: network.share.ownPanels(of: shape.outputBlocks))
  }

  /// Receives the inputs and output gradients of other processes' images, which the gradients of weights and bias need.
  func gatherImages(_ network: Network) {
    network.share.gather(network.memory.floats(input.value.array))
    network.share.gather(network.memory.floats(output.gradient!))
  }

  /// Receives the gradients that other processes computed.
  func gatherGradients(_ network: Network) {
    let share = network.share
    share.gatherPanels(of: shape.outputBlocks, network.gradient[slices.weights]) { block in
      shape.start(ofOutputBlock: block) * shape.inputs
    }
    guard slices.learnsBias else { return }
    share.gatherPanels(of: shape.outputBlocks, network.gradient[slices.bias]) { block in
      shape.start(ofOutputBlock: block)
    }
  }

  // MARK: - Parameters

  func parameterPlaces(panelWidth: Int) -> [ParameterPlaces] {
    let layout = PanelLayout(rowCount: shape.inputs, columnCount: shape.outputs, panelWidth: panelWidth)
    let weight = ParameterPlaces(
      rows: Self.featureRows(input.value.layout), slice: slices.weights, layout,
      outputs: output.layout.channels)
    guard slices.learnsBias else { return [weight] }
    return [weight, ParameterPlaces(vector: slices.bias, count: output.layout.channels)]
  }

  /// PyTorch counts channels first, then rows and columns.
  private static func featureRows(_ input: FeatureLayout) -> [Int] {
    var rows: [Int] = []
    rows.reserveCapacity(input.channels * input.height * input.width)
    for channel in 0..<input.channels {
      for y in 0..<input.height {
        for x in 0..<input.width { rows.append(input.offset(channel: channel, y: y, x: x)) }
      }
    }
    return rows
  }
}
