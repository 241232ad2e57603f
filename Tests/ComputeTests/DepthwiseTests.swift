// Depthwise convolutions, forward and both gradients: every geometry, channels, rows around the tiles of pixels, parts
// of the output, and sums of many pixels.

import Compute
import KernelInterface
import Testing

@Suite struct DepthwiseTests {
  /// Kernels of every size up to eight taps in a row, one more than are summed together, with dilations, strides,
  /// unequal paddings, and margins wider than necessary.
  static let geometries: [DepthwiseShape] = (0..<72).map { index in
    let (kernelHeight, kernelWidth) = (1 + index / 8 % 6, 1 + index % 8)
    let dilation = 1 + index / 3 % 2
    let (rows, columns) = (dilation * (kernelHeight - 1), dilation * (kernelWidth - 1))
    let (above, left) = ([rows / 2, 0, rows][index % 3], [columns / 2, columns, 0][index / 2 % 3])
    return DepthwiseShape(
      inputHeight: rows + 1 + index % 4, inputWidth: columns + 1 + index % 5,
      channels: [16, 32, 48][index % 3],
      kernelHeight: kernelHeight, kernelWidth: kernelWidth, stride: 1 + index / 5 % 3, dilation: dilation,
      paddingHeight: above, paddingWidth: left, margin: max(above, left) + index % 2)
  }

  /// Rows of one tile of pixels, one less, one more, and two with a remainder.
  static let widths: [DepthwiseShape] = (1...19).map { width in
    DepthwiseShape(
      inputHeight: 3, inputWidth: width, channels: 16, kernelHeight: 3, kernelWidth: 3, paddingHeight: 1,
      paddingWidth: 1)
  }

  @Test(arguments: InstructionSet.supported, [false, true])
  func forwardMatchesTheReference(instructionSet: InstructionSet, rectifies: Bool) {
    for (index, shape) in (Self.geometries + Self.widths).enumerated() {
      let problem = Problem(shape)
      let bias = index % 2 == 0 ? problem.bias : nil
      let expected = referenceDepthwise(shape, input: problem.input, weights: problem.weights, bias: bias)
      let rows = 0..<shape.maps.outputHeight
      let output = run(engine(instructionSet), problem, bias: bias, rows: rows, rectifies: rectifies)
      expect(output, equals: rectifies ? expected.rectified : expected, problem.description)
    }
  }

  @Test(arguments: InstructionSet.supported) func writesOnlyTheRequestedRows(instructionSet: InstructionSet) {
    let engine = engine(instructionSet)
    let shape = DepthwiseShape(
      inputHeight: 9, inputWidth: 5, channels: 32, kernelHeight: 3, kernelWidth: 3, stride: 2,
      paddingHeight: 1, paddingWidth: 1)
    let problem = Problem(shape)
    let height = shape.maps.outputHeight
    let whole = run(engine, problem, bias: problem.bias, rows: 0..<height, rectifies: false).values
    let rowLength = shape.maps.outputWidth * shape.channels
    for first in 0..<height {
      for end in first + 1...height {
        let part = run(engine, problem, bias: problem.bias, rows: first..<end, rectifies: false)
        expect(
          part, equals: Expected(exactly: Array(whole[first * rowLength..<end * rowLength])),
          "rows \(first)..<\(end)")
      }
    }
  }

  @Test(arguments: InstructionSet.supported) func gradientsMatchTheReference(instructionSet: InstructionSet) {
    for (index, shape) in (Self.geometries + Self.widths).enumerated() {
      let problem = Problem(shape)
      checkWeightGradient(engine(instructionSet), problem, forInputGradient: index % 2 == 0)
      for accumulates in [false, true] {
        checkInputGradient(engine(instructionSet), problem, accumulates: accumulates)
      }
    }
  }

  @Test(arguments: InstructionSet.supported) func allPassesAreExactOnWholeNumbers(
    instructionSet: InstructionSet
  ) {
    let engine = engine(instructionSet)
    for (size, stride) in [(3, 1), (5, 2), (7, 1)] {
      let shape = DepthwiseShape(
        inputHeight: 11, inputWidth: 13, channels: 48, kernelHeight: size, kernelWidth: size, stride: stride,
        paddingHeight: size / 2, paddingWidth: size / 2)
      let problem = Problem(shape) { randomIntegers($0, seed: $1) }
      let expected = referenceDepthwise(
        shape, input: problem.input, weights: problem.weights, bias: problem.bias)
      let output = run(
        engine, problem, bias: problem.bias, rows: 0..<shape.maps.outputHeight, rectifies: false)
      expect(output, equals: expected.exact, problem.description)
      checkWeightGradient(engine, problem, forInputGradient: true, isExact: true)
      checkInputGradient(engine, problem, accumulates: true, isExact: true)
    }
  }

