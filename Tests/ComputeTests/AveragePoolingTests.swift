// Average pooling forward and backward: sizes, strides, gaps in memory, margins.

import Compute
import KernelInterface
import Testing

@Suite struct AveragePoolingTests {
  @Test(arguments: InstructionSet.supported, [1, 2, 3, 5])
  func pooledValuesAreMeans(instructionSet: InstructionSet, size: Int) {
    for shape in PoolingTests.shapes(size: size) {
      let values = randomFloats(shape.height * shape.width * shape.channels, seed: 1)
      let layouts = PoolingLayouts(shape)
      let (input, output) = (GuardedFloats(layouts.input, values), GuardedFloats(layouts.output))
      engine(instructionSet).averagePool(
        layouts.window, rowCount: shape.outHeight, input: input.floats, output: output.floats)
      expect(output, equals: referenceAveragePool(shape, input: values), "\(shape)")
      expectUntouched(input, what: "\(shape)")
    }
  }

  @Test(arguments: InstructionSet.supported, [1, 2, 3, 5])
  func gradientsAreDistributedAndAdded(instructionSet: InstructionSet, size: Int) {
    for shape in PoolingTests.shapes(size: size) {
      let start = randomFloats(shape.height * shape.width * shape.channels, seed: 2)
      let gradient = randomFloats(shape.outputCount, seed: 3)
      let layouts = PoolingLayouts(shape)
      let outputGradient = GuardedFloats(layouts.output, gradient)
      let inputGradient = GuardedFloats(layouts.input, start)
      engine(instructionSet).addAveragePoolGradient(
        layouts.window, rowCount: shape.outHeight, outputGradient: outputGradient.floats,
        inputGradient: inputGradient.floats)
      let expected = referenceAveragePoolGradient(shape, outputGradient: gradient, startingFrom: start)
      expect(inputGradient, equals: expected, "\(shape)")
      expectUntouched(outputGradient, what: "\(shape)")
    }
  }

  /// Windows of 3 × 3 over a map of ones with a margin of zeros: a corner's mean is 4/9, an edge's 6/9.
  @Test(arguments: InstructionSet.supported) func aMarginCountsAsZeros(instructionSet: InstructionSet) {
    let layout = Layout.map(
      height: 3, width: 3, channels: 16, pixelStride: 16, rowStride: 5 * 16, origin: 6 * 16, capacity: 25 * 16
    )
    let input = GuardedFloats(layout, [Float](repeating: 1, count: 9 * 16), filler: 0)
    let output = GuardedFloats(count: 9 * 16)
    let window = PoolingWindow(
      size: 3, stride: 1, outWidth: 3, channels: 16, inputRowStride: 5 * 16, inputPixelStride: 16,
      outputRowStride: 3 * 16)
    engine(instructionSet).averagePool(window, rowCount: 3, input: input.floats, output: output.floats)
    let ones: [Float] = [4, 6, 4, 6, 9, 6, 4, 6, 4]
    let expected = ones.flatMap { [Rounded](repeating: Rounded($0) / Rounded(9), count: 16) }
    expect(output, equals: Expected(expected), "a margin of zeros")
    expectUntouched(input, what: "a margin of zeros")
  }
}
