// Winograd's convolution against the naive one: maps of every parity, all channels, with pooling and without, exact where
// it can be, and what is not a number.

import Compute
import KernelInterface
import Testing

@Suite struct WinogradTests {
  static let inputChannels = [16, 32, 48]
  static let outputChannels = [16, 32, 48, 80]

  /// Four widths for each height of the output from 4 to 15, so that all parities meet and most maps are not square;
  /// channels and paddings go through all of theirs.
  static let maps: [ConvolutionShape] = (0..<48).map { index in
    let (height, width) = (4 + index / 4, 4 + (5 * (index / 4) + 3 * (index % 4)) % 12)
    return shape(
      height: height, width: width, inputs: inputChannels[index % 3],
      outputs: outputChannels[(index / 3 + index) % 4], padding: (index / 4 + index) % 3,
      moreMargin: index / 2 % 3)
  }

  /// Every pair of channel counts with every padding, on one odd map.
  static let channels: [ConvolutionShape] = inputChannels.flatMap { inputs in
    outputChannels.flatMap { outputs in
      (0...2).map { shape(height: 7, width: 5, inputs: inputs, outputs: outputs, padding: $0) }
    }
  }

  /// A convolution by its output's size.
  static func shape(
    height: Int, width: Int, inputs: Int, outputs: Int, padding: Int, moreMargin: Int = 0
  ) -> ConvolutionShape {
    ConvolutionShape(
      inputHeight: height + 2 - 2 * padding, inputWidth: width + 2 - 2 * padding, inputChannels: inputs,
      outputChannels: outputs, kernelSize: 3, stride: 1, padding: padding, margin: padding + moreMargin)
  }

  @Test(arguments: InstructionSet.supported) func matchesTheReferenceOnEveryMap(
    instructionSet: InstructionSet
  ) {
    for shape in Self.maps { check(engine(instructionSet), ConvolutionProblem(shape)) }
  }

  @Test(arguments: InstructionSet.supported)
  func matchesTheReferenceForAllChannelsAndPaddings(instructionSet: InstructionSet) {
    for shape in Self.channels { check(engine(instructionSet), ConvolutionProblem(shape)) }
  }

  /// So many weights that twice as many tiles are transformed together, and rows of tiles that do not divide evenly.
  @Test(arguments: InstructionSet.supported) func matchesTheReferenceForWideLayers(
    instructionSet: InstructionSet
  ) {
    for (height, width) in [(19, 9), (7, 7)] {
      let shape = Self.shape(height: height, width: width, inputs: 64, outputs: 64, padding: 1)
      check(engine(instructionSet), ConvolutionProblem(shape))
    }
  }

  /// Halving twice makes quarters of whole numbers, which are exact too; so are ties, whose first place counts.
  @Test(arguments: InstructionSet.supported) func isExactOnWholeNumbers(instructionSet: InstructionSet) {
    for (height, width) in [(4, 4), (5, 9), (8, 15), (14, 14)] {
      for padding in 0...2 {
        let shape = Self.shape(height: height, width: width, inputs: 32, outputs: 48, padding: padding)
        let problem = ConvolutionProblem(shape) { randomIntegers($0, seed: $1, bound: 2) }
        check(engine(instructionSet), problem, isExact: true)
      }
    }
  }

  /// A negative bias, so that whole windows lie below zero and a maximum that starts there shows.
  @Test(arguments: InstructionSet.supported) func maximaMayBeNegative(instructionSet: InstructionSet) {
    let shape = Self.shape(height: 6, width: 7, inputs: 16, outputs: 32, padding: 1)
    let problem = ConvolutionProblem(shape) { count, seed in
      seed == 3 ? [Float](repeating: -500, count: count) : randomIntegers(count, seed: seed)
    }
    check(engine(instructionSet), problem, isExact: true)
  }

  @Test(arguments: InstructionSet.supported) func weightsAreTransformedAsThePaperHasIt(
    instructionSet: InstructionSet
  ) {
    let engine = engine(instructionSet)
    for shape in Self.channels where shape.paddingHeight == 1 {
      for isExact in [false, true] {
        let problem = ConvolutionProblem(shape) { count, seed in
          isExact ? randomIntegers(count, seed: seed) : randomFloats(count, seed: seed)
        }
        var expected = referenceWinogradWeights(shape, weights: problem.weights)
        if isExact { expected = expected.exact }
        let transformed = transformedWeights(engine, problem)
        expect(transformed, equals: expected, "weights of \(problem)")
      }
    }
  }

