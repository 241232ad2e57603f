// The parameters, arrays and steps of batch normalisations and layer normalisations.

import KernelInterface
import Networks

extension Planner {
  /// Plans the normalisation that an outline is, or that is folded into it.
  mutating func planNormalization(_ index: Int, _ outline: Outline) {
    let isFolded = outline.foldedNormalization != nil
    let node = architecture.nodes[outline.foldedNormalization ?? outline.node]
    guard case .normalization(let normalization) = node.operation else { return }
    let layout = isFolded ? values[index].layout : values[outline.inputs[0]].layout
    let (name, channels) = (node.name, layout.channelStride)
    let isTrained = forTraining && !isFolded
    let plan = NormalizationPlan(
      slices: parameters.normalization(name, normalization, channels: channels),
      momentum: normalization.momentum, channels: layout.channels, paddedChannels: channels,
      pixelCount: layout.height * layout.width,
      coefficients: isFolded
        ? nil
        : arrays.add(
          "\(name) coefficients", .floats(NormalizationPlan.Coefficients.rowCount * channels), .one),
      moments: isTrained ? arrays.add("\(name) moments", .floats(2 * channels), .image) : nil,
      gradientSums: isTrained ? arrays.add("\(name) gradient sums", .floats(2 * channels), .image) : nil)
    normalizations[index] = plan
    placesByNode[outline.foldedNormalization ?? outline.node] = { _ in plan.parameterPlaces() }
  }

  func normalizationStep(_ piece: Piece) -> any ImageStep {
    let (plan, value) = (normalizations[piece.outline]!, values[piece.outline])
    let outline = outlines[piece.outline]
    let input = input(0, of: piece)
    if piece.part == .statistics { return StatisticsStep(plan: plan, input: input, normalized: value) }
    return NormalizationStep(
      plan: plan, input: input.value, addend: outline.inputs.count > 1 ? self.input(1, of: piece) : nil,
      value: value, activation: outline.activation, isTrained: forTraining)
  }

  mutating func layerNormalization(
    _ piece: Piece, _ normalization: LayerNormalization, _ slices: ParameterSlices
  ) -> LayerNormalizationStep {
    let value = values[piece.outline]
    let layout = value.layout
    let step = LayerNormalizationStep(
      epsilon: Float(normalization.epsilon), input: input(0, of: piece), value: value, slices: slices,
      statistics: forTraining
        ? arrays.add("\(slices.name) statistics", .floats(2 * layout.height * layout.width), .image) : nil,
      chunkSums: chunkSums(slices))
    placesByNode[outlines[piece.outline].node] = { _ in step.parameterPlaces }
    return step
  }
}
