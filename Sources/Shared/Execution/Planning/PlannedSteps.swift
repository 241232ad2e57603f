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
      return outline.pool.map { pooledConvolution(piece, convolution, $0, slices[index]!) }
        ?? self.convolution(piece, convolution, slices[index]!)
    case .normalization: return normalizationStep(piece)
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
    case .linear: preconditionFailure("dense layers take the batch at once")
    }
  }

  private func name(_ piece: Piece) -> String { values[piece.outline].name }

  // MARK: - Convolutions

  func convolutionShape(
    _ convolution: Convolution, _ outline: Outline, _ output: FeatureLayout
  ) -> ConvolutionShape {
    let input = values[outline.inputs[0]].layout
    return ConvolutionShape(
      inputHeight: input.height, inputWidth: input.width, inputChannels: input.channelStride,
      outputChannels: output.channelStride, kernelHeight: convolution.kernel.height,
      kernelWidth: convolution.kernel.width, stride: convolution.stride, dilation: convolution.dilation,
      paddingHeight: convolution.padding.height, paddingWidth: convolution.padding.width,
      margin: input.margin)
  }

  /// What both kinds of convolution have.
  private mutating func plan(
    _ piece: Piece, _ convolution: Convolution, _ slices: ParameterSlices, usesWinograd: Bool,
    _ derivation: ConvolutionPlan.Derivation, _ sumLayout: ConvolutionPlan.SumLayout
  ) -> ConvolutionPlan {
    let outline = outlines[piece.outline]
    let output = values[piece.outline]
    let shape = convolutionShape(convolution, outline, output.layout)
    let input = input(0, of: piece)
    let derivedCount =
      switch derivation {
      case .rows, .flipped: max(shape.flippedWeightCount, shape.weightCount)
      case .transformed: shape.flippedWeightCount + shape.inputGradientShape.winogradWeightCount
      }
    let plan = ConvolutionPlan(
      shape: shape, groups: convolution.groups, input: input, output: output, slices: slices,
      folded: normalizations[piece.outline]?.slices,
      transformed: usesWinograd ? transformed(shape.winogradWeightCount) : nil,
      derived: input.share == nil ? nil : derived(derivedCount), derivation: derivation,
      // Sums of weights' gradients, then of biases'.
      chunkGradients: forTraining
        ? arrays.add(
          "\(slices.name) weight gradient of a chunk",
          .floats(ConvolutionPlan.sumCount(shape, sumLayout) + shape.outputChannels), .chunk) : nil,
      sumLayout: sumLayout)
    placesByNode[outline.node] = { plan.parameterPlaces(panelWidth: $0) }
    return plan
  }

  private mutating func convolution(
    _ piece: Piece, _ convolution: Convolution, _ slices: ParameterSlices
  ) -> ConvolutionStep {
    let shape = convolutionShape(convolution, outlines[piece.outline], values[piece.outline].layout)
    let passesGradient = input(0, of: piece).share != nil
    let plan = plan(
      piece, convolution, slices, usesWinograd: shape.hasWinograd,
      passesGradient && shape.hasWinogradInputGradient ? .transformed : .flipped,
      shape.hasWinogradWeightGradient ? .transformed : .panels)
    return ConvolutionStep(
      plan: plan,
      tiles: shape.hasWinograd
        ? arrays.add("\(name(piece)) tiles", .floats(shape.winogradScratchCount), .worker) : nil,
      gradients: forTraining ? gradients(plan) : nil)
  }

  private mutating func gradients(_ plan: ConvolutionPlan) -> ConvolutionStep.Gradients {
    let (shape, name) = (plan.shape, plan.slices.name)
    let map = GradientMap(shape, forInputGradient: plan.derived != nil)
    let isTransformed = plan.sumLayout == .transformed
    let imageCount = isTransformed ? shape.winogradGradientImageCount : 1
    return ConvolutionStep.Gradients(
      map: map,
      spread: arrays.add("\(name) gradient, spread", .floats(imageCount * map.count), .worker),
      imageCount: imageCount,
      inputTiles: plan.derived != nil && plan.derivation == .transformed
        ? arrays.add(
          "\(name) input gradient tiles", .floats(shape.inputGradientShape.winogradScratchCount), .worker)
        : nil,
      weightTiles: isTransformed
        ? arrays.add(
          "\(name) weight gradient tiles",
          .floats(shape.winogradGradientScratchCount(imageCount: imageCount)), .worker) : nil)
  }

  private mutating func pooledConvolution(
    _ piece: Piece, _ convolution: Convolution, _ pool: PoolPlan, _ slices: ParameterSlices
  ) -> PooledConvolutionStep {
    let output = values[piece.outline].layout
    let shape = convolutionShape(convolution, outlines[piece.outline], output)
    // Winograd's convolution knows no pooling but that of its own tiles.
    let usesWinograd = shape.hasWinograd && pool == .winograd
    let listsGradient = shape.hasSparseGradient(poolSize: pool.size, poolStride: pool.stride)
    let plan = plan(
      piece, convolution, slices, usesWinograd: usesWinograd, listsGradient ? .rows : .flipped,
      listsGradient ? .rows : .panels)
    let bandCount =
      PooledConvolutionStep.bandRowCount(pool, shape) * shape.outputWidth * shape.outputChannels
    return PooledConvolutionStep(
      plan: plan, pool: pool,
      scratch: arrays.add(
        "\(name(piece)) \(usesWinograd ? "tiles" : "rows to pool")",
        .floats(usesWinograd ? shape.winogradScratchCount : bandCount), .worker),
      places: forTraining
        ? arrays.add(
          "\(name(piece)) places of maxima", .bytes(output.height * output.width * output.channelStride),
          .image) : nil,
      gradients: forTraining ? gradients(plan, pool, output) : nil)
  }

  private mutating func gradients(
    _ plan: ConvolutionPlan, _ pool: PoolPlan, _ output: FeatureLayout
  ) -> PooledConvolutionStep.Gradients {
    let (shape, name) = (plan.shape, plan.slices.name)
    if case .rows = plan.derivation {
      return .listed(
        arrays.add(
          "\(name) gradient, listed",
          .sparseGradient(channels: shape.outputChannels, windows: output.height * output.width), .worker))
    }
    // Where channels are not padded, the input is the image, and nothing before this convolution learns.
    if plan.input.share == nil, shape.hasPooledGradient(poolSize: pool.size, poolStride: pool.stride) {
      return .pooled
    }
    let map = GradientMap(shape, forInputGradient: plan.input.share != nil)
    return .spread(map, arrays.add("\(name) gradient, spread", .floats(map.count), .worker))
  }

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
      places: forTraining
        ? arrays.add(
          "\(name(piece)) places of maxima",
          .bytes(value.layout.height * value.layout.width * value.layout.channelStride), .image) : nil,
      padded: padded.map {
        MaxPoolStep.Padded(
          layout: $0, array: arrays.add("\(name(piece)) padded input", .floats($0.paddedCount), .worker))
      })
  }

  private mutating func globalPool(_ piece: Piece, _ kind: Pooling.Kind) -> GlobalPoolStep {
    let (input, value) = (input(0, of: piece), values[piece.outline])
    let needsPlaces = forTraining && kind == .maximum
    return GlobalPoolStep(
      kind: kind, input: input, value: value,
      places: needsPlaces
        ? arrays.add("\(name(piece)) places of maxima", .words(value.layout.channelStride), .image) : nil)
  }

  // MARK: - Dense layers

  mutating func dense(_ index: Int, _ slices: [Int: ParameterSlices]) -> DenseStep {
    let piece = Piece(outline: index, part: .whole)
    let (input, output, slices) = (input(0, of: piece), values[index], slices[index]!)
    let shape = DenseShape(inputs: input.value.layout.paddedCount, outputs: output.layout.channelStride)
    let readsImage = input.value.layout.isPatched
    let step = DenseStep(
      shape: shape, input: input, output: output, slices: slices, folded: normalizations[index]?.slices,
      pixelLists: readsImage ? arrays.add("\(slices.name) pixels", .forwardTerms(shape), .one) : nil,
      imageLists: readsImage && forTraining
        ? arrays.add("\(slices.name) images", .weightTerms(shape), .one) : nil,
      transposed: input.share == nil
        ? nil
        : arrays.add(
          "\(slices.name) weights, transposed", .floats(engine.inputGradientScratchCount(shape)), .one,
          lifetime: backwardSegment(of: index)),
      discarded: forTraining && !slices.learnsBias
        ? arrays.add("\(slices.name) bias gradient", .floats(shape.outputs), .one) : nil)
    placesByNode[outlines[index].node] = { step.parameterPlaces(panelWidth: $0) }
    return step
  }
}

extension Convolution {
  /// Whether each channel has a kernel of its own, and nothing else.
  func isDepthwise(inputs: FeatureLayout) -> Bool { false && groups > 1 && groups == channels && groups == inputs.channels }
}