  /// By itself, since what a patch reads beyond the input only reaches outputs that are dropped: guards show it here.
  @Test(arguments: InstructionSet.supported) func patchesAreTransformedAsThePaperHasItAndEndWithTheInput(
    instructionSet: InstructionSet
  ) {
    for (height, width) in [(4, 4), (5, 4), (4, 7), (7, 5)] {
      for padding in 0...2 {
        let shape = Self.shape(height: height, width: width, inputs: 48, outputs: 16, padding: padding)
        let problem = ConvolutionProblem(shape)
        let rows = (height + 1) / 2
        for tileRows in [0..<rows, 1..<rows, 0..<1] {
          let tiles = WinogradTiles(
            inputChannels: 48, outputChannels: 16, inputHeight: shape.inputHeight + 2 * padding,
            inputWidth: shape.inputWidth + 2 * padding, inputRowStride: shape.inputRowStride,
            tileRows: tileRows, tileColumns: (width + 1) / 2)
          let input = problem.paddedInput
          let transformed = GuardedFloats(count: 16 * tiles.tileCount * 48)
          instructionSet.kernels.winogradInput(
            tiles, input: input.floats.baseAddress!, transformed: transformed.floats.baseAddress!)
          let expected = referenceWinogradPatches(shape, tiles, input: problem.input)
          expect(transformed, equals: expected, "tile rows \(tileRows) of \(problem)")
          expectUntouched(input, what: problem.description)
        }
      }
    }
  }

  // MARK: - Accuracy

  /// docs/kernels.md has the errors that were measured, relative to the largest sum of absolute terms of an output: below
  /// 10⁻⁷. Far below the derived bound, which nothing but a wrong result would reach; twice as much shows a worse way.
  @Test(arguments: InstructionSet.supported) func isAsAccurateAsDocumented(instructionSet: InstructionSet) {
    for inputs in Self.inputChannels {
      let shape = Self.shape(height: 14, width: 14, inputs: inputs, outputs: 32, padding: 1)
      let problem = ConvolutionProblem(shape)
      let direct = referenceConvolution(
        shape, input: problem.input, weights: problem.weights, bias: problem.bias)
      let terms = referenceConvolution(
        shape, input: problem.input.map(\.magnitude), weights: problem.weights.map(\.magnitude),
        bias: problem.bias.map(\.magnitude))
      let largest = terms.values.max() ?? 0
      let bounds = [Double](repeating: 2e-7 * largest, count: direct.values.count)
      let (output, _) = run(engine(instructionSet), problem, Outcome(rectifies: false, pooling: .none))
      expect(output, equals: Expected(values: direct.values, bounds: bounds), problem.description)
    }
  }

  // MARK: - What is not a number

  @Test(arguments: InstructionSet.supported, [Float.nan, .infinity, -.infinity])
  func whatIsNotFiniteIsSeenInAllValuesThatItReachesAndFewOthers(
    instructionSet: InstructionSet, intruder: Float
  ) {
    let engine = engine(instructionSet)
    let shape = Self.shape(height: 7, width: 9, inputs: 16, outputs: 32, padding: 1)
    let problem = ConvolutionProblem(shape)
    // With a ReLU −∞ is 0, and a window's maximum may be another; a NaN stays one in all of them.
    let outcomes =
      intruder.isNaN
      ? Outcome.all(places: [.none, .values, .places]) : [Outcome(rectifies: false, pooling: .none)]
    for outcome in outcomes {
      let usual = run(engine, problem, outcome).output.values
      for (y, x) in [(0, 0), (3, 4), (4, 3), (6, 8)] {
        var input = problem.input
        input[(y * shape.inputWidth + x) * 16 + 5] = intruder
        let values = run(engine, problem.with(input: input), outcome).output.values
        let (_, width) = outcome.size(shape)
        let step = outcome.pooling == .none ? 1 : 2
        for index in values.indices {
          let (row, column) = (index / 32 / width * step, index / 32 % width * step)
          let what: Comment = "\(intruder) at (\(y), \(x)) in (\(row), \(column)), \(outcome)"
          // What the pixels of a value, or of a pooling window, look at; and what its tile's do.
          let reach = (row - 1..<row + step + 1, column - 1..<column + step + 1)
          let tile = (row / 2 * 2 - 1..<row / 2 * 2 + 3, column / 2 * 2 - 1..<column / 2 * 2 + 3)
          if reach.0.contains(y), reach.1.contains(x) {
            #expect(!values[index].isFinite, what)
          } else if !tile.0.contains(y) || !tile.1.contains(x) {
            #expect(values[index].bitPattern == usual[index].bitPattern, what)
          }
        }
      }
    }
  }

