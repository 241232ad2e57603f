// The transforms of Winograd's convolution by themselves, against the matrices: what they read and write, in parts and
// as a whole.

import Compute
import KernelInterface
import Testing

@Suite struct WinogradTransformTests {
  /// Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks" (2016), section 4.1.
  @Test func matricesOfTilesOfTwoAreThoseOfThePaper() {
    let matrices = WinogradMatrices(.two)
    #expect(matrices.input == [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
    #expect(matrices.weights == [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
    #expect(matrices.output == [[1, 1, 1, 0], [0, 1, -1, -1]])
  }

  /// The matrices of a size compute a line of m outputs from three taps over a line of n pixels.
  @Test(arguments: WinogradSize.allCases) func matricesConvolveALine(size: WinogradSize) {
    let matrices = WinogradMatrices(size)
    for tap in 0..<3 {
      for pixel in 0..<size.inputSize {
        for output in 0..<size.outputSize {
          let sum = (0..<size.inputSize).reduce(0) {
            $0 + matrices.output[output][$1] * matrices.weights[$1][tap] * matrices.input[$1][pixel]
          }
          #expect(abs(sum - (pixel == output + tap ? 1 : 0)) <= 1e-14)
        }
      }
    }
  }

  @Test(arguments: WinogradSize.allCases, InstructionSet.supported)
  func weightsAreTransformedByTheirMatrix(size: WinogradSize, instructionSet: InstructionSet) {
    let engine = engine(instructionSet)
    for (inputs, outputs) in [(16, 16), (48, 80), (32, 64), (16, 48)] {
      let operands = WinogradCase(
        WinogradTests.shape(height: 4, width: 4, inputs: inputs, outputs: outputs, padding: 1), size)
      let tiles = ReferenceTiles(operands.shape, size)
      expect(
        operands.transformedWeights(engine), equals: tiles.transformedWeights(operands.weights),
        "weights of \(operands)")
    }
  }

  /// For the input gradient, the kernel is the same with channels exchanged.
  @Test(arguments: WinogradSize.allCases, InstructionSet.supported)
  func transposedWeightsAreTheTransformedOnesWithChannelsExchanged(
    size: WinogradSize, instructionSet: InstructionSet
  ) {
    for (inputs, outputs) in [(16, 32), (80, 48), (64, 16)] {
      let operands = WinogradCase(
        WinogradTests.shape(height: 4, width: 4, inputs: inputs, outputs: outputs, padding: 1), size)
      let weights = ReferenceTiles(operands.shape, size).transformedWeights(operands.weights)
      let order = (0..<size.componentCount).flatMap { component in
        (0..<outputs).flatMap { output in
          (0..<inputs).map { (component * inputs + $0) * outputs + output }
        }
      }
      expect(
        WinogradBackward.transposedWeights(operands, engine(instructionSet)),
        equals: Expected(values: order.map { weights.values[$0] }, bounds: order.map { weights.bounds[$0] }),
        "transposed weights of \(operands)")
    }
  }

