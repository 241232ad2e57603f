// The parts that convolutions share: their weights, the sums of their gradients, and the gradients over all pixels.
//
// Groups whose channels do not fill a lane are computed several at a time, as blocks on the diagonal of a larger
// group's weights. The weights beside the blocks are 0 and stay 0.

import Compute
import KernelInterface
import Networks

struct ConvolutionPlan: Sendable {
  let shape: ConvolutionShape
  /// The groups of the network. `shape` has the groups that are computed.
  let groups: Int
  let input: Input
  let output: ValuePlan
  let slices: ParameterSlices
  /// The normalisation that is folded into the weights, in a network that is not trained.
  let folded: NormalizationSlices?
  /// If only the forward pass uses Winograd's algorithm: its convolution, and the place of its weights among the
  /// transformed ones.
  let winograd: (convolution: WinogradConvolution, weights: Range<Int>)?
  /// The place, among the derived weights, of those by which the input gradient multiplies.
  let derived: Range<Int>?
  let gradientForm: GradientForm
  /// `nil` outside training, and if the whole batch has one sum.
  let chunkSums: ChunkSums?

  /// The form of the weights by which the input gradient multiplies, and the layout of the weight gradient's sums.
  enum GradientForm {
    /// The kernel is flipped. The sums are in panels, as the weights are.
    case dense
    /// For listed gradients, the weights are plain rows of outputs, and so are the sums.
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

  /// Returns the place of an output's column in the weights, the distance from row to row, and within each tap, the row
  /// of the first input of its group.
  func column(of output: Int, panelWidth: Int) -> (start: Int, stride: Int, firstRow: Int) {
    let layout = PanelLayout(
      rowCount: shape.patchLength, columnCount: shape.groupOutputs, panelWidth: panelWidth)
    let (group, number) = output.quotientAndRemainder(dividingBy: shape.groupOutputs)
    let column = layout.column(number)
    let firstInput = min(output / max(1, channels / groups), groups - 1) * inputsOfGroup
    return (
      group * shape.patchLength * shape.groupOutputs + column.start, column.stride,
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

  /// Returns the sums of its chunk to which an image adds its weight and bias gradient.
  func sums(_ place: ImagePlace, _ network: Network) -> (weights: Floats, bias: Floats) {
    chunkSums!.floats(place, network)
  }

  /// The whole backward pass if the weights are fixed. The gradient of the bias is the sum of the output gradient. This
  /// also holds after a pooling, since each of its gradients goes to one pixel.
  func addBiasGradient(_ place: ImagePlace, _ network: Network) {
    network.engine.addPixels(network.gradientMap(output, place), to: sums(place, network).bias)
  }

  /// Whether it has learned parameters.
  var learns: Bool { slices.learnsWeights || slices.learnsBias }

  /// Writes the gradients of the parameters: the chunks' sums, added in the order of the chunks.
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

  /// Sets the gradients that belong to no group to 0.
  private func clearBesideBlocks(_ gradient: Floats, _ panelWidth: Int) {
    for output in 0..<shape.outputChannels {
      let column = column(of: output, panelWidth: panelWidth)
      let own = column.firstRow..<column.firstRow + inputsOfGroup
      for row in 0..<shape.patchLength where output >= channels || !own.contains(row % shape.groupInputs) {
        gradient[column.start + row * column.stride] = 0
      }
    }
  }
}

// MARK: - Gradients over all pixels

extension GradientMap {
  /// Returns the pixels of an output gradient, within floats that also hold its margin.
  func pixels(_ spread: Floats, _ shape: ConvolutionShape) -> FeatureMap {
    FeatureMap(
      spread.from(origin), height: shape.outputHeight, width: shape.outputWidth,
      channels: shape.outputChannels, rowStride: lineStride, pixelStride: pixelStride)
  }
}

/// The gradients of a convolution over all pixels of its output gradient, which is spread out as the products need it,
/// with memory for each worker.
///
///     weight gradient  += input patches · output gradient
///     input gradient   the output gradient, convolved with the flipped kernel
struct SpreadGradient: Sendable {
  /// The layout: zeros surround the pixels of the output gradient.
  let map: GradientMap
  let array: ArrayID

  /// Computes the gradients of an image. `fill` writes its output gradient into the pixels of a map that still holds
  /// the values of an earlier image.
  func backward(
    _ plan: ConvolutionPlan, _ place: ImagePlace, _ network: Network, fill: (_ spread: Floats) -> Void
  ) {
    let spread = network.memory.floats(array, place)
    fill(spread)
    let sums = plan.sums(place, network)
    network.engine.addConvolutionWeightGradient(
      plan.shape, input: network.image(plan.input.value, place), outputGradient: spread, map: map,
      weightGradient: sums.weights, biasGradient: sums.bias)
    guard let share = network.share(of: plan.input), let derived = plan.derived else { return }
    let value = plan.input.value
    network.engine.convolutionInputGradient(
      plan.shape, outputGradient: spread, map: map, flippedWeights: network.training!.derived[derived],
      inputGradient: network.gradientImage(value, place).from(value.layout.origin),
      rowStride: value.layout.rowStride, accumulates: share.adds)
    network.finish(plan.input, place)
  }
}
