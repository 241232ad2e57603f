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

  /// The sizes of lines: all whole ones, and the short ones.
  static let lines: [(size: WinogradSize, outputs: Int)] = [
    (.two, 2), (.three, 3), (.four, 4), (.four, 3), (.four, 2),
  ]

  /// The matrices of a line compute m outputs from three taps over m + 2 pixels.
  @Test(arguments: lines) func matricesConvolveALine(size: WinogradSize, outputs: Int) {
    let matrices = WinogradMatrices(size, outputs: outputs)
    for tap in 0..<3 {
      for pixel in 0..<outputs + 2 {
        for output in 0..<outputs {
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
        let grid = WinogradGrid(size, height: height, width: width)
        for tileRows in [0..<grid.rowCount, grid.rowCount - 1..<grid.rowCount, 0..<1] {
          checkInputTiles(instructionSet.kernels, shape, grid, tileRows)
        }
      }
    }
  }

  private func checkInputTiles(
    _ kernels: any KernelSet.Type, _ shape: ConvolutionShape, _ grid: WinogradGrid, _ rows: Range<Int>
  ) {
    let problem = ConvolutionProblem(shape)
    // 32 of 48 channels, from the second lane on, with gaps between the tiles.
    let channels = 32
    let tiles = ReferenceTiles(shape, grid.size)
    let place = PlacedTiles(grid, rows, channels: channels, tileStride: 64)
    let input = problem.paddedInput
    kernels.winogradInput(
      WinogradInput(
        place.place, channels: channels, pixelStride: 48, height: shape.inputHeight + 2 * shape.margin,
        width: shape.inputWidth + 2 * shape.margin, rowStride: shape.inputRowStride),
      values: input.floats.baseAddress! + 16, transformed: place.memory.floats.baseAddress!)
    place.check("tile rows \(rows) of \(problem) in tiles of \(grid.size)") { tile, channel in
      expectedTransform(
        tiles.inputTile(problem.input, tile, channel: 16 + channel), by: tile.columns.input, tile.rows.input,
        roundings: tiles.roundings.input)
    }
    expectUntouched(input, what: problem.description)
  }

  @Test(arguments: WinogradSize.allCases, InstructionSet.supported)
  func outputGradientsAreTransformedByTheirMatrix(size: WinogradSize, instructionSet: InstructionSet) {
    for (height, width) in [(2, 2), (4, 4), (5, 3), (4, 7), (7, 6)] {
      let shape = WinogradTests.shape(height: height, width: width, inputs: 16, outputs: 48, padding: 1)
      let problem = ConvolutionProblem(shape)
      let grid = WinogradGrid(size, height: height, width: width)
      let tiles = ReferenceTiles(shape, size)
      for tileRows in [0..<grid.rowCount, grid.rowCount - 1..<grid.rowCount, 0..<1] {
        // NaN separates the rows. A tile that is cut must read 0 there.
        let rowStride = width * 48 + 16
        let gradient = GuardedFloats(.rows(height, width * 48, stride: rowStride), problem.outputGradient)
        let place = PlacedTiles(grid, tileRows, channels: 48, tileStride: 64)
        instructionSet.kernels.winogradGradient(
          WinogradGradient(
            place.place, height: height, width: width, channels: 48, pixelStride: 48,
            values: gradient.floats.baseAddress!, rowStride: rowStride),
          transformed: place.memory.floats.baseAddress!)
        let what = "tile rows \(tileRows) of \(problem) in tiles of \(size)"
        place.check(what) { tile, channel in
          expectedTransform(
            tiles.tile(problem.outputGradient, tile, channel: channel), by: tile.columns.gradient,
            tile.rows.gradient, roundings: tiles.roundings.gradient)
        }
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

/// Memory for the transforms of some rows of tiles of an image, the second of two.
private struct PlacedTiles {
  let place: WinogradTilePlace
  let memory: GuardedFloats
  /// The tiles of the whole map, row by row.
  private let tiles: [ReferenceTile]
  private let channels: Int

  init(_ grid: WinogradGrid, _ rows: Range<Int>, channels: Int, tileStride: Int) {
    let order = WinogradTileOrder(grid, imageCount: 2, rows: rows)
    let componentStride = order.tileCount * tileStride + 16
    place = WinogradTilePlace(order, image: 1, tileStride: tileStride, componentStride: componentStride)
    tiles = ReferenceTiles.tiles(grid)
    self.channels = channels
    // The values that are written, by component, part of the order, and tile; guards elsewhere.
    let offsets = (0..<grid.size.componentCount).flatMap { component in
      order.parts.indices.flatMap { index -> [Int] in
        let part = order.parts[index]
        guard order.has(component, part: index) else { return [] }
        return (0..<part.tilesPerImage).flatMap { tile in
          let start = component * componentStride + (part.first + part.tilesPerImage + tile) * tileStride
          return start..<start + channels
        }
      }
    }
    memory = GuardedFloats(
      Layout(offsets: offsets, capacity: grid.size.componentCount * componentStride))
  }

  /// Compares the values of all components that each tile has.
  func check(_ what: String, _ expected: (_ tile: ReferenceTile, _ channel: Int) -> Expected) {
    let order = place.order
    // By part and tile, the transforms of all channels.
    let transforms = order.parts.indices.map { index in
      let part = order.parts[index]
      return part.rows.flatMap { row in
        part.columns.map { column in
          let tile = tiles.first {
            $0.y == row * order.size.outputSize && $0.x == column * order.size.outputSize
          }!
          #expect(tile.height == part.height && tile.width == part.width)
          return (0..<channels).map { expected(tile, $0) }
        }
      }
    }
    var all = Expected(values: [], bounds: [])
    for component in 0..<order.size.componentCount {
      for index in order.parts.indices where order.has(component, part: index) {
        for channel in transforms[index].joined() {
          all.values.append(channel.values[component])
          all.bounds.append(channel.bounds[component])
        }
      }
    }
    expect(memory, equals: all, what)
  }
}
