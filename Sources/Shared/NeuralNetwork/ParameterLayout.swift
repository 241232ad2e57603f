// Between PyTorch's layouts, in which parameters are named and stored, and ours, in which they are computed with.
//
//     convolution  [out, in, kernelHeight, kernelWidth]  ↔  panels of [(kernelHeight, kernelWidth, in), out]
//     dense        [out, in], in = (channel, y, x)       ↔  panels of [(y, x, channel), out]
//
// Padding holds zeros: its inputs are 0, so its gradients are, and no optimiser step moves it.

import Compute

extension NetworkPlan {
  /// Calls `body` with each parameter's description and, for each of its values in PyTorch's order, the place of the
  /// value in the flat array.
  func forEachParameter(
    panelWidth: Int, _ body: (_ description: ParameterDescription, _ places: () -> [Int]) -> Void
  ) {
    let descriptions = Dictionary(
      uniqueKeysWithValues: architecture.parameters.map { ($0.name, $0) })
    for (index, stage) in stages.enumerated() {
      switch stage.core {
      case .input, .pooling: continue
      case .convolution(let plan):
        let weight = descriptions["\(plan.parameters.name).weight"]!
        body(weight) { convolutionPlaces(plan, weight.shape, panelWidth: panelWidth) }
        let bias = descriptions["\(plan.parameters.name).bias"]!
        body(bias) { Array(plan.parameters.bias.prefix(bias.count)) }
      case .dense(let plan):
        let weight = descriptions["\(plan.parameters.name).weight"]!
        let input = stages[index - 1].output
        body(weight) { densePlaces(plan, outputs: weight.shape[0], input: input, panelWidth: panelWidth) }
        let bias = descriptions["\(plan.parameters.name).bias"]!
        body(bias) { Array(plan.parameters.bias.prefix(bias.count)) }
      }
    }
  }

  private func convolutionPlaces(_ plan: ConvolutionPlan, _ shape: [Int], panelWidth: Int) -> [Int] {
    let layout = PanelLayout(
      rowCount: plan.shape.patchCount, columnCount: plan.shape.outputChannels, panelWidth: panelWidth)
    var places: [Int] = []
    places.reserveCapacity(shape.reduce(1, *))
    for output in 0..<shape[0] {
      for input in 0..<shape[1] {
        for tap in 0..<shape[2] * shape[3] {
          let row = tap * plan.shape.inputChannels + input
          places.append(plan.parameters.weights.lowerBound + layout.offset(row: row, column: output))
        }
      }
    }
    return places
  }

  private func densePlaces(
    _ plan: DensePlan, outputs: Int, input: FeatureLayout, panelWidth: Int
  ) -> [Int] {
    let layout = PanelLayout(
      rowCount: plan.shape.inputs, columnCount: plan.shape.outputs, panelWidth: panelWidth)
    var rows: [Int] = []
    for channel in 0..<input.channels {
      for y in 0..<input.height {
        for x in 0..<input.width { rows.append(input.offset(channel: channel, y: y, x: x)) }
      }
    }
    var places: [Int] = []
    places.reserveCapacity(outputs * rows.count)
    for output in 0..<outputs {
      let column = layout.column(output)
      let start = plan.parameters.weights.lowerBound + column.start
      places += rows.lazy.map { start + $0 * column.stride }
    }
    return places
  }
}
