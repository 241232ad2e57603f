// Sums of very many terms keep the digits that a plain float sum loses.
//
// All terms are equal, which is the worst case: every addition to a large sum rounds the same way. A plain sum of a
// million times 0.1 is 100,958.34. In blocks of k terms, a sum of n is off by at most (k + n / k + 2) · u · Σ |a · b|:
// one rounding for each addition within a block, one for each block, and those of the products.

import Compute
import KernelInterface
import Testing

@Suite struct LongSumTests {
  /// The terms in a block of a product (Kernels/MatrixProductTile.swift), and the rows in one of a sum of rows
  /// (Kernels/Reductions.swift).
  static let blockTerms = 2048
  static let blockRows = 256

  private func expected(_ terms: Int, _ term: Double, block: Int, count: Int) -> Expected {
    let sum = Double(terms) * term
    let roundings = Double(block + (terms + block - 1) / block + 2)
    return Expected(
      values: [Double](repeating: sum, count: count),
      bounds: [Double](repeating: roundings * Rounded.unit * abs(sum), count: count))
  }

  private func filled(_ layout: Layout, _ value: Float) -> GuardedFloats {
    GuardedFloats(layout, [Float](repeating: value, count: layout.offsets.count))
  }

  /// Terms are listed if A reads images. Here, every term is listed.
  @Test(arguments: InstructionSet.supported, [false, true])
  func aDenseLayerOfAMillionInputsStaysAccurate(instructionSet: InstructionSet, lists: Bool) {
    let engine = engine(instructionSet)
    let shape = DenseShape(inputs: 1 << 20, outputs: 16)
    let input = filled(.rows(1, shape.inputs, stride: shape.inputs), 0.1)
    let weights = FloatBuffer(count: shape.weightCount)
    weights.floats.update(repeating: 1)
    let bias = GuardedFloats([Float](repeating: 0, count: 16))
    let output = GuardedFloats(.rows(1, 16, stride: 16))
    engine.denseForward(
      shape, batch: 1, input: Rows(input.floats, stride: shape.inputs), weights: weights.floats,
      bias: bias.floats, output: Rows(output.floats, stride: 16), rectifies: false,
      terms: lists ? engine.forwardTerms(shape, batch: 1) : nil)
    expect(
      output, equals: expected(shape.inputs, Double(Float(0.1)), block: Self.blockTerms, count: 16),
      "a million inputs")
    withExtendedLifetime(weights) { expectUntouched(input, bias, what: "a million inputs") }
  }

  @Test(arguments: InstructionSet.supported)
  func theGradientsOfTheLargestBatchStayAccurate(instructionSet: InstructionSet) {
    let engine = engine(instructionSet)
    let (shape, batch) = (DenseShape(inputs: 16, outputs: 16), 65_536)
    let input = filled(.rows(batch, 16, stride: 16), 1)
    let gradient = filled(.rows(batch, 16, stride: 16), 0.1)
    let weightGradient = GuardedFloats(.panels(16, 16, width: engine.kernels.panelWidth))
    let biasGradient = GuardedFloats(count: 16)
    engine.denseWeightGradients(
      [
        DenseWeightGradient(
          shape, input: Rows(input.floats, stride: 16), outputGradient: Rows(gradient.floats, stride: 16),
          weightGradient: weightGradient.floats, biasGradient: biasGradient.floats)
      ], batch: batch)
    let term = Double(Float(0.1))
    expect(
      weightGradient, equals: expected(batch, term, block: Self.blockTerms, count: 256), "weight gradient")
    expect(biasGradient, equals: expected(batch, term, block: Self.blockRows, count: 16), "bias gradient")
    expectUntouched(input, gradient, what: "a large batch")
  }

  /// The weight gradient of a map of 512 × 512 pixels. The kernel has one tap, which is a sum over all of them.
  @Test(arguments: InstructionSet.supported)
  func aConvolutionOfALargeMapStaysAccurate(instructionSet: InstructionSet) {
    let engine = engine(instructionSet)
    let shape = ConvolutionShape(
      inputHeight: 512, inputWidth: 512, inputChannels: 16, outputChannels: 16, kernelSize: 1, stride: 1,
      padding: 0)
    let map = GradientMap(shape, forInputGradient: false)
    let (input, gradient) = (FloatBuffer(count: shape.inputCount), FloatBuffer(count: map.count))
    input.floats.update(repeating: 1)
    gradient.floats.update(repeating: 0.1)
    let weightGradient = GuardedFloats([Float](repeating: 0, count: shape.weightCount))
    let biasGradient = GuardedFloats([Float](repeating: 0, count: 16))
    engine.addConvolutionWeightGradient(
      shape, input: input.floats, outputGradient: gradient.floats, map: map,
      weightGradient: weightGradient.floats, biasGradient: biasGradient.floats)
    let (terms, term) = (512 * 512, Double(Float(0.1)))
    expect(
      weightGradient, equals: expected(terms, term, block: Self.blockTerms, count: shape.weightCount),
      "weight gradient")
    expect(biasGradient, equals: expected(terms, term, block: Self.blockRows, count: 16), "bias gradient")
    withExtendedLifetime((input, gradient)) {}
  }

