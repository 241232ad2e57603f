// A dense layer: the whole batch at once, so that its weights are read once.
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
  /// The normalisation that is folded into the weights, of a network that is not trained.
  let folded: NormalizationSlices?
  /// Where the layer reads images: lists of the pixels that are not 0, and of the images where a pixel is not.
  let pixelLists: ArrayID?
  let imageLists: ArrayID?
  /// Where the weight gradient of a layer that reads no image packs the input.
  let packedInput: ArrayID?
  /// Where the input gradient transposes the weights at which it is.
  let transposed: ArrayID?
  /// Where the bias gradient of a layer without bias goes.
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

  /// Ends this layer's share of the input's gradient for a block of this process's rows.
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

  /// What the loop over several layers' weight gradients needs of this one; `keepsGradient` says whether the gradient is
  /// written into the network's, or handed over piece by piece.
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

  /// What the gradients of weights and bias are made of, from all images.
  func gatherImages(_ network: Network) {
    network.share.gather(network.memory.floats(input.value.array))
    network.share.gather(network.memory.floats(output.gradient!))
  }

  /// The gradients that other processes computed.
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
