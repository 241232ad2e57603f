// The steps of convolutions: the method of each pass, and the memory it needs. Segments.swift decides which
// convolutions use Winograd's algorithm, and which take several images at a time.

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

  /// Returns the shape of a depthwise convolution, in which each channel has a kernel.
  func depthwiseShape(_ convolution: Convolution, _ input: FeatureLayout) -> DepthwiseShape {
    DepthwiseShape(
      inputHeight: input.height, inputWidth: input.width, channels: input.channelStride,
      kernelHeight: convolution.kernel.height, kernelWidth: convolution.kernel.width,
      stride: convolution.stride, dilation: convolution.dilation,
      paddingHeight: convolution.padding.height, paddingWidth: convolution.padding.width,
      margin: input.margin)
  }

  /// Plans the parts that all convolutions share, except depthwise ones.
  mutating func plan(
    _ piece: Piece, _ convolution: Convolution, _ slices: ParameterSlices,
    winograd: WinogradConvolution? = nil, _ gradientForm: ConvolutionPlan.GradientForm = .dense,
    sumsChunks: Bool = true
  ) -> ConvolutionPlan {
    let outline = outlines[piece.outline]
    let output = values[piece.outline]
    let shape = convolutionShape(convolution, outline, output.layout)
    let input = input(0, of: piece)
    let derivedCount = max(shape.flippedWeightCount, shape.weightCount)
    let plan = ConvolutionPlan(
      shape: shape, groups: convolution.groups, input: input, output: output, slices: slices,
      folded: normalizations[piece.outline]?.slices,
      winograd: winograd.map { ($0, transformed($0.weightCount)) },
      derived: input.share == nil ? nil : derived(derivedCount), gradientForm: gradientForm,
      chunkSums: sumsChunks ? chunkSums(slices, hasWeights: slices.learnsWeights) : nil)
    placesByNode[outline.node] = { plan.parameterPlaces(panelWidth: $0) }
    return plan
  }

  mutating func convolution(
    _ piece: Piece, _ convolution: Convolution, _ slices: ParameterSlices
  ) -> ConvolutionStep {
    let plan = plan(piece, convolution, slices)
    return ConvolutionStep(
      plan: plan, gradient: forTraining && slices.learnsWeights ? spreadGradient(plan) : nil)
  }

  mutating func winogradConvolution(
    _ index: Int, _ convolution: Convolution, _ slices: ParameterSlices
  ) -> WinogradPlan {
    let outline = outlines[index]
    let piece = Piece(outline: index, part: .whole)
    let plan = plan(piece, convolution, slices, sumsChunks: false)
    let winograd = WinogradConvolution(plan.shape, pools: outline.pool != nil)
    let name = slices.name
    return WinogradPlan(
      plan: plan, convolution: winograd, weights: transformed(winograd.weightCount),
      scratch: arrays.add("\(name) tiles", .floats(winograd.scratchCount), .worker),
      places: winograd.pools && forTraining ? places(piece) : nil,
      gradient: forTraining ? gradient(plan, winograd, backwardSegment(of: index)) : nil)
  }

  private mutating func gradient(
    _ plan: ConvolutionPlan, _ winograd: WinogradConvolution, _ segment: ClosedRange<Int>
  ) -> WinogradPlan.Gradient {
    let name = plan.slices.name
    return WinogradPlan.Gradient(
      tiles: arrays.add(
        "\(name) gradient tiles",
        .floats(winograd.gradientTileCount(imageCount: winograd.gradientImagesPerBlock)),
        winograd.takesSingleImages ? .worker : .one, lifetime: segment),
      sums: arrays.add(
        "\(name) weight gradient sums", .floats(winograd.sumCount),
        winograd.takesSingleImages ? .chunk : .one,
        lifetime: segment),
      products: plan.derived == nil
        ? nil
        : arrays.add(
          "\(name) input gradient tiles", .floats(winograd.inputGradientScratchCount), .worker,
          lifetime: segment),
      biases: plan.slices.learnsBias
        ? arrays.add("\(name) bias gradient of an image", .floats(plan.shape.outputChannels), .image) : nil,
      transposed: plan.derived == nil ? nil : derived(winograd.weightCount))
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
      chunkSums: chunkSums(slices))
    placesByNode[outline.node] = { _ in step.parameterPlaces }
    return step
  }

  /// Plans the memory for gradients over all pixels.
  private mutating func spreadGradient(_ plan: ConvolutionPlan) -> SpreadGradient {
    let map = GradientMap(plan.shape, forInputGradient: plan.derived != nil)
    return SpreadGradient(
      map: map,
      array: arrays.add("\(plan.slices.name) gradient, spread", .floats(map.count), .worker))
  }

  mutating func bfloat16Convolution(
    _ piece: Piece, _ convolution: Convolution, _ slices: ParameterSlices
  ) -> BFloat16ConvolutionStep {
    let plan = plan(piece, convolution, slices)
    let sizes = BFloat16Convolution(plan.shape)
    let name = slices.name
    return BFloat16ConvolutionStep(
      plan: plan, convolution: sizes,
      rounded: arrays.add("\(name) input, rounded", .bfloats(sizes.roundedCount), .worker),
      weights: arrays.add("\(name) weights in pairs", .bfloats(sizes.pairCount), .one),
      gradient: forTraining ? gradient(plan, sizes) : nil)
  }

  private mutating func gradient(
    _ plan: ConvolutionPlan, _ sizes: BFloat16Convolution
  ) -> BFloat16ConvolutionStep.Gradient {
    let name = plan.slices.name
    return BFloat16ConvolutionStep.Gradient(
      rounded: arrays.add("\(name) gradient, rounded", .bfloats(sizes.gradientCount), .worker),
      transposed: arrays.add("\(name) input, transposed", .bfloats(sizes.transposedCount), .worker),
      pairs: arrays.add("\(name) gradient in pairs", .bfloats(sizes.gradientPairCount), .worker),
      flipped: plan.derived == nil
        ? nil : arrays.add("\(name) flipped weights in pairs", .bfloats(sizes.flippedPairCount), .one))
  }

  mutating func gatheredConvolution(
    _ index: Int, _ convolution: Convolution, _ slices: ParameterSlices
  ) -> GatheredConvolutionStep {
    let piece = Piece(outline: index, part: .whole)
    let plan = plan(piece, convolution, slices)
    let (shape, count) = (plan.shape, GatheredConvolutionStep.imageCount)
    let outputCount = count * shape.outputPixels * shape.outputChannels
    let passesGradient = plan.derived != nil
    let patchesOfImage = max(
      shape.outputPixels * shape.patchLength,
      passesGradient ? shape.inputPixels * shape.gradientPatchLength : 0)
    let rowCount = max(outputCount, passesGradient ? count * shape.inputPixels * shape.inputChannels : 0)
    let map = GradientMap(shape, forInputGradient: true)
    return GatheredConvolutionStep(
      plan: plan, patches: arrays.add("\(slices.name) patches", .floats(count * patchesOfImage), .worker),
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
    let shape = convolutionShape(convolution, outlines[piece.outline], values[piece.outline].layout)
    // Winograd's convolution pools only by 2 × 2. Its tiles are of size two, so that the predictions of `cnn` keep
    // their bits.
    let winograd =
      shape.hasWinograd && pool == .winograd ? WinogradConvolution(shape, pools: true, size: .two) : nil
    let isListed = shape.hasSparseGradient(poolSize: pool.size, poolStride: pool.stride)
    let plan = plan(
      piece, convolution, slices, winograd: winograd, isListed ? .listed : .dense)
    let bandCount =
      PooledConvolutionStep.bandRowCount(pool, shape) * shape.outputWidth * shape.outputChannels
    return PooledConvolutionStep(
      plan: plan, pool: pool,
      scratch: arrays.add(
        "\(name(piece)) \(winograd == nil ? "rows to pool" : "tiles")",
        .floats(winograd?.scratchCount ?? bandCount), .worker),
      places: forTraining ? places(piece) : nil,
      gradients: forTraining && slices.learnsWeights ? gradients(plan, pool) : nil)
  }

  private mutating func gradients(
    _ plan: ConvolutionPlan, _ pool: PoolPlan
  ) -> PooledConvolutionStep.Gradients {
    let (shape, output) = (plan.shape, plan.output.layout)
    if case .listed = plan.gradientForm {
      return .listed(
        arrays.add(
          "\(plan.slices.name) gradient, listed",
          .sparseGradient(channels: shape.outputChannels, windows: output.height * output.width), .worker))
    }
    // If channels are not padded, the input is the image, and nothing before this convolution learns.
    if plan.input.share == nil, shape.hasPooledGradient(poolSize: pool.size, poolStride: pool.stride) {
      return .pooled
    }
    return .spread(spreadGradient(plan))
  }
}

extension Convolution {
  /// Whether the convolution is depthwise: each channel has its own kernel, which reads only that channel.
  func isDepthwise(inputs: FeatureLayout) -> Bool {
    groups > 1 && groups == channels && groups == inputs.channels
  }
}
