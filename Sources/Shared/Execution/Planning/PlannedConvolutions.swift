// The steps of convolutions: which algorithm each pass goes by, and the memory it needs.

import Compute
import KernelInterface
import Networks

extension Planner {
  func convolutionShape(
    _ convolution: Convolution, _ outline: Outline, _ output: FeatureLayout
  ) -> ConvolutionShape {
    let input = values[outline.inputs[0]].layout
    return ConvolutionShape(
      inputHeight: input.height, inputWidth: input.width, inputChannels: input.channelStride,
      outputChannels: output.channelStride, kernelHeight: convolution.kernel.height,
      kernelWidth: convolution.kernel.width, stride: convolution.stride, dilation: convolution.dilation,
      paddingHeight: convolution.padding.height, paddingWidth: convolution.padding.width,
      margin: input.margin,
      groups: convolution.groups == 1
        ? 1
        : ConvolutionShape.computedGroups(
          convolution.groups, inputChannels: input.channels, outputChannels: output.channels),
      filledInputs: input.channels)
  }

  /// Of a convolution whose channels have a kernel each.
  func depthwiseShape(_ convolution: Convolution, _ input: FeatureLayout) -> DepthwiseShape {
    DepthwiseShape(
      inputHeight: input.height, inputWidth: input.width, channels: input.channelStride,
      kernelHeight: convolution.kernel.height, kernelWidth: convolution.kernel.width,
      stride: convolution.stride, dilation: convolution.dilation,
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

  mutating func convolution(
    _ piece: Piece, _ convolution: Convolution, _ slices: ParameterSlices
  ) -> ConvolutionStep {
    let shape = convolutionShape(convolution, outlines[piece.outline], values[piece.outline].layout)
    let passesGradient = input(0, of: piece).share != nil
    let (derivation, sumLayout) = gradientLayouts(shape, passesGradient: passesGradient)
    let plan = plan(piece, convolution, slices, usesWinograd: shape.hasWinograd, derivation, sumLayout)
    return ConvolutionStep(
      plan: plan,
      tiles: shape.hasWinograd
        ? arrays.add("\(name(piece)) tiles", .floats(shape.winogradScratchCount), .worker) : nil,
      gradient: forTraining ? spreadGradient(plan) : nil)
  }

  mutating func depthwise(
    _ piece: Piece, _ convolution: Convolution, _ slices: ParameterSlices
  ) -> DepthwiseStep {
    let outline = outlines[piece.outline]
    let input = input(0, of: piece)
    let shape = depthwiseShape(convolution, input.value.layout)
    let map = GradientMap(shape.maps, forInputGradient: input.share != nil)
    let step = DepthwiseStep(
      shape: shape, input: input, value: values[piece.outline], slices: slices,
      folded: normalizations[piece.outline]?.slices, map: map,
      spread: forTraining
        ? arrays.add("\(slices.name) gradient, spread", .floats(map.count), .worker) : nil,
      chunkGradients: forTraining
        ? arrays.add(
          "\(slices.name) weight gradient of a chunk", .floats(shape.weightCount + shape.channels), .chunk)
        : nil)
    placesByNode[outline.node] = { _ in step.parameterPlaces }
    return step
  }

  /// How the gradients of a convolution are computed, which says what they multiply by and how their sums lie.
  ///
  /// After a pooling, lists of what is not 0 are faster where a ReLU makes half of the rest 0, too. Without one, or without
  /// a pooling, Winograd's convolution is faster where it applies.
  private func gradientLayouts(
    _ shape: ConvolutionShape, _ pool: PoolPlan? = nil, _ outline: Outline? = nil, passesGradient: Bool
  ) -> (ConvolutionPlan.Derivation, ConvolutionPlan.SumLayout) {
    let hasWinograd = shape.hasWinogradWeightGradient && (shape.hasWinogradInputGradient || !passesGradient)
    if let pool, shape.hasSparseGradient(poolSize: pool.size, poolStride: pool.stride),
      outline?.rectifies == true || !hasWinograd
    {
      return (.rows, .rows)
    }
    return (
      passesGradient && shape.hasWinogradInputGradient ? .transformed : .flipped,
      shape.hasWinogradWeightGradient ? .transformed : .panels
    )
  }

  /// The memory of gradients over all pixels.
  private mutating func spreadGradient(_ plan: ConvolutionPlan) -> SpreadGradient {
    let (shape, name) = (plan.shape, plan.slices.name)
    let map = GradientMap(shape, forInputGradient: plan.derived != nil)
    let isTransformed = plan.sumLayout == .transformed
    let imageCount = isTransformed ? shape.winogradGradientImageCount : 1
    return SpreadGradient(
      map: map,
      array: arrays.add("\(name) gradient, spread", .floats(imageCount * map.count), .worker),
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

  mutating func gatheredConvolution(
    _ index: Int, _ convolution: Convolution, _ slices: ParameterSlices
  ) -> GatheredConvolutionStep {
    let piece = Piece(outline: index, part: .whole)
    let plan = plan(piece, convolution, slices, usesWinograd: false, .flipped, .panels)
    let (shape, count) = (plan.shape, GatheredConvolutionStep.imageCount)
    let outputCount = count * shape.outputPixels * shape.outputChannels
    let passesGradient = plan.derived != nil
    let patchCount = max(
      shape.outputPixels * shape.patchCount,
      passesGradient ? shape.inputPixels * shape.gradientPatchCount : 0)
    let rowCount = max(outputCount, passesGradient ? count * shape.inputPixels * shape.inputChannels : 0)
    let map = GradientMap(shape, forInputGradient: true)
    return GatheredConvolutionStep(
      plan: plan, patches: arrays.add("\(slices.name) patches", .floats(count * patchCount), .worker),
      rows: arrays.add("\(slices.name) rows", .floats(rowCount), .worker),
      gradient: forTraining
        ? GatheredConvolutionStep.Gradient(
          map: map,
          spread: arrays.add("\(slices.name) gradient, spread", .floats(map.count), .worker),
          rows: arrays.add("\(slices.name) gradient rows", .floats(outputCount), .worker)) : nil)
  }

  mutating func pooledConvolution(
    _ piece: Piece, _ convolution: Convolution, _ pool: PoolPlan, _ slices: ParameterSlices
  ) -> PooledConvolutionStep {
    let output = values[piece.outline].layout
    let shape = convolutionShape(convolution, outlines[piece.outline], output)
    // Winograd's convolution knows no pooling but that of its own tiles.
    let usesWinograd = shape.hasWinograd && pool == .winograd
    let (derivation, sumLayout) = gradientLayouts(
      shape, pool, outlines[piece.outline], passesGradient: input(0, of: piece).share != nil)
    let plan = plan(piece, convolution, slices, usesWinograd: usesWinograd, derivation, sumLayout)
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
    return .spread(spreadGradient(plan))
  }
}

extension Convolution {
  /// Whether each channel has a kernel of its own, and nothing else.
  func isDepthwise(inputs: FeatureLayout) -> Bool {
    groups > 1 && groups == channels && groups == inputs.channels
  }
}