  /// A quarter of a million equal pixels are the worst case for a sum. It is made of blocks of 2,048 terms, and rounded
  /// once for each addition in a block and once for each block (see LongSumTests).
  @Test(arguments: InstructionSet.supported) func weightGradientsOfLargeMapsStayAccurate(
    instructionSet: InstructionSet
  ) {
    let shape = DepthwiseShape(
      inputHeight: 512, inputWidth: 512, channels: 16, kernelHeight: 1, kernelWidth: 1)
    let input = FloatBuffer(count: shape.maps.inputCount)
    input.floats.update(repeating: 1)
    let gradient = FloatBuffer(count: shape.maps.inputCount)
    gradient.floats.update(repeating: 0.1)
    let weightGradient = GuardedFloats([Float](repeating: 0, count: 16))
    engine(instructionSet).addDepthwiseWeightGradient(
      shape, input: input.floats, outputGradient: gradient.floats,
      map: GradientMap(shape.maps, forInputGradient: false), weightGradient: weightGradient.floats,
      biasGradient: nil)
    let sum = 512 * 512 * Double(Float(0.1))
    let bound = Double(2048 + 512 * 512 / 2048 + 2) * Rounded.unit * sum
    expect(
      weightGradient,
      equals: Expected(
        values: [Double](repeating: sum, count: 16), bounds: [Double](repeating: bound, count: 16)),
      "512 × 512 pixels")
    withExtendedLifetime((input, gradient)) {}
  }

  // MARK: - Running and comparing

  /// The operands in plain order.
  private struct Problem: CustomStringConvertible {
    let shape: DepthwiseShape
    /// The maps. Its weights, those of a full convolution, are not used.
    let maps: ConvolutionProblem
    let weights: [Float]

    init(_ shape: DepthwiseShape, fill: (Int, Int) -> [Float] = { randomFloats($0, seed: $1) }) {
      self.shape = shape
      maps = ConvolutionProblem(shape.maps, fill: fill)
      weights = fill(shape.weightCount, 2)
    }

    var input: [Float] { maps.input }
    var bias: [Float] { maps.bias }
    var outputGradient: [Float] { maps.outputGradient }
    var description: String { "depthwise \(maps)" }
  }

  /// Returns rows of the output, with gaps between them.
  private func run(
    _ engine: Engine, _ problem: Problem, bias: [Float]?, rows: Range<Int>, rectifies: Bool
  ) -> GuardedFloats {
    let shape = problem.shape
    let input = problem.maps.paddedInput
    let weights = GuardedFloats(problem.weights)
    let biasValues = bias.map { GuardedFloats($0) }
    let rowLength = shape.maps.outputWidth * shape.channels
    let output = GuardedFloats(.rows(rows.count, rowLength, stride: rowLength + 16))
    engine.convolveDepthwise(
      shape, input: input.floats, weights: weights.floats, bias: biasValues?.floats, rows: rows,
      output: output.floats, outputRowStride: rowLength + 16, rectifies: rectifies)
    expectUntouched(input, weights, what: problem.description)
    #expect(biasValues?.isUntouched ?? true)
    return output
  }

  private func checkWeightGradient(
    _ engine: Engine, _ problem: Problem, forInputGradient: Bool, isExact: Bool = false
  ) {
    let shape = problem.shape
    let weightStart = randomIntegers(shape.weightCount, seed: 5)
    let biasStart = randomIntegers(shape.channels, seed: 6)
    let input = problem.maps.paddedInput
    let gradient =
      forInputGradient ? problem.maps.spreadOutputGradient : GuardedFloats(problem.outputGradient)
    let weightGradient = GuardedFloats(weightStart)
    let biasGradient = GuardedFloats(biasStart)
    engine.addDepthwiseWeightGradient(
      shape, input: input.floats, outputGradient: gradient.floats,
      map: GradientMap(shape.maps, forInputGradient: forInputGradient), weightGradient: weightGradient.floats,
      biasGradient: biasGradient.floats)
    let weights = referenceDepthwiseWeightGradient(
      shape, input: problem.input, outputGradient: problem.outputGradient, startingFrom: weightStart)
    expect(weightGradient, equals: isExact ? weights.exact : weights, "weight gradient, \(problem)")
    let bias = referenceRowSum(
      problem.outputGradient, rowCount: shape.maps.outputHeight * shape.maps.outputWidth,
      startingFrom: biasStart)
    expect(biasGradient, equals: bias, "bias gradient, \(problem)")
    expectUntouched(input, gradient, what: problem.description)
  }

  private func checkInputGradient(
    _ engine: Engine, _ problem: Problem, accumulates: Bool, isExact: Bool = false
  ) {
    let (shape, maps) = (problem.shape, problem.shape.maps)
    let start =
      accumulates
      ? randomIntegers(problem.input.count, seed: 9) : [Float](repeating: 0, count: problem.input.count)
    let gradient = problem.maps.spreadOutputGradient
    let weights = GuardedFloats(problem.weights)
    let rowLength = maps.inputWidth * shape.channels
    let inputGradient = GuardedFloats(
      .rows(maps.inputHeight, rowLength, stride: rowLength + 16), accumulates ? start : nil)
    engine.depthwiseInputGradient(
      shape, outputGradient: gradient.floats, map: GradientMap(maps, forInputGradient: true),
      weights: weights.floats, inputGradient: inputGradient.floats, rowStride: rowLength + 16,
      accumulates: accumulates)
    let expected = referenceDepthwiseInputGradient(
      shape, outputGradient: problem.outputGradient, weights: problem.weights, startingFrom: start)
    expect(inputGradient, equals: isExact ? expected.exact : expected, "input gradient, \(problem)")
    expectUntouched(gradient, weights, what: problem.description)
  }
}
