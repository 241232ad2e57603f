// A normalisation with running statistics is an affine function of each channel. After a convolution or a dense layer,
// it is folded into the weights and the bias:
//
//     scale · (W x + b − mean) / √(variance + ε) + bias  =  (f W) x + f · (b − mean) + bias,  f = scale / √(variance + ε)
//
// Folding changes where products and sums are rounded; docs/networks.md has the bound.

import Compute

extension Network {
  /// Scales the weights and shifts the bias of each output, as the normalisation would do to its result.
  /// `forEachWeight` calls `body` with the place of each weight of an output.
  func fold(
    _ folded: NormalizationSlices, into slices: ParameterSlices, outputs: Int,
    forEachWeight: (_ output: Int, _ body: (Int) -> Void) -> Void
  ) {
    let scale = folded.learnsScale ? parameters[folded.scale] : constants[folded.scale]
    let (bias, mean) = (parameters[folded.bias], constants[folded.mean])
    let (variance, own) = (constants[folded.variance], self.bias(slices))
    let weights = self.weights(slices)
    for output in 0..<outputs {
      let factor = Double(scale[output]) / (Double(variance[output]) + folded.epsilon).squareRoot()
      // Without a bias, this place may hold the result of an earlier folding.
      let ownBias = slices.learnsBias ? Double(own[output]) : 0
      own[output] = Float(factor * (ownBias - Double(mean[output])) + Double(bias[output]))
      forEachWeight(output) { weights[$0] = Float(Double(weights[$0]) * factor) }
    }
  }
}

extension ConvolutionPlan {
  func foldNormalization(_ network: Network) {
    guard let folded else { return }
    let panelWidth = network.engine.kernels.panelWidth
    network.fold(folded, into: slices, outputs: channels) { output, body in
      let column = column(of: output, panelWidth: panelWidth)
      for row in 0..<shape.patchLength { body(column.start + row * column.stride) }
    }
  }
}

extension DenseStep {
  func foldNormalization(_ network: Network) {
    guard let folded else { return }
    let layout = PanelLayout(
      rowCount: shape.inputs, columnCount: shape.outputs, panelWidth: network.engine.kernels.panelWidth)
    network.fold(folded, into: slices, outputs: output.layout.channels) { output, body in
      let column = layout.column(output)
      for row in 0..<layout.rowCount { body(column.start + row * column.stride) }
    }
  }
}
