// Convolutions whose channels are in groups: each group against the reference of a convolution by itself.

import Compute
import KernelInterface
import Testing

@Suite struct GroupedConvolutionTests {
  /// Groups of one lane and more, with equal and different numbers of inputs and outputs, and every kind of kernel.
  static let shapes: [ConvolutionShape] = (0..<24).map { index in
    let (groups, inputs, outputs) = [(2, 16, 16), (3, 16, 48), (2, 32, 16), (4, 48, 32)][index % 4]
    let (kernelHeight, kernelWidth) = [(3, 3), (1, 1), (2, 5), (3, 1), (1, 3)][index % 5]
    let dilation = 1 + index / 4 % 2
    let (rows, columns) = (dilation * (kernelHeight - 1), dilation * (kernelWidth - 1))
    return ConvolutionShape(
      inputHeight: rows + 2, inputWidth: columns + 1 + index % 6, inputChannels: groups * inputs,
      outputChannels: groups * outputs, kernelHeight: kernelHeight, kernelWidth: kernelWidth,
      stride: 1 + index / 2 % 2, dilation: dilation, paddingHeight: rows / 2, paddingWidth: columns / 2,
      margin: max(rows, columns) / 2 + index % 2, groups: groups)
  }

  @Test(arguments: InstructionSet.supported, shapes)
  func everyGroupIsAConvolutionByItself(instructionSet: InstructionSet, shape: ConvolutionShape) {
    let engine = engine(instructionSet)
    let problem = GroupedProblem(shape)
    checkForward(engine, problem, isExact: false)
    checkWeightGradient(engine, problem, isExact: false)
    for accumulates in [false, true] {
      checkInputGradient(engine, problem, accumulates: accumulates, isExact: false)
    }
  }

  @Test(arguments: InstructionSet.supported) func allPassesAreExactOnWholeNumbers(
    instructionSet: InstructionSet
  ) {
    let engine = engine(instructionSet)
    for shape in Self.shapes {
      let problem = GroupedProblem(shape) { randomIntegers($0, seed: $1) }
      checkForward(engine, problem, isExact: true)
      checkWeightGradient(engine, problem, isExact: true)
      checkInputGradient(engine, problem, accumulates: true, isExact: true)
    }
  }

  @Test func groupsAreMergedUntilTheirChannelsAreWholeLanes() {
    let computed = ConvolutionShape.computedGroups
    #expect(computed(1, 3, 16) == 1)
    #expect(computed(2, 32, 64) == 2)
    // Four groups of four channels share a lane.
    #expect(computed(32, 128, 128) == 8)
    #expect(computed(32, 128, 256) == 8)
    // Two groups of eight fill a lane, and two of 24 fill three lanes.
    #expect(computed(4, 32, 96) == 2)
    // Six groups are not a multiple of four.
    #expect(computed(6, 24, 24) == 1)
    #expect(computed(5, 60, 60) == 1)
  }

  @Test func noOtherAlgorithmAppliesToGroups() {
    let shape = ConvolutionShape(
      inputHeight: 8, inputWidth: 8, inputChannels: 32, outputChannels: 32, kernelHeight: 3, kernelWidth: 3,
      groups: 2)
    #expect(!shape.hasWinograd)
    #expect(!shape.hasSparseGradient(poolSize: 2, poolStride: 2))
  }

  // MARK: - Running and comparing

  private func checkForward(_ engine: Engine, _ problem: GroupedProblem, isExact: Bool) {
    let shape = problem.shape
    let input = problem.maps.paddedInput
    let weights = problem.packedWeights(engine.kernels)
    let bias = GuardedFloats(problem.maps.bias)
    let rowStride = (shape.outputWidth + 1) * shape.outputChannels
    let output = GuardedFloats(
      .rows(shape.outputHeight, shape.outputWidth * shape.outputChannels, stride: rowStride))
    engine.convolve(
      shape, input: input.floats, weights: weights.floats, bias: bias.floats, rows: 0..<shape.outputHeight,
      output: output.floats, outputRowStride: rowStride, rectifies: true)
    let expected = problem.joined(shape.outputChannels) { group in
      referenceConvolution(
        group.shape, input: group.input, weights: group.weights, bias: group.bias
      ).rectified
    }
    expect(output, equals: isExact ? expected.exact : expected, "\(problem)")
    expectUntouched(input, weights, bias, what: "\(problem)")
  }

  private func checkWeightGradient(_ engine: Engine, _ problem: GroupedProblem, isExact: Bool) {
    let shape = problem.shape
    let start = randomIntegers(shape.weightCount, seed: 5)
    let input = problem.maps.paddedInput
    let gradient = problem.maps.spreadOutputGradient
    let weightGradient = GuardedFloats(problem.weightLayout(engine.kernels), start)
    let biasGradient = GuardedFloats([Float](repeating: 0, count: shape.outputChannels))
    engine.addConvolutionWeightGradient(
      shape, input: input.floats, outputGradient: gradient.floats,
      map: GradientMap(shape, forInputGradient: true), weightGradient: weightGradient.floats,
      biasGradient: biasGradient.floats)
    let groupCount = shape.weightCount / shape.groups
    let parts = problem.groups.enumerated().map { index, group in
      referenceWeightGradient(
        group.shape, input: group.input, outputGradient: group.outputGradient,
        startingFrom: Array(start[index * groupCount..<(index + 1) * groupCount]))
    }
    let expected = Expected(values: parts.flatMap(\.values), bounds: parts.flatMap(\.bounds))
    expect(weightGradient, equals: isExact ? expected.exact : expected, "weight gradient, \(problem)")
    let bias = referenceRowSum(
      problem.maps.outputGradient, rowCount: shape.outputHeight * shape.outputWidth,
      startingFrom: [Float](repeating: 0, count: shape.outputChannels))
    expect(biasGradient, equals: bias, "bias gradient, \(problem)")
    expectUntouched(input, gradient, what: "\(problem)")
  }

