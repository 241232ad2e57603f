// The gradients of a convolution before a pooling, over the list of nonzero values, against the references of the dense
// gradients, which know nothing of lists.

import Compute
import KernelInterface
import Testing

@Suite struct SparseConvolutionTests {
  struct Case: CustomStringConvertible, Sendable {
    let shape: ConvolutionShape
    let pool: PoolingShape
    var description: String { "\(ConvolutionProblem(shape)); pool \(pool)" }

    init(
      inputs: Int, outputs: Int, kernelSize: Int, stride: Int = 1, padding: Int, poolSize: Int = 2,
      poolStride: Int = 2, rest: Int = 0, moreMargin: Int = 0
    ) {
      pool = PoolingShape(
        outHeight: 2, outWidth: 3, channels: outputs, size: poolSize, stride: poolStride, rest: rest)
      // The smallest map whose convolution gives the pooling its input.
      shape = ConvolutionShape(
        inputHeight: (pool.height - 1) * stride + kernelSize - 2 * padding,
        inputWidth: (pool.width - 1) * stride + kernelSize - 2 * padding, inputChannels: inputs,
        outputChannels: outputs, kernelSize: kernelSize, stride: stride, padding: padding,
        margin: padding + moreMargin)
    }

    /// Kernels that are not square, without a dilation or with one that keeps their rows contiguous.
    init(kernelHeight: Int, kernelWidth: Int, dilation: Int, margin: Int) {
      pool = PoolingShape(outHeight: 2, outWidth: 3, channels: 32, size: 2, stride: 2)
      shape = ConvolutionShape(
        inputHeight: pool.height + dilation * (kernelHeight - 1), inputWidth: pool.width + kernelWidth - 1,
        inputChannels: 48, outputChannels: 32, kernelHeight: kernelHeight, kernelWidth: kernelWidth,
        dilation: dilation, margin: margin)
    }

    /// Rows of a patch as long as every run of vectors, and longer; then kernels, strides, paddings, and windows that
    /// touch, overlap, leave gaps and leave a remainder.
    static let all =
      [16, 32, 48, 64, 80, 96, 112].map { Case(inputs: $0, outputs: 16, kernelSize: 1, padding: 0) }
      + [16, 48].flatMap { inputs in
        [0, 1, 2].map { Case(inputs: inputs, outputs: 48, kernelSize: 3, padding: $0, rest: 1) }
      }
      + [1, 2, 3].map { Case(inputs: 32, outputs: 32, kernelSize: 5, stride: $0, padding: 2) }
      + [1, 2, 3].flatMap { poolSize in
        [2, 3].map {
          Case(
            inputs: 16, outputs: 32, kernelSize: 3, padding: 1, poolSize: poolSize, poolStride: $0, rest: 1)
        }
      }
      + [1, 2].map { Case(inputs: 16, outputs: 16, kernelSize: 3, padding: 1, moreMargin: $0) }
      + [
        Case(kernelHeight: 3, kernelWidth: 5, dilation: 1, margin: 2),
        Case(kernelHeight: 3, kernelWidth: 1, dilation: 2, margin: 0),
      ]
  }

  @Test(arguments: InstructionSet.supported, Case.all)
  func gradientsMatchTheDenseReferences(instructionSet: InstructionSet, test: Case) {
    check(engine(instructionSet), test, share: .half)
  }

  @Test(arguments: InstructionSet.supported, [Share.none, .all])
  func emptyAndFullListsAreRight(instructionSet: InstructionSet, share: Share) {
    let test = Case(inputs: 16, outputs: 48, kernelSize: 3, padding: 1)
    check(engine(instructionSet), test, share: share)
    // A list is filled again for each image, so what an earlier one left does not matter.
    let engine = engine(instructionSet)
    let memory = SparseGradientMemory(channels: 48, windows: 6)
    for next in [Share.all, share, .half] { check(engine, test, share: next, memory: memory) }
  }

  @Test(arguments: InstructionSet.supported) func weightsAreUnpackedToRowsAndPackedAgain(
    instructionSet: InstructionSet
  ) {
    let engine = engine(instructionSet)
    for test in Case.all {
      let problem = ConvolutionProblem(test.shape)
      let packed = problem.packedWeights(engine.kernels)
      let rows = GuardedFloats(count: test.shape.weightCount)
      engine.unpackWeights(test.shape, weights: packed.floats, rows: rows.floats)
      let transposed = referenceTranspose(
        problem.weights, rowCount: test.shape.patchLength, columnCount: test.shape.outputChannels)
      expect(rows, equals: Expected(exactly: transposed), "rows of \(test)")
      expectUntouched(packed, what: "\(test)")
      let back = GuardedFloats(
        .panels(test.shape.patchLength, test.shape.outputChannels, width: engine.kernels.panelWidth))
      engine.packWeights(test.shape, rows: rows.floats, weights: back.floats)
      expect(back, equals: Expected(exactly: problem.weights), "panels of \(test)")
      #expect(rows.isIntact, "\(test)")
    }
  }

