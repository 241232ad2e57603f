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
  let gradientForm: GradientForm
  /// `nil` outside of training, and where the whole batch has one sum.
  let chunkSums: ChunkSums?

  /// What the input gradient multiplies by, and how the sums of the weight gradient lie.
  enum GradientForm {
    /// The flipped kernel; in panels, as the weights do.
    case dense
    /// For gradients that are listed: the weights as plain rows of outputs; likewise.
    case listed
  }

  var channels: Int { output.layout.channels }

  // MARK: - Weights

  func parameterPlaces(panelWidth: Int) -> [ParameterPlaces] {
    let weight = ParameterPlaces(
      rows: patchRows(inputsOfGroup),
      columns: (0..<channels).map { output in
        let column = column(of: output, panelWidth: panelWidth)
        return (slices.weights.lowerBound + column.start + column.firstRow * column.stride, column.stride)
      }, isConstant: !slices.learnsWeights)
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
    switch gradientForm {
    case .dense: network.engine.flipWeights(shape, weights: weights, flipped: training.derived[derived])
    case .listed: network.engine.unpackWeights(shape, weights: weights, rows: training.derived[derived])
    }
  }

  // MARK: - Gradients

  func beginChunk(_ chunk: Int, _ network: Network) { chunkSums?.begin(chunk, network) }

  /// Where an image adds to its chunk's weight and bias gradient.
  func sums(_ place: ImagePlace, _ network: Network) -> (weights: Floats, bias: Floats) {
    chunkSums!.floats(place, network)
  }

  /// All there is to do where the weights are fixed: the gradient of a bias is the sum of the output's, and so is that of
  /// a pooling, since each of its gradients goes to one pixel.
  func addBiasGradient(_ place: ImagePlace, _ network: Network) {
    network.engine.addPixels(network.gradientMap(output, place), to: sums(place, network).bias)
  }

  /// Whether it has parameters that are learned.
  var learns: Bool { slices.learnsWeights || slices.learnsBias }

  /// The gradients of the parameters: the chunks' sums, added in their order.
  func sumChunks(_ chunks: Range<Int>, _ network: Network) {
    guard let chunkSums, let gradient = network.training?.gradient else { return }
    switch gradientForm {
    case .dense: chunkSums.writeTotal(chunks, to: slices, network)
    case .listed:
      let (weights, bias) = chunkSums.total(chunks, network)
      network.engine.packWeights(shape, rows: weights, weights: gradient[slices.weights])
      if slices.learnsBias {
        gradient[slices.bias].baseAddress!.update(from: bias.baseAddress!, count: slices.bias.count)
      }
    }
    if groups > shape.groups {
      clearBesideBlocks(gradient[slices.weights], network.engine.kernels.panelWidth)
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