  /// Each panel writes its own part and nothing else.
  @Test(arguments: WinogradSize.allCases, InstructionSet.supported)
  func panelByPanelGivesTheSameAsAllPanelsTogether(size: WinogradSize, instructionSet: InstructionSet) {
    let engine = engine(instructionSet)
    let operands = WinogradCase(
      WinogradTests.shape(height: 4, width: 4, inputs: 80, outputs: 112, padding: 1), size)
    let (shape, convolution) = (operands.shape, operands.convolution)
    let packed = operands.images[0].packedWeights(engine.kernels)
    let whole = GuardedFloats(count: shape.flippedWeightCount)
    engine.flipWeights(shape, weights: packed.floats, flipped: whole.floats)
    let flipped = GuardedFloats(count: shape.flippedWeightCount)
    for panel in (0..<engine.panelCount(shape.inputChannels)).reversed() {
      engine.flipWeights(shape, panels: panel..<panel + 1, weights: packed.floats, flipped: flipped.floats)
    }
    #expect(flipped.values == whole.values && flipped.isIntact)
    let layout = operands.componentPanels(
      engine.kernels, rows: shape.outputChannels, columns: shape.inputChannels)
    let (one, all) = (GuardedFloats(layout), GuardedFloats(layout))
    engine.transposeWinogradWeights(convolution, flippedWeights: whole.floats, transposed: all.floats)
    for panel in (0..<engine.panelCount(shape.inputChannels)).reversed() {
      let before = one.values.map(\.isNaN)
      engine.transposeWinogradWeights(
        convolution, panels: panel..<panel + 1, flippedWeights: whole.floats, transposed: one.floats)
      #expect(before.filter { $0 }.count > one.values.filter(\.isNaN).count)
    }
    #expect(one.values == all.values && one.isIntact && whole.isIntact)
    let parts = GuardedFloats(
      operands.componentPanels(engine.kernels, rows: shape.inputChannels, columns: shape.outputChannels))
    for panel in (0..<engine.panelCount(shape.outputChannels)).reversed() {
      engine.transformWinogradWeights(
        convolution, panels: panel..<panel + 1, weights: packed.floats, transformed: parts.floats)
    }
    #expect(parts.isIntact)
    #expect(parts.values == operands.transformedWeights(engine).values)
    expectUntouched(packed, what: "weights")
  }

  /// Values that an input tile reads beyond the input reach only outputs that are dropped. Here, guards reveal such
  /// reads.
  @Test(arguments: WinogradSize.allCases, InstructionSet.supported)
  func inputTilesAreTransformedByTheirMatrixAndEndWithTheInput(
    size: WinogradSize, instructionSet: InstructionSet
  ) {
    for (height, width) in [(2, 2), (4, 4), (5, 3), (4, 7), (7, 6)] {
      for padding in 0...2 {
        let shape = WinogradTests.shape(
          height: height, width: width, inputs: 48, outputs: 16, padding: padding)
        let (rows, columns) = (Self.tiles(height, size), Self.tiles(width, size))
        for tileRows in [0..<rows, rows - 1..<rows, 0..<1] {
          checkInputTiles(instructionSet.kernels, shape, size, tileRows, columns: columns)
        }
      }
    }
  }

  private static func tiles(_ count: Int, _ size: WinogradSize) -> Int {
    (count + size.outputSize - 1) / size.outputSize
  }

  private func checkInputTiles(
    _ kernels: any KernelSet.Type, _ shape: ConvolutionShape, _ size: WinogradSize, _ rows: Range<Int>,
    columns: Int
  ) {
    let problem = ConvolutionProblem(shape)
    // 32 of 48 channels, from the second lane on, with gaps between the tiles.
    let (channels, tileCount) = (32, rows.count * columns)
    let input = problem.paddedInput
    let transformed = GuardedFloats(
      Layout.rows(tileCount, channels, stride: 64).repeated(
        size.componentCount, stride: tileCount * 64 + 16))
    kernels.winogradInput(
      WinogradTiles(
        size: size, channels: channels, pixelStride: 48, inputHeight: shape.inputHeight + 2 * shape.margin,
        inputWidth: shape.inputWidth + 2 * shape.margin, inputRowStride: shape.inputRowStride,
        tileRows: rows, tileColumns: columns, tileStride: 64, componentStride: tileCount * 64 + 16),
      input: input.floats.baseAddress! + 16, transformed: transformed.floats.baseAddress!)
    let tiles = ReferenceTiles(shape, size)
    expect(
      transformed,
      equals: componentMajor(tiles, rows, columns, channels) { y, x, channel in
        expectedTransform(
          tiles.inputTile(problem.input, y: y, x: x, channel: 16 + channel), by: tiles.matrices.input,
          roundings: tiles.roundings.input)
      }, "tile rows \(rows) of \(problem) in tiles of \(size)")
    expectUntouched(input, what: problem.description)
  }