  @Test func appliesIfPatchesAreVectorsAndMostPixelsHaveNoGradient() {
    let shape = Case(inputs: 16, outputs: 16, kernelSize: 3, padding: 1).shape
    #expect(shape.hasSparseGradient(poolSize: 2, poolStride: 2))
    #expect(shape.hasSparseGradient(poolSize: 3, poolStride: 2))
    #expect(!shape.hasSparseGradient(poolSize: 4, poolStride: 4))
    #expect(!shape.hasSparseGradient(poolSize: 2, poolStride: 1))
    let image = ConvolutionShape(
      inputHeight: 8, inputWidth: 8, inputChannels: 3, outputChannels: 16, kernelSize: 3, stride: 1,
      padding: 1)
    #expect(!image.hasSparseGradient(poolSize: 2, poolStride: 2))
    let dilated = ConvolutionShape(
      inputHeight: 8, inputWidth: 8, inputChannels: 16, outputChannels: 16, kernelSize: 3, stride: 1,
      padding: 2, dilation: 2)
    #expect(!dilated.hasSparseGradient(poolSize: 2, poolStride: 2))
  }

  /// The nonzero share of the pooled gradient.
  enum Share: Sendable { case none, half, all }

  private func check(_ engine: Engine, _ test: Case, share: Share, memory: SparseGradientMemory? = nil) {
    let (shape, pool) = (test.shape, test.pool)
    let what = "\(test), \(share) of the gradient"
    let problem = ConvolutionProblem(shape)
    // Quarters of small whole numbers. If windows overlap, the reference's sums of them are exact.
    let values = randomIntegers(pool.outputCount, seed: 7, bound: 1).map { value in
      switch share {
      case .none: Float(0)
      case .half: value / 4
      case .all: value / 4 + 0.5
      }
    }
    let rowStride = pool.outWidth * pool.channels + 16
    let gradient = GuardedFloats(
      .rows(pool.outHeight, pool.outWidth * pool.channels, stride: rowStride), values)
    let places = GuardedBytes(randomBytes(pool.outputCount, seed: 8, below: pool.size * pool.size))
    let pooled = PooledGradient(
      gradient: gradient.floats, places: places.bytes, height: pool.outHeight, width: pool.outWidth,
      rowStride: rowStride, poolSize: pool.size, poolStride: pool.stride)
    let dense = referencePoolGradient(
      pool, outputGradient: values, places: places.values,
      startingFrom: [Float](repeating: 0, count: pool.height * pool.width * pool.channels)
    ).values.map { Float($0) }

    let list =
      memory ?? SparseGradientMemory(channels: pool.channels, windows: pool.outHeight * pool.outWidth)
    engine.listGradient(shape, pooled, into: list)
    checkWeightGradient(engine, problem, list, pooled, dense: dense, what)
    for accumulates in [false, true] {
      checkInputGradient(engine, problem, list, dense: dense, accumulates: accumulates, what)
    }
    expectUntouched(gradient, what: what)
    #expect(places.isIntact)
  }

  private func checkWeightGradient(
    _ engine: Engine, _ problem: ConvolutionProblem, _ list: SparseGradientMemory, _ pooled: PooledGradient,
    dense: [Float], _ what: String
  ) {
    let shape = problem.shape
    let input = problem.paddedInput
    let weightStart = randomIntegers(shape.weightCount, seed: 5)
    let biasStart = randomIntegers(shape.outputChannels, seed: 6)
    // [patch, output] in the reference, [output, patch] here.
    let layout = Layout.transposedRows(shape.patchLength, shape.outputChannels, stride: shape.patchLength)
    let weightGradient = GuardedFloats(layout, weightStart)
    let biasGradient = GuardedFloats(biasStart)
    engine.addSparseWeightGradient(
      shape, list, pooled: pooled, input: input.floats, weightGradient: weightGradient.floats,
      biasGradient: biasGradient.floats)
    let expected = referenceWeightGradient(
      shape, input: problem.input, outputGradient: dense, startingFrom: weightStart)
    expect(weightGradient, equals: expected, "weight gradient, \(what)")
    let pixelCount = shape.outputHeight * shape.outputWidth
    expect(
      biasGradient, equals: referenceRowSum(dense, rowCount: pixelCount, startingFrom: biasStart),
      "bias gradient, \(what)")
    expectUntouched(input, what: what)
  }

  private func checkInputGradient(
    _ engine: Engine, _ problem: ConvolutionProblem, _ list: SparseGradientMemory, dense: [Float],
    accumulates: Bool, _ what: String
  ) {
    let shape = problem.shape
    let weights = GuardedFloats(
      .transposedRows(shape.patchLength, shape.outputChannels, stride: shape.patchLength), problem.weights)
    // The margin is written too; only the map inside counts.
    let inputGradient =
      accumulates
      ? GuardedFloats(randomIntegers(shape.inputCount, seed: 9)) : GuardedFloats(count: shape.inputCount)
    let map = Layout.map(
      height: shape.inputHeight, width: shape.inputWidth, channels: shape.inputChannels,
      pixelStride: shape.inputChannels, rowStride: shape.inputRowStride,
      origin: shape.margin * (shape.inputRowStride + shape.inputChannels))
    let start = accumulates ? map.offsets.map { inputGradient.floats[$0] } : nil
    engine.sparseInputGradient(
      shape, list, weights: weights.floats, inputGradient: inputGradient.floats, accumulates: accumulates)
    let inside = map.offsets.map { inputGradient.floats[$0] }
    let expected = referenceInputGradient(
      shape, outputGradient: dense, weights: problem.weights, startingFrom: start)
    if let mismatch = mismatch(inside, expected) { Issue.record("input gradient, \(what): \(mismatch)") }
    #expect(inputGradient.isIntact, "input gradient, \(what)")
    #expect(inputGradient.values.allSatisfy { $0.isFinite }, "the margin, \(what)")
    expectUntouched(weights, what: what)
  }
}
