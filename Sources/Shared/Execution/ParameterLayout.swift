// Between PyTorch's layouts, in which parameters are named and stored, and ours, in which they are computed with.
//
//     convolution  [out, in, kernelHeight, kernelWidth]  ↔  panels of [(kernelHeight, kernelWidth, in), out]
//     dense        [out, in], in = (channel, y, x)       ↔  panels of [(y, x, channel), out]
//
// Padding holds zeros: its inputs are 0, so its gradients are, and no optimiser step moves it.

import Networks
import Compute

/// Where the values of a parameter lie in the flat array: those of one output after those of another, as PyTorch has
/// them.
struct ParameterPlaces {
  /// For each value of an output, the row of the matrix in panels that it belongs to.
  let rows: [Int]
  /// For each output, its column: where row 0 lies, and how far it is from row to row.
  let columns: [(start: Int, stride: Int)]

  var count: Int { rows.count * columns.count }

  /// Puts values where they lie in `floats`.
  func scatter(_ values: [Float], to floats: Floats) {
    precondition(values.count == count, "\(values.count) values for \(count) places")
    // Columns of a panel lie side by side: a row of several is one cache line, which is then written once.
    for first in stride(from: 0, to: columns.count, by: Self.columnsAtOnce) {
      let block = first..<min(first + Self.columnsAtOnce, columns.count)
      for (index, row) in rows.enumerated() {
        for output in block {
          let column = columns[output]
          floats[column.start + row * column.stride] = values[output * rows.count + index]
        }
      }
    }
  }

  /// A cache line of 64 bytes has so many floats.
  private static let columnsAtOnce = 16

  /// The values that lie in `floats`.
  func gather(from floats: Floats) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count)
    for column in columns {
      for row in rows { values.append(floats[column.start + row * column.stride]) }
    }
    return values
  }
}

extension NetworkPlan {
  /// Calls `body` with each parameter's description and the places of its values.
  func forEachParameter(
    panelWidth: Int, _ body: (_ description: ParameterDescription, _ places: ParameterPlaces) -> Void
  ) {
    let descriptions = Dictionary(
      uniqueKeysWithValues: architecture.parameters.map { ($0.name, $0) })
    for (index, stage) in stages.enumerated() {
      switch stage.core {
      case .input, .pooling: continue
      case .convolution(let plan):
        let weight = descriptions["\(plan.parameters.name).weight"]!
        let layout = PanelLayout(
          rowCount: plan.shape.patchCount, columnCount: plan.shape.outputChannels, panelWidth: panelWidth)
        let rows = patchRows(plan.shape, inputs: weight.shape[1], taps: weight.shape[2] * weight.shape[3])
        body(weight, places(plan.parameters, layout, rows: rows, outputs: weight.shape[0]))
        body(descriptions["\(plan.parameters.name).bias"]!, biasPlaces(plan.parameters, weight.shape[0]))
      case .dense(let plan):
        let weight = descriptions["\(plan.parameters.name).weight"]!
        let layout = PanelLayout(
          rowCount: plan.shape.inputs, columnCount: plan.shape.outputs, panelWidth: panelWidth)
        let rows = featureRows(stages[index - 1].output)
        body(weight, places(plan.parameters, layout, rows: rows, outputs: weight.shape[0]))
        body(descriptions["\(plan.parameters.name).bias"]!, biasPlaces(plan.parameters, weight.shape[0]))
      }
    }
  }

  private func places(
    _ parameters: ParameterSlices, _ layout: PanelLayout, rows: [Int], outputs: Int
  ) -> ParameterPlaces {
    let columns = (0..<outputs).map { output in
      let column = layout.column(output)
      return (start: parameters.weights.lowerBound + column.start, stride: column.stride)
    }
    return ParameterPlaces(rows: rows, columns: columns)
  }

  private func biasPlaces(_ parameters: ParameterSlices, _ outputs: Int) -> ParameterPlaces {
    ParameterPlaces(
      rows: [0], columns: parameters.bias.prefix(outputs).map { (start: $0, stride: 0) })
  }

  /// PyTorch counts the input channels first, then the taps of the kernel.
  private func patchRows(_ shape: ConvolutionShape, inputs: Int, taps: Int) -> [Int] {
    (0..<inputs).flatMap { input in (0..<taps).map { $0 * shape.inputChannels + input } }
  }

  /// PyTorch counts channels first, then rows and columns.
  private func featureRows(_ input: FeatureLayout) -> [Int] {
    var rows: [Int] = []
    for channel in 0..<input.channels {
      for y in 0..<input.height {
        for x in 0..<input.width { rows.append(input.offset(channel: channel, y: y, x: x)) }
      }
    }
    return rows
  }
}