  /// Arranges the components of each tile and channel as [component, tile, channel].
  private func componentMajor(
    _ tiles: ReferenceTiles, _ rows: Range<Int>, _ columns: Int, _ channels: Int,
    _ components: (_ y: Int, _ x: Int, _ channel: Int) -> Expected
  ) -> Expected {
    let side = tiles.size.outputSize
    let all = rows.flatMap { row in
      (0..<columns).flatMap { column in
        (0..<channels).map { components(side * row, side * column, $0) }
      }
    }
    let indexes = 0..<tiles.size.componentCount
    return Expected(
      values: indexes.flatMap { component in all.map { $0.values[component] } },
      bounds: indexes.flatMap { component in all.map { $0.bounds[component] } })
  }

  @Test(arguments: WinogradSize.allCases, InstructionSet.supported)
  func outputGradientsAreTransformedByTheirMatrix(size: WinogradSize, instructionSet: InstructionSet) {
    for (height, width) in [(2, 2), (4, 4), (5, 3), (4, 7), (7, 6)] {
      let shape = WinogradTests.shape(height: height, width: width, inputs: 16, outputs: 48, padding: 1)
      let problem = ConvolutionProblem(shape)
      let (rows, columns) = (Self.tiles(height, size), Self.tiles(width, size))
      let tiles = ReferenceTiles(shape, size)
      for tileRows in [0..<rows, rows - 1..<rows, 0..<1] {
        // NaN separates the rows. A tile that is cut must read 0 there.
        let rowStride = width * 48 + 16
        let gradient = GuardedFloats(.rows(height, width * 48, stride: rowStride), problem.outputGradient)
        let tileCount = tileRows.count * columns
        let transformed = GuardedFloats(.rows(size.componentCount * tileCount, 48, stride: 64))
        instructionSet.kernels.winogradGradient(
          WinogradGradient(
            size: size, height: height, width: width, channels: 48, pixelStride: 48,
            values: gradient.floats.baseAddress!, rowStride: rowStride, tileRows: tileRows,
            tileColumns: columns, tileStride: 64, componentStride: tileCount * 64),
          transformed: transformed.floats.baseAddress!)
        let what = "tile rows \(tileRows) of \(problem) in tiles of \(size)"
        expect(
          transformed,
          equals: componentMajor(tiles, tileRows, columns, 48) { y, x, channel in
            expectedTransform(
              tiles.tile(problem.outputGradient, y: y, x: x, channel: channel), by: tiles.matrices.gradient,
              roundings: tiles.roundings.gradient)
          }, what)
        expectUntouched(gradient, what: what)
      }
    }
  }

  @Test(arguments: WinogradSize.allCases, InstructionSet.supported)
  func sumsAreTransformedByTheirMatrixPanelByPanel(size: WinogradSize, instructionSet: InstructionSet) {
    let kernels = instructionSet.kernels
    for (inputs, outputs) in [(16, 16), (48, 32), (16, 48), (48, 80)] {
      let tiles = ReferenceTiles(
        WinogradTests.shape(height: 4, width: 4, inputs: inputs, outputs: outputs, padding: 1), size)
      let values = randomFloats(size.componentCount * inputs * outputs, seed: 1)
      let componentStride = inputs * outputs + 16
      let sums = GuardedFloats(
        .panels(inputs, outputs, width: kernels.panelWidth)
          .repeated(size.componentCount, stride: componentStride), values)
      let gradient = GuardedFloats(.panels(9 * inputs, outputs, width: kernels.panelWidth))
      for panel in (0..<(outputs + kernels.panelWidth - 1) / kernels.panelWidth).reversed() {
        kernels.winogradWeightGradient(
          size, inputChannels: inputs, outputChannels: outputs, componentStride: componentStride,
          panels: panel..<panel + 1, sums: sums.floats.baseAddress!,
          weightGradient: gradient.floats.baseAddress!)
      }
      expect(gradient, equals: tiles.transformedSums(values), "\(inputs) → \(outputs), tiles of \(size)")
      expectUntouched(sums, what: "\(inputs) → \(outputs)")
    }
  }
}
