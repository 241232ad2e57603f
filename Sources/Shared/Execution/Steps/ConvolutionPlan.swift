// What convolutions with and without a pooling have in common: their weights, and the sums of their gradients.
//
// Groups of channels are blocks on the diagonal of the weights; what lies beside them is 0, and stays so.

import Compute
import Networks

struct ConvolutionPlan: Sendable {
  let shape: ConvolutionShape
  let groups: Int
  let input: Input
  let output: ValuePlan
  let slices: ParameterSlices
  /// The normalisation that is folded into the weights, of a network that is not trained.
  let folded: NormalizationSlices?
  /// The place, among the transformed weights, of what Winograd's convolution multiplies by; `nil` where the direct
  /// convolution is used.
  let transformed: Range<Int>?
  /// The place, among the derived weights, of what the input gradient multiplies by.
  let derived: Range<Int>?
  let derivation: Derivation
  /// For each chunk of a batch, its share of the weight gradient and, after it, of the bias gradient. `nil` outside of
  /// training.
  let chunkGradients: ArrayID?
  let sumLayout: SumLayout

  /// What the input gradient multiplies by.
  enum Derivation {
    /// The weights as rows, for gradients that are listed.
    case rows
    /// The flipped kernel.
    case flipped
    /// The flipped kernel, and after it that kernel as Winograd's convolution wants it.
    case transformed
  }

  /// How a chunk's sums of the weight gradient lie.
  enum SumLayout {
    /// In panels, as the weights do.
    case panels
    /// As plain rows of outputs.
    case rows
    /// Transformed by Winograd's.
    case transformed
  }

  /// Floats of a chunk's sums of the weight gradient.
  static func sumCount(_ shape: ConvolutionShape, _ layout: SumLayout) -> Int {
    if case .transformed = layout { shape.winogradSumCount } else { shape.weightCount }
  }

  private var sumCount: Int { Self.sumCount(shape, sumLayout) }

  var channels: Int { output.layout.channels }

  // MARK: - Weights

  func parameterPlaces(panelWidth: Int) -> [ParameterPlaces] {
    let layout = PanelLayout(
      rowCount: shape.patchCount, columnCount: shape.outputChannels, panelWidth: panelWidth)
    let inputsOfGroup = input.value.layout.channels / groups
    let outputsOfGroup = channels / groups
    let weight = ParameterPlaces(
      rows: patchRows(inputsOfGroup), slice: slices.weights, layout, outputs: channels
    ) { $0 / outputsOfGroup * inputsOfGroup }
    guard slices.learnsBias else { return [weight] }
    return [weight, ParameterPlaces(vector: slices.bias, count: channels)]
  }

  /// PyTorch counts the input channels first, then the taps of the kernel.
  private func patchRows(_ inputs: Int) -> [Int] {
    let taps = shape.kernelHeight * shape.kernelWidth
    return (0..<inputs).flatMap { input in (0..<taps).map { $0 * shape.inputChannels + input } }
  }

  func updateDerived(_ network: Network) {
    let weights = network.weights(slices)
    if let transformed {
      network.engine.transformWinogradWeights(
        shape, weights: weights, transformed: network.transformedWeights[transformed])
    }
    guard let training = network.training, let derived else { return }
    switch derivation {
    case .rows: network.engine.unpackWeights(shape, weights: weights, rows: training.derived[derived])
    case .flipped: network.engine.flipWeights(shape, weights: weights, flipped: training.derived[derived])
    case .transformed:
      let flipped = training.derived[derived]
      network.engine.flipWeights(shape, weights: weights, flipped: flipped)
      network.engine.transformWinogradWeights(
        shape.inputGradientShape, weights: flipped, transformed: transformedFlip(training, derived))
    }
  }

  /// The flipped kernel as Winograd's convolution wants it.
  func transformedFlip(_ training: TrainingMemory, _ derived: Range<Int>) -> Floats {
    training.derived[derived].from(shape.flippedWeightCount)
  }

  // MARK: - Gradients

  func beginChunk(_ chunk: Int, _ network: Network) {
    guard let chunkGradients else { return }
    network.memory.floats(chunkGradients)[chunk].update(repeating: 0)
  }

  /// Where an image adds to its chunk's weight and bias gradient.
  func sums(_ place: ImagePlace, _ network: Network) -> (weights: Floats, bias: Floats) {
    let sums = network.memory.floats(chunkGradients!, place)
    return (Floats(rebasing: sums[..<sumCount]), sums.from(sumCount))
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
      write(Floats(rebasing: sum[..<sumCount]), to: gradient[weights], network.engine)
      if slices.learnsBias {
        gradient[bias].baseAddress!.update(from: sum.baseAddress! + sumCount, count: bias.count)
      }
    }
    if groups > 1 { clearBesideBlocks(gradient[weights], network.engine.kernels.panelWidth) }
  }

  /// The weight gradient, laid out like the weights.
  private func write(_ sum: Floats, to gradient: Floats, _ engine: Engine) {
    switch sumLayout {
    case .panels: gradient.baseAddress!.update(from: sum.baseAddress!, count: gradient.count)
    case .rows: engine.packWeights(shape, rows: sum, weights: gradient)
    case .transformed:
      engine.winogradWeightGradient(shape, transformedSums: sum, weightGradient: gradient)
    }
  }

  /// Sets what belongs to no group to 0.
  private func clearBesideBlocks(_ gradient: Floats, _ panelWidth: Int) {
    let layout = PanelLayout(
      rowCount: shape.patchCount, columnCount: shape.outputChannels, panelWidth: panelWidth)
    let inputsOfGroup = input.value.layout.channels / groups
    let outputsOfGroup = channels / groups
    for output in 0..<shape.outputChannels {
      let column = layout.column(output)
      let first = output / outputsOfGroup * inputsOfGroup
      for row in 0..<shape.patchCount {
        let isOfGroup = (first..<first + inputsOfGroup).contains(row % shape.inputChannels)
        if !isOfGroup || output >= channels { gradient[column.start + row * column.stride] = 0 }
      }
    }
  }
}
