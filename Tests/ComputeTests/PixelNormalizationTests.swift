// Layer normalisation of one image's map: forward, its statistics, and gradients.

import Compute
import KernelInterface
import Testing

@Suite struct PixelNormalizationTests {
  @Test(arguments: InstructionSet.supported, [false, true])
  func pixelsAreNormalizedOverTheirChannels(instructionSet: InstructionSet, rectifies: Bool) {
    for problem in PixelNormalizationProblem.several {
      let (size, what) = (problem.size, problem.description)
      let gaps = size.with(pixelGap: 3, rowGap: 16)
      let memory = Memory(problem, size)
      let output = GuardedFloats(gaps.layout)
      let statistics = GuardedFloats(count: 2 * size.pixelCount)
      let expected = problem.output(rectifies: rectifies)
      engine(instructionSet).normalizePixels(
        memory.inputMap, memory.function, rectifies: rectifies, output: gaps.map(output),
        statistics: statistics.floats)
      expect(output, equals: expected, what)
      let known = problem.statistics
      expect(
        statistics, equals: Expected(known.map(\.mean) + known.map(\.inverseDeviation)), "statistics, \(what)"
      )
      memory.expectUntouched(what)

      let inPlace = Memory(problem, gaps)
      engine(instructionSet).normalizePixels(
        inPlace.inputMap, inPlace.function, rectifies: rectifies, output: inPlace.inputMap)
      expect(inPlace.input, equals: expected, "\(what), in place")
    }
  }

  @Test(arguments: InstructionSet.supported, [false, true])
  func gradientsMatchTheFormula(instructionSet: InstructionSet, accumulates: Bool) {
    for problem in PixelNormalizationProblem.several {
      let (size, what) = (problem.size, problem.description)
      let gaps = size.with(pixelGap: 16, rowGap: 5)
      let memory = Memory(problem, size.with(pixelGap: 2, rowGap: 1))
      let backward = PixelNormalizationProblem.Backward(
        problem: problem, gradient: problem.random(seed: 34),
        means: randomFloats(size.pixelCount, seed: 35),
        inverses: randomFloats(size.pixelCount, seed: 36).map { 1.5 + $0 })
      let gradient = GuardedFloats(size.layout, backward.gradient)
      let statistics = GuardedFloats(backward.means + backward.inverses)
      let starts = (37...38).map { randomFloats(size.channels, seed: $0) }
      let (scales, biases) = (GuardedFloats(starts[0]), GuardedFloats(starts[1]))
      let start = accumulates ? problem.random(seed: 39) : nil
      let inputGradient = GuardedFloats(gaps.layout, start)
      engine(instructionSet).normalizePixelsBackward(
        memory.inputMap, memory.function, statistics: statistics.floats, gradient: size.map(gradient),
        scaleGradient: scales.floats, biasGradient: biases.floats, inputGradient: gaps.map(inputGradient),
        accumulates: accumulates)
      expect(
        scales, equals: backward.sums(startingFrom: starts[0], ofProducts: true), "scale gradient, \(what)")
      expect(
        biases, equals: backward.sums(startingFrom: starts[1], ofProducts: false), "bias gradient, \(what)")
      expect(inputGradient, equals: backward.inputGradient(startingFrom: start), "input gradient, \(what)")
      memory.expectUntouched(what)
      expectUntouched(gradient, statistics, what: what)
    }
  }

  /// A first layer's input has no gradient.
  @Test(arguments: InstructionSet.supported)
  func sumsDoNotNeedAnInputGradient(instructionSet: InstructionSet) {
    let problem = PixelNormalizationProblem(MapSize(height: 2, width: 5, channels: 16), count: 3)
    let memory = Memory(problem, problem.size)
    let gradient = GuardedFloats(problem.size.layout, problem.random(seed: 40))
    let statistics = GuardedFloats([Float](repeating: 0.5, count: 20))
    let sums = (0..<2).map { _ in GuardedFloats([Float](repeating: 0, count: 16)) }
    engine(instructionSet).normalizePixelsBackward(
      memory.inputMap, memory.function, statistics: statistics.floats, gradient: problem.size.map(gradient),
      scaleGradient: sums[0].floats, biasGradient: sums[1].floats, inputGradient: nil)
    let backward = PixelNormalizationProblem.Backward(
      problem: problem, gradient: gradient.values, means: [Float](repeating: 0.5, count: 10),
      inverses: [Float](repeating: 0.5, count: 10))
    let zeros = [Float](repeating: 0, count: 16)
    expect(sums[0], equals: backward.sums(startingFrom: zeros, ofProducts: true), "scale gradient")
    expect(sums[1], equals: backward.sums(startingFrom: zeros, ofProducts: false), "bias gradient")
    expectUntouched(gradient, statistics, what: "operands")
    memory.expectUntouched("operands")
  }