  /// A convolution before a pooling. The gradient is listed for a map of many channels, and uses the windows for an
  /// image.
  @Test(arguments: InstructionSet.supported, [16, 1])
  func aPooledConvolutionOfALargeMapStaysAccurate(instructionSet: InstructionSet, inputChannels: Int) {
    let engine = engine(instructionSet)
    let shape = ConvolutionShape(
      inputHeight: 1026, inputWidth: 1026, inputChannels: inputChannels, outputChannels: 16, kernelSize: 3,
      stride: 1, padding: 0)
    let windows = 512 * 512
    let (input, values) = (FloatBuffer(count: shape.inputCount), FloatBuffer(count: windows * 16))
    input.floats.update(repeating: 1)
    values.floats.update(repeating: 0.1)
    let places = GuardedBytes([UInt8](repeating: 0, count: windows * 16))
    let pooled = PooledGradient(
      gradient: values.floats, places: places.bytes, height: 512, width: 512, rowStride: 512 * 16,
      poolSize: 2,
      poolStride: 2)
    let weightGradient = GuardedFloats([Float](repeating: 0, count: shape.weightCount))
    let biasGradient = GuardedFloats([Float](repeating: 0, count: 16))
    if inputChannels == 1 {
      engine.addPooledWeightGradient(
        shape, pooled: pooled, input: input.floats, weightGradient: weightGradient.floats,
        biasGradient: biasGradient.floats)
    } else {
      let list = SparseGradientMemory(channels: 16, windows: windows)
      engine.listGradient(shape, pooled, into: list)
      engine.addSparseWeightGradient(
        shape, list, pooled: pooled, input: input.floats, weightGradient: weightGradient.floats,
        biasGradient: biasGradient.floats)
    }
    let term = Double(Float(0.1))
    expect(
      weightGradient, equals: expected(windows, term, block: Self.blockTerms, count: shape.weightCount),
      "weight gradient")
    expect(biasGradient, equals: expected(windows, term, block: Self.blockRows, count: 16), "bias gradient")
    withExtendedLifetime((input, values, places)) {}
  }

  /// Sums that begin with a bias or with the values of C, over segments that end within a block, against the reference.
  @Test(arguments: InstructionSet.supported)
  func sumsOfSeveralBlocksMatchTheirFormula(instructionSet: InstructionSet) {
    let kernels = instructionSet.kernels
    for (depth, segmentCount) in [(2048, 1), (2049, 1), (1500, 3), (4099, 2)] {
      for rowCount in [1, 5, 13] {
        for start in ProductKernelTests.Start.allCases {
          let (columnCount, bRows) = (48, depth * segmentCount)
          let a = GuardedFloats(randomFloats(rowCount * bRows, seed: 1))
          let b = GuardedFloats(
            .rows(bRows, columnCount, stride: columnCount), randomFloats(bRows * columnCount, seed: 2))
          let c = GuardedFloats(
            .rows(rowCount, columnCount, stride: columnCount),
            start == .accumulate ? randomFloats(rowCount * columnCount, seed: 3) : nil)
          let bias = GuardedFloats(randomFloats(columnCount, seed: 4))
          var product = MatrixProduct(
            rowCount: rowCount, columnCount: columnCount, depth: depth, a: a.floats.baseAddress!,
            aRowStride: bRows, aDepthStride: 1, b: b.floats.baseAddress!, bRowStride: columnCount,
            bPanelStride: kernels.panelWidth, c: c.floats.baseAddress!, cRowStride: columnCount,
            cPanelStride: kernels.panelWidth)
          product.segmentCount = segmentCount
          product.aSegmentStride = depth
          product.bSegmentRows = depth
          product.rectifies = rowCount == 5
          switch start {
          case .zero: product.start = .zero
          case .accumulate: product.start = .accumulate
          case .bias: product.start = .bias(bias.floats.baseAddress!)
          }
          let what = "\(rowCount) rows, \(segmentCount) × \(depth), \(start)"
          let expected = referenceProduct(product, panelWidth: kernels.panelWidth)
          kernels.multiply(product)
          expect(c, equals: expected, what)
          expectUntouched(a, b, bias, what: what)
        }
      }
    }
  }
}