  private func checkInputGradient(
    _ engine: Engine, _ problem: GroupedProblem, accumulates: Bool, isExact: Bool
  ) {
    let shape = problem.shape
    let weights = problem.packedWeights(engine.kernels)
    let flipped = FloatBuffer(count: shape.flippedWeightCount)
    engine.flipWeights(shape, weights: weights.floats, flipped: flipped.floats)
    let gradient = problem.maps.spreadOutputGradient
    let start = randomIntegers(problem.maps.input.count, seed: 9)
    let rowStride = shape.inputWidth * shape.inputChannels
    let inputGradient = GuardedFloats(
      .rows(shape.inputHeight, rowStride, stride: rowStride), accumulates ? start : nil)
    engine.convolutionInputGradient(
      shape, outputGradient: gradient.floats, map: GradientMap(shape, forInputGradient: true),
      flippedWeights: flipped.floats, inputGradient: inputGradient.floats, rowStride: rowStride,
      accumulates: accumulates)
    let expected = problem.joined(shape.inputChannels) { group in
      referenceInputGradient(
        group.shape, outputGradient: group.outputGradient, weights: group.weights,
        startingFrom: accumulates
          ? part(start, group.index, of: shape.inputChannels, groups: shape.groups) : nil)
    }
    expect(inputGradient, equals: isExact ? expected.exact : expected, "input gradient, \(problem)")
    withExtendedLifetime(flipped) { expectUntouched(weights, gradient, what: "\(problem)") }
  }
}

/// The channels of one group, from pixels of `channels` channels.
private func part(_ values: [Float], _ group: Int, of channels: Int, groups: Int) -> [Float] {
  let width = channels / groups
  return stride(from: group * width, to: values.count, by: channels).flatMap { values[$0..<$0 + width] }
}

/// The operands of a convolution with groups, and those of each group by itself.
private struct GroupedProblem: CustomStringConvertible {
  let shape: ConvolutionShape
  let maps: ConvolutionProblem
  let groups: [Group]

  struct Group {
    let index: Int
    let shape: ConvolutionShape
    let input: [Float]
    let weights: [Float]
    let bias: [Float]
    let outputGradient: [Float]
  }

  init(_ shape: ConvolutionShape, fill: (Int, Int) -> [Float] = { randomFloats($0, seed: $1) }) {
    self.shape = shape
    let maps = ConvolutionProblem(shape, fill: fill)
    self.maps = maps
    let alone = ConvolutionShape(
      inputHeight: shape.inputHeight, inputWidth: shape.inputWidth, inputChannels: shape.groupInputs,
      outputChannels: shape.groupOutputs, kernelHeight: shape.kernelHeight, kernelWidth: shape.kernelWidth,
      stride: shape.stride, dilation: shape.dilation, paddingHeight: shape.paddingHeight,
      paddingWidth: shape.paddingWidth)
    groups = (0..<shape.groups).map { index in
      Group(
        index: index, shape: alone,
        input: part(maps.input, index, of: shape.inputChannels, groups: shape.groups),
        weights: Array(maps.weights[index * alone.weightCount..<(index + 1) * alone.weightCount]),
        bias: part(maps.bias, index, of: shape.outputChannels, groups: shape.groups),
        outputGradient: part(maps.outputGradient, index, of: shape.outputChannels, groups: shape.groups))
    }
  }

  var description: String { "\(shape.groups) groups, \(maps)" }

  /// The weights of each group in panels, one group after the other.
  func weightLayout(_ kernels: any KernelSet.Type) -> Layout {
    let panels = Layout.panels(shape.patchLength, shape.groupOutputs, width: kernels.panelWidth)
    return Layout(
      offsets: (0..<shape.groups).flatMap { group in panels.offsets.map { group * panels.capacity + $0 } },
      capacity: shape.groups * panels.capacity)
  }

  func packedWeights(_ kernels: any KernelSet.Type) -> GuardedFloats {
    GuardedFloats(weightLayout(kernels), maps.weights)
  }

  /// A map of `channels` channels, joined from the groups' maps.
  func joined(_ channels: Int, _ map: (Group) -> Expected) -> Expected {
    let parts = groups.map(map)
    let width = channels / shape.groups
    var joined = Expected(values: [], bounds: [])
    for pixel in stride(from: 0, to: parts[0].values.count, by: width) {
      for part in parts {
        joined.values += part.values[pixel..<pixel + width]
        joined.bounds += part.bounds[pixel..<pixel + width]
      }
    }
    return joined
  }
}
