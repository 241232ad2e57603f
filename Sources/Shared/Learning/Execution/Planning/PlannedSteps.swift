// The steps of each kind of outline.

import Compute
import KernelInterface
import Networks

extension Planner {
  mutating func imageStep(_ piece: Piece, _ slices: [Int: ParameterSlices]) -> any ImageStep {
    let index = piece.outline
    let outline = outlines[index]
    switch outline.core {
    case .image: return ImageInputStep(value: values[index])
    case .convolution(let convolution):
      if convolution.isDepthwise(inputs: values[outline.inputs[0]].layout) {
        return depthwise(piece, convolution, slices[index]!)
      }
      if outline.precision == .bfloat16 {
        return bfloat16Convolution(piece, convolution, slices[index]!)
      }
      if outlines.winogradConvolution(index) != nil {
        return WinogradImageStep(winograd: winogradConvolution(index, convolution, slices[index]!))
      }
      return outline.pool.map { pooledConvolution(piece, convolution, $0, slices[index]!) }
        ?? self.convolution(piece, convolution, slices[index]!)
    case .normalization: return normalizationStep(piece)
    case .layerNormalization(let normalization):
      return layerNormalization(piece, normalization, slices[index]!)
    case .maxPool(let pooling): return maxPool(piece, pooling)
    case .averagePool(let pooling):
      return AveragePoolStep(pooling: pooling, input: input(0, of: piece), value: values[index])
    case .globalPool(let kind): return globalPool(piece, kind)
    case .pointwise(let activation, let factor):
      return PointwiseStep(
        activation: activation, factor: factor, input: input(0, of: piece), value: values[index])
    case .sum:
      return SumStep(inputs: outline.inputs.indices.map { input($0, of: piece) }, value: values[index])
    case .concatenation:
      return ConcatenationStep(
        inputs: outline.inputs.indices.map { input($0, of: piece) }, value: values[index])
    case .linear: preconditionFailure("dense layers take the whole batch")
    }
  }

  // MARK: - Parameters

  /// Returns the places of an outline's parameters. Returns `nil` if it has none, or is a batch normalisation, which
  /// has more of them and is planned by ``planNormalization(_:_:)``.
  mutating func slices(_ index: Int, _ outline: Outline) -> ParameterSlices? {
    let name = architecture.nodes[outline.node].name
    let output = values[index].layout
    switch outline.core {
    case .convolution(let convolution):
      let input = values[outline.inputs[0]].layout
      return parameters.layer(
        name,
        weights: convolution.isDepthwise(inputs: input)
          ? depthwiseShape(convolution, input).weightCount
          : convolutionShape(convolution, outline, output).weightCount,
        learnsWeights: !convolution.whitens, outputs: output.channelStride, learnsBias: convolution.hasBias)
    case .linear(let linear):
      let inputs = values[outline.inputs[0]].layout.paddedCount
      return parameters.layer(
        name, weights: inputs * output.channelStride, outputs: output.channelStride,
        learnsBias: linear.hasBias)
    case .layerNormalization(let normalization):
      return parameters.layer(
        name, weights: output.channelStride, learnsWeights: normalization.learnsScale,
        outputs: output.channelStride, isNormalization: true)
    default: return nil
    }
  }

  /// Returns the sums of a layer's gradients, or `nil` outside training. Without `hasWeights`, which is for fixed
  /// weights, there are no sums of weight gradients.
  mutating func chunkSums(_ slices: ParameterSlices, hasWeights: Bool = true) -> ChunkSums? {
    guard forTraining else { return nil }
    let weights = hasWeights ? slices.weights.count : 0
    return ChunkSums(
      array: arrays.add(
        "\(slices.name) weight gradient of a chunk", .floats(weights + slices.bias.count), .chunk),
      weightCount: weights)
  }

  // MARK: - Steps

  func name(_ piece: Piece) -> String { values[piece.outline].name }

  // MARK: - Pooling

  private mutating func maxPool(_ piece: Piece, _ pooling: Pooling) -> MaxPoolStep {
    let (input, value) = (input(0, of: piece), values[piece.outline])
    let layout = input.value.layout
    let padded =
      pooling.padding == 0
      ? nil
      : FeatureLayout(
        height: layout.height, width: layout.width, channels: layout.channels,
        channelStride: layout.channelStride, margin: pooling.padding)
    return MaxPoolStep(
      pooling: pooling, input: input, value: value,
      places: forTraining ? places(piece) : nil,
      padded: padded.map {
        MaxPoolStep.Padded(
          layout: $0, array: arrays.add("\(name(piece)) padded input", .floats($0.paddedCount), .worker))
      })
  }

