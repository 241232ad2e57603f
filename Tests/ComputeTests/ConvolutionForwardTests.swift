// The convolution's forward pass: every geometry, channels, parts of the output, and the shape's own arithmetic.

import Compute
import KernelInterface
import Testing

@Suite struct ConvolutionForwardTests {
  static let inputChannels = [1, 3, 16, 32, 48]

  @Test(arguments: InstructionSet.supported, [1, 3, 5, 7])
  func matchesTheReferenceInEveryGeometry(instructionSet: InstructionSet, kernelSize: Int) {
    let shapes = ConvolutionProblem.geometries(kernelSize: kernelSize, inputChannels: Self.inputChannels)
    #expect(shapes.count >= 3 * 4)
    for (index, shape) in shapes.enumerated() {
      check(engine(instructionSet), ConvolutionProblem(shape), rectifies: index % 2 == 0)
    }
  }

  @Test(arguments: InstructionSet.supported)
  func matchesTheReferenceWithUnevenKernelsAndMargins(instructionSet: InstructionSet) {
    let shapes = ConvolutionProblem.unevenGeometries(inputChannels: Self.inputChannels)
    for (index, shape) in shapes.enumerated() {
      check(engine(instructionSet), ConvolutionProblem(shape), rectifies: index % 2 == 0)
    }
  }

  /// A kernel of one tap is one product over all pixels, if there is no gap between rows.
  @Test(arguments: InstructionSet.supported, 0...1)
  func aSingleTapMatchesTheReferenceAcrossRowsWithAnyMargin(instructionSet: InstructionSet, margin: Int) {
    for width in rowCountsAroundTiles where width >= 1 {
      let shape = ConvolutionShape(
        inputHeight: 3, inputWidth: width, inputChannels: 32, outputChannels: 48, kernelHeight: 1,
        kernelWidth: 1, margin: margin)
      check(engine(instructionSet), ConvolutionProblem(shape), rectifies: true, gap: 0)
    }
  }

  /// A margin only moves the input in memory.
  @Test(arguments: InstructionSet.supported) func aWiderMarginChangesNoBit(instructionSet: InstructionSet) {
    let engine = engine(instructionSet)
    for (padding, dilation) in [(0, 1), (1, 1), (2, 2)] {
      let values = (padding...padding + 2).map { margin in
        let shape = ConvolutionShape(
          inputHeight: 7, inputWidth: 9, inputChannels: 16, outputChannels: 48, kernelSize: 3, stride: 1,
          padding: padding, dilation: dilation, margin: margin)
        return run(
          engine, ConvolutionProblem(shape), rows: 0..<shape.outputHeight, rectifies: false
        ).values
      }
      #expect(values[0] == values[1] && values[0] == values[2])
    }
  }

  @Test(arguments: InstructionSet.supported)
  func matchesTheReferenceForAllChannelsAndWidths(instructionSet: InstructionSet) {
    for shape in ConvolutionProblem.channelsAndWidths(inputChannels: Self.inputChannels) {
      check(engine(instructionSet), ConvolutionProblem(shape), rectifies: false)
    }
  }

  @Test(arguments: InstructionSet.supported) func isExactOnWholeNumbers(instructionSet: InstructionSet) {
    let shape = ConvolutionShape(
      inputHeight: 11, inputWidth: 13, inputChannels: 16, outputChannels: 48, kernelSize: 5, stride: 2,
      padding: 3)
    let problem = ConvolutionProblem(shape) { randomIntegers($0, seed: $1) }
    check(engine(instructionSet), problem, rectifies: false, isExact: true)
  }

  @Test(arguments: InstructionSet.supported) func writesOnlyTheRequestedRows(instructionSet: InstructionSet) {
    let engine = engine(instructionSet)
    let shape = ConvolutionShape(
      inputHeight: 9, inputWidth: 5, inputChannels: 3, outputChannels: 32, kernelSize: 3, stride: 2,
      padding: 1)
    let problem = ConvolutionProblem(shape)
    let whole = run(engine, problem, rows: 0..<shape.outputHeight, rectifies: false).values
    let rowLength = shape.outputWidth * shape.outputChannels
    for first in 0..<shape.outputHeight {
      for end in first + 1...shape.outputHeight {
        let part = run(engine, problem, rows: first..<end, rectifies: false)
        expect(
          part, equals: Expected(exactly: Array(whole[first * rowLength..<end * rowLength])),
          "rows \(first)..<\(end)")
      }
    }
  }

  @Test(arguments: 1...7, 1...3) func outputSizeIsTheNumberOfPositionsOfTheKernel(inputSize: Int, stride: Int)
  {
    for kernelSize in [1, 3, 5, 7] {
      for padding in 0..<kernelSize where inputSize + 2 * padding >= kernelSize {
        let shape = ConvolutionShape(
          inputHeight: inputSize, inputWidth: 2 * inputSize, inputChannels: 3, outputChannels: 16,
          kernelSize: kernelSize, stride: stride, padding: padding)
        let places = { (size: Int) in
          Swift.stride(from: -padding, through: size + padding - kernelSize, by: stride).map(\.self).count
        }
        #expect(shape.outputHeight == places(inputSize))
        #expect(shape.outputWidth == places(2 * inputSize))
      }
    }
  }

  private func check(
    _ engine: Engine, _ problem: ConvolutionProblem, rectifies: Bool, isExact: Bool = false, gap: Int = 1
  ) {
    var expected = referenceConvolution(
      problem.shape, input: problem.input, weights: problem.weights, bias: problem.bias)
    if isExact { expected = expected.exact }
    let output = run(engine, problem, rows: 0..<problem.shape.outputHeight, rectifies: rectifies, gap: gap)
    expect(output, equals: rectifies ? expected.rectified : expected, problem.description)
  }

  /// Returns rows of the output, with a gap of `gap` pixels between them.
  private func run(
    _ engine: Engine, _ problem: ConvolutionProblem, rows: Range<Int>, rectifies: Bool, gap: Int = 1
  ) -> GuardedFloats {
    let shape = problem.shape
    let input = problem.paddedInput
    let weights = problem.packedWeights(engine.kernels)
    let bias = GuardedFloats(problem.bias)
    let rowStride = (shape.outputWidth + gap) * shape.outputChannels
    let output = GuardedFloats(.rows(rows.count, shape.outputWidth * shape.outputChannels, stride: rowStride))
    engine.convolve(
      shape, input: input.floats, weights: weights.floats, bias: bias.floats, rows: rows,
      output: output.floats,
      outputRowStride: rowStride, rectifies: rectifies)
    expectUntouched(input, weights, bias, what: problem.description)
    return output
  }
}