  @Test(arguments: InstructionSet.supported) func aNaNWeightIsSeenInItsOutputChannelOnly(
    instructionSet: InstructionSet
  ) {
    let shape = Self.shape(height: 5, width: 6, inputs: 16, outputs: 32, padding: 0)
    let problem = ConvolutionProblem(shape)
    for tap in 0..<9 {
      var weights = problem.weights
      weights[(tap * 16 + 3) * 32 + 7] = .nan
      for outcome in Outcome.all(places: [.none, .values, .places]) {
        let values = run(engine(instructionSet), problem.with(weights: weights), outcome).output.values
        #expect(
          values.indices.allSatisfy { values[$0].isNaN == ($0 % 32 == 7) }, "tap \(tap), \(outcome)")
      }
    }
  }

  // MARK: - Which convolutions

  @Test func appliesToSmallKernelsOfWholeLanesOnMapsOfSomeSize() {
    #expect(Self.shape(height: 4, width: 4, inputs: 16, outputs: 16, padding: 1).hasWinograd)
    #expect(!Self.shape(height: 3, width: 8, inputs: 16, outputs: 16, padding: 1).hasWinograd)
    #expect(!Self.shape(height: 8, width: 3, inputs: 16, outputs: 16, padding: 1).hasWinograd)
    #expect(!Self.shape(height: 8, width: 8, inputs: 3, outputs: 16, padding: 1).hasWinograd)
    for (kernelSize, stride) in [(5, 1), (1, 1), (3, 2)] {
      let shape = ConvolutionShape(
        inputHeight: 16, inputWidth: 16, inputChannels: 16, outputChannels: 16, kernelSize: kernelSize,
        stride: stride, padding: 0)
      #expect(!shape.hasWinograd, "kernel \(kernelSize), stride \(stride)")
    }
    for (kernelHeight, kernelWidth, dilation) in [(3, 1, 1), (1, 3, 1), (3, 3, 2)] {
      let shape = ConvolutionShape(
        inputHeight: 16, inputWidth: 16, inputChannels: 16, outputChannels: 16, kernelHeight: kernelHeight,
        kernelWidth: kernelWidth, dilation: dilation)
      #expect(!shape.hasWinograd, "\(kernelHeight) × \(kernelWidth), dilation \(dilation)")
    }
  }

  // MARK: - Running and comparing

  /// What is asked of a convolution.
  struct Outcome: CustomStringConvertible {
    var rectifies: Bool
    var pooling: Pooling
    enum Pooling: Sendable { case none, values, places }

    static func all(places: [Pooling]) -> [Outcome] {
      places.flatMap { pooling in
        [false, true].map { Outcome(rectifies: $0, pooling: pooling) }
      }
    }

    var description: String { "pooling: \(pooling), \(rectifies ? "rectified" : "linear")" }

    func size(_ shape: ConvolutionShape) -> (height: Int, width: Int) {
      pooling == .none
        ? (shape.outputHeight, shape.outputWidth) : (shape.outputHeight / 2, shape.outputWidth / 2)
    }
  }

  private func check(_ engine: Engine, _ problem: ConvolutionProblem, isExact: Bool = false) {
    let shape = problem.shape
    var whole = referenceWinograd(
      shape, input: problem.input, weights: problem.weights, bias: problem.bias)
    if isExact { whole = whole.exact }
    let pooled = PooledWinogradReference(shape, whole)
    for outcome in Outcome.all(places: [.none, .values, .places]) {
      let what = "\(problem), \(outcome)\(isExact ? ", whole numbers" : "")"
      let expected = outcome.pooling == .none ? whole : pooled.expected
      let (output, places) = run(engine, problem, outcome)
      expect(output, equals: outcome.rectifies ? expected.rectified : expected, what)
      guard outcome.pooling == .places else { continue }
      for (index, place) in places.enumerated() {
        guard pooled.isPossible(place, at: index) else {
          Issue.record("\(what): value \(index) has its maximum at \(place)")
          break
        }
      }
    }
  }

  private func transformedWeights(_ engine: Engine, _ problem: ConvolutionProblem) -> GuardedFloats {
    let shape = problem.shape
    let panels = Layout.panels(shape.inputChannels, shape.outputChannels, width: engine.kernels.panelWidth)
    let offsets = (0..<16).flatMap { component in panels.offsets.map { component * panels.capacity + $0 } }
    let packed = problem.packedWeights(engine.kernels)
    let transformed = GuardedFloats(Layout(offsets: offsets, capacity: 16 * panels.capacity))
    engine.transformWinogradWeights(shape, weights: packed.floats, transformed: transformed.floats)
    #expect(transformed.isIntact, "transformed weights of \(problem)")
    expectUntouched(packed, what: problem.description)
    return transformed
  }

  /// The output, whose rows lie further apart than they are long, and the places of maxima.
  private func run(
    _ engine: Engine, _ problem: ConvolutionProblem, _ outcome: Outcome
  ) -> (output: GuardedFloats, places: [UInt8]) {
    let shape = problem.shape
    let (height, width) = outcome.size(shape)
    let input = problem.paddedInput
    let weights = transformedWeights(engine, problem)
    let transformed = GuardedFloats(weights.floats.map(\.self))
    let bias = GuardedFloats(problem.bias)
    let scratch = GuardedFloats(count: shape.winogradScratchCount)
    let rowStride = width * shape.outputChannels + 16
    let output = GuardedFloats(.rows(height, width * shape.outputChannels, stride: rowStride))
    let places = GuardedBytes(count: height * width * shape.outputChannels)
    engine.convolveWinograd(
      shape, input: input.floats, transformedWeights: transformed.floats, bias: bias.floats,
      scratch: scratch.floats, output: output.floats, outputRowStride: rowStride,
      rectifies: outcome.rectifies, pools: outcome.pooling != .none,
      places: outcome.pooling == .places ? places.bytes : nil)
    let what = "\(problem), \(outcome)"
    #expect(output.isIntact && scratch.isIntact && places.isIntact, "beside the results of \(what)")
    expectUntouched(input, transformed, bias, what: what)
    return (output, places.values)
  }
}