  /// Adds an array for the position of each maximum in its window.
  mutating func places(_ piece: Piece) -> ArrayID {
    let output = values[piece.outline].layout
    return arrays.add(
      "\(name(piece)) places of maxima", .bytes(output.height * output.width * output.channelStride), .image)
  }

  private mutating func globalPool(_ piece: Piece, _ kind: Pooling.Kind) -> GlobalPoolStep {
    let (input, value) = (input(0, of: piece), values[piece.outline])
    let needsPlaces = forTraining && kind == .maximum
    return GlobalPoolStep(
      kind: kind, input: input, value: value,
      places: needsPlaces
        ? arrays.add("\(name(piece)) places of maxima", .words(value.layout.channelStride), .image) : nil)
  }

  // MARK: - Layers that take the whole batch

  mutating func batchwide(_ index: Int, _ slices: [Int: ParameterSlices]) -> Segment {
    guard case .convolution(let convolution) = outlines[index].core else {
      let step = dense(index, slices)
      return outlines[index].precision == .bfloat16 ? .batch(bfloat16Dense(step)) : .dense(step)
    }
    return .batch(
      outlines.winogradConvolution(index) != nil
        ? WinogradBatchStep(winograd: winogradConvolution(index, convolution, slices[index]!))
        : gatheredConvolution(index, convolution, slices[index]!))
  }

  private mutating func dense(_ index: Int, _ slices: [Int: ParameterSlices]) -> DenseStep {
    let piece = Piece(outline: index, part: .whole)
    let (input, output, slices) = (input(0, of: piece), values[index], slices[index]!)
    let shape = DenseShape(inputs: input.value.layout.paddedCount, outputs: output.layout.channelStride)
    // Products in bfloat16 have their own memory; see `bfloat16Dense`.
    let isOfFloats = outlines[index].precision == .float32
    let readsImage = isOfFloats && input.value.layout.hasPixelBlocks
    let packedCount = isOfFloats ? engine.weightGradientPackedCount(shape) : 0
    let step = DenseStep(
      shape: shape, input: input, output: output, slices: slices, folded: normalizations[index]?.slices,
      pixelLists: readsImage ? arrays.add("\(slices.name) pixels", .forwardTerms(shape), .one) : nil,
      imageLists: readsImage && forTraining
        ? arrays.add("\(slices.name) images", .weightTerms(shape), .one) : nil,
      packedInput: !readsImage && forTraining && packedCount > 0
        ? arrays.add("\(slices.name) input, packed", .floats(packedCount), .image) : nil,
      transposed: input.share == nil || !isOfFloats
        ? nil
        : arrays.add(
          "\(slices.name) weights, transposed", .floats(engine.inputGradientScratchCount(shape)), .one,
          lifetime: backwardSegment(of: index)),
      discarded: forTraining && isOfFloats && !slices.learnsBias
        ? arrays.add("\(slices.name) bias gradient", .floats(shape.outputs), .one) : nil)
    placesByNode[outlines[index].node] = { step.parameterPlaces(panelWidth: $0) }
    return step
  }

  mutating func bfloat16Dense(_ dense: DenseStep) -> BFloat16DenseStep {
    let (shape, name) = (dense.shape, dense.name)
    return BFloat16DenseStep(
      dense: dense,
      rounded: arrays.add("\(name) input, rounded", .rounded(columns: shape.roundedInputs), .one),
      weights: arrays.add("\(name) weights in pairs", .bfloats(shape.pairCount), .one),
      gradient: forTraining
        ? BFloat16DenseStep.Gradient(
          rounded: arrays.add("\(name) gradient, rounded", .rounded(columns: shape.roundedOutputs), .one),
          transposedInput: arrays.add("\(name) input, transposed", .transposed(shape), .one),
          pairs: arrays.add("\(name) gradient in pairs", .paired(columns: shape.outputs), .one),
          transposedWeights: arrays.add(
            "\(name) weights, transposed", .floats(shape.transposedWeightCount), .worker),
          transposedPairs: arrays.add(
            "\(name) weights, transposed, in pairs", .bfloats(shape.transposedPairCount), .worker)) : nil)
  }
}