  /// Channels near 1,000 that differ by halves. Everything is exact, but Σ x² would lose digits.
  @Test(arguments: InstructionSet.supported)
  func aSmallDeviationIsKeptBesideALargeMean(instructionSet: InstructionSet) {
    let size = MapSize(height: 2, width: 3, channels: 64)
    let input = GuardedFloats(
      size.layout, (0..<size.count).map { 1000 + ($0.isMultiple(of: 2) ? Float(0.25) : -0.25) })
    let ones = GuardedFloats([Float](repeating: 1, count: 64))
    let zeros = GuardedFloats([Float](repeating: 0, count: 64))
    let (output, statistics) = (GuardedFloats(size.layout), GuardedFloats(count: 12))
    // 0.0625 + 0.1875 is 0.25, whose root has the inverse 2.
    engine(instructionSet).normalizePixels(
      size.map(input),
      PixelNormalizationFunction(channelCount: 64, epsilon: 0.1875, scale: ones.floats, bias: zeros.floats),
      output: size.map(output), statistics: statistics.floats)
    let known = [Float](repeating: 1000, count: 6) + [Float](repeating: 2, count: 6)
    expect(statistics, equals: Expected(exactly: known), "statistics")
    let halves = (0..<size.count).map { $0.isMultiple(of: 2) ? Float(0.5) : -0.5 }
    expect(output, equals: Expected(exactly: halves), "output")
    expectUntouched(input, ones, zeros, what: "operands")
  }

  @Test(arguments: InstructionSet.supported)
  func aNaNShowsOnlyInItsPixel(instructionSet: InstructionSet) {
    let size = MapSize(height: 3, width: 5, channels: 32)
    let problem = PixelNormalizationProblem(size, count: 21)
    let memory = Memory(problem, size)
    memory.input.floats[7 * 32 + 9] = .nan
    for rectifies in [false, true] {
      let output = GuardedFloats(size.layout)
      engine(instructionSet).normalizePixels(
        memory.inputMap, memory.function, rectifies: rectifies, output: size.map(output))
      for (index, value) in output.values.enumerated() {
        let (pixel, channel) = index.quotientAndRemainder(dividingBy: 32)
        #expect(channel < 21 ? value.isNaN == (pixel == 7) : value == 0, "\(pixel), \(channel): \(value)")
      }
    }
  }

  /// A pixel's channels are summed in blocks.
  @Test(arguments: InstructionSet.supported)
  func theMeanOfAMillionChannelsStaysAccurate(instructionSet: InstructionSet) {
    let count = 1 << 20
    let size = MapSize(height: 1, width: 1, channels: count)
    let (input, ones) = (FloatBuffer(count: count), FloatBuffer(count: count))
    input.floats.update(repeating: 0.1)
    ones.floats.update(repeating: 1)
    let map = FeatureMap(input.floats, height: 1, width: 1, channels: count)
    let statistics = GuardedFloats(count: 2)
    engine(instructionSet).normalizePixels(
      map,
      PixelNormalizationFunction(channelCount: count, epsilon: 1, scale: ones.floats, bias: ones.floats),
      output: map, statistics: statistics.floats)
    let mean = Double(Float(0.1))
    let roundings = Double(LongSumTests.blockTerms + count / LongSumTests.blockTerms + 2)
    // The deviations are only the mean's error, whose square is lost beside an epsilon of 1.
    expect(
      statistics,
      equals: Expected(
        values: [mean, 1], bounds: [roundings * Rounded.unit * mean, 2 * Rounded.unit]), "\(size)")
  }

  /// A problem's operands in guarded memory.
  private struct Memory {
    let input: GuardedFloats
    let scale: GuardedFloats
    let bias: GuardedFloats
    let inputMap: FeatureMap
    let function: PixelNormalizationFunction

    init(_ problem: PixelNormalizationProblem, _ size: MapSize) {
      input = GuardedFloats(size.layout, problem.values)
      scale = GuardedFloats(problem.scale)
      bias = GuardedFloats(problem.bias)
      inputMap = size.map(input)
      function = PixelNormalizationFunction(
        channelCount: problem.count, epsilon: problem.epsilon, scale: scale.floats, bias: bias.floats)
    }

    func expectUntouched(_ what: String) { ComputeTests.expectUntouched(input, scale, bias, what: what) }
  }
}
