// What all convolutions have in common: their weights, and the sums of their gradients.
//
// Groups whose channels fill no lane are computed several at a time: as blocks on the diagonal of the weights of a larger
// group. What lies beside the blocks is 0, and stays so.

import Compute
import Networks

struct ConvolutionPlan: Sendable {
  let shape: ConvolutionShape
  /// Those of the network; the shape has those that are computed.
  let groups: Int
  let input: Input
  let output: ValuePlan
  let slices: ParameterSlices
  /// The normalisation that is folded into the weights, of a network that is not trained.
  let folded: NormalizationSlices?
  /// Where the forward pass alone goes by Winograd, its convolution and the place of its weights among the transformed.
  let winograd: (convolution: WinogradConvolution, weights: Range<Int>)?
  /// The place, among the derived weights, of what the input gradient multiplies by.
  let derived: Range<Int>?
  let derivation: Derivation
  /// For each chunk of a batch, its share of the weight gradient and, after it, of the bias gradient. `nil` outside of
  /// training, and where the whole batch has one sum.
  let chunkGradients: ArrayID?
  let sumLayout: SumLayout

  /// What the input gradient multiplies by.
  enum Derivation {
    /// The weights as rows, for gradients that are listed.
    case rows
    /// The flipped kernel.
    case flipped
  }

  /// How a chunk's sums of the weight gradient lie.
  enum SumLayout {
    /// In panels, as the weights do.
    case panels
    /// As plain rows of outputs.
    case rows
  }

  var channels: Int { output.layout.channels }

  // MARK: - Weights

  func parameterPlaces(panelWidth: Int) -> [ParameterPlaces] {
    let weight = ParameterPlaces(
      rows: patchRows(inputsOfGroup),
      columns: (0..<channels).map { output in
        let column = column(of: output, panelWidth: panelWidth)
        return (slices.weights.lowerBound + column.start + column.firstRow * column.stride, column.stride)
      })
    guard slices.learnsBias else { return [weight] }
    return [weight, ParameterPlaces(vector: slices.bias, count: channels)]
  }

  /// PyTorch counts the input channels first, then the taps of the kernel.
  private func patchRows(_ inputs: Int) -> [Int] {
    let taps = shape.kernelHeight * shape.kernelWidth
    return (0..<inputs).flatMap { input in (0..<taps).map { $0 * shape.groupInputs + input } }
  }

  private var inputsOfGroup: Int { input.value.layout.channels / groups }

  /// Where an output's column lies in the weights, how far it is from row to row, and in each tap, the row of the first
  /// input of its group.
  func column(of output: Int, panelWidth: Int) -> (start: Int, stride: Int, firstRow: Int) {
    let layout = PanelLayout(
      rowCount: shape.patchCount, columnCount: shape.groupOutputs, panelWidth: panelWidth)
    let (group, number) = output.quotientAndRemainder(dividingBy: shape.groupOutputs)
    let column = layout.column(number)
    let firstInput = min(output / max(1, channels / groups), groups - 1) * inputsOfGroup
    return (
      group * shape.patchCount * shape.groupOutputs + column.start, column.stride,
      firstInput - group * shape.groupInputs
    )
  }

  func updateDerived(_ network: Network) {
    let weights = network.weights(slices)
    if let winograd {
      network.engine.transformWinogradWeights(
        winograd.convolution, weights: weights, transformed: network.transformedWeights[winograd.weights])
    }
    guard let training = network.training, let derived else { return }
    switch derivation {
    case .rows: network.engine.unpackWeights(shape, weights: weights, rows: training.derived[derived])
    case .flipped: network.engine.flipWeights(shape, weights: weights, flipped: training.derived[derived])
    }
  }

  // MARK: - Gradients

  func beginChunk(_ chunk: Int, _ network: Network) {
    guard let chunkGradients else { return }
    network.memory.floats(chunkGradients)[chunk].update(repeating: 0)
  }

  /// Where an image adds to its chunk's weight and bias gradient.
  func sums(_ place: ImagePlace, _ network: Network) -> (weights: Floats, bias: Floats) {
    let sums = network.memory.floats(chunkGradients!, place)
    return (Floats(rebasing: sums[..<shape.weightCount]), sums.from(shape.weightCount))
  }

  /// The gradients of the parameters: the chunks' sums, added in their order.
  func sumChunks(_ chunks: Int, _ network: Network) {
    guard let chunkGradients, let gradient = network.training?.gradient else { return }
    let parts = network.memory.floats(chunkGradients)
    let (weights, bias) = (slices.weights, slices.bias)
    if case .panels = sumLayout, slices.learnsBias {
      network.engine.sumParts(
        parts.all, count: chunks, to: gradient[weights.lowerBound..<bias.upperBound])
    } else {
      let sum = parts[network.plan.chunkCount]
      network.engine.sumParts(parts.all, count: chunks, to: sum)
      write(Floats(rebasing: sum[..<shape.weightCount]), to: gradient[weights], network.engine)
      if slices.learnsBias {
        gradient[bias].baseAddress!.update(from: sum.baseAddress! + shape.weightCount, count: bias.count)
      }
    }
    if groups > shape.groups { clearBesideBlocks(gradient[weights], network.engine.kernels.panelWidth) }
  }

  /// The weight gradient, laid out like the weights.
  private func write(_ sum: Floats, to gradient: Floats, _ engine: Engine) {
    switch sumLayout {
    case .panels: gradient.baseAddress!.update(from: sum.baseAddress!, count: gradient.count)
    case .rows: engine.packWeights(shape, rows: sum, weights: gradient)
    }
  }

  /// Sets what belongs to no group to 0.
  private func clearBesideBlocks(_ gradient: Floats, _ panelWidth: Int) {
    for output in 0..<shape.outputChannels {
      let column = column(of: output, panelWidth: panelWidth)
      let own = column.firstRow..<column.firstRow + inputsOfGroup
      for row in 0..<shape.patchCount where output >= channels || !own.contains(row % shape.groupInputs) {
        gradient[column.start + row * column.stride] = 0
      }
    }
  }
}
