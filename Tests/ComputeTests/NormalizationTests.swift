// The pieces of batch normalisation for one image: moments, the linear function with its activation, and gradients.

import Compute
import KernelInterface
import Testing

@Suite struct NormalizationTests {
  /// The fused activation: none, the commonest, and one of each kind of backward pass.
  static let activations: [Activation?] = [
    nil, .relu, .leaky(slope: 0.1), .gelu, .silu, .hardswish, .tanh, .sigmoid,
  ]

  static func problems(_ activation: Activation?) -> [NormalizationProblem] {
    MapSize.several.flatMap { size in
      [false, true].map { NormalizationProblem(size, hasAddend: $0, activation: activation) }
    }
  }

  @Test(arguments: InstructionSet.supported) func momentsAreThoseOfTheirChannels(
    instructionSet: InstructionSet
  ) {
    for size in MapSize.several.flatMap({ [$0, $0.with(pixelGap: 5, rowGap: 3)] }) {
      let problem = NormalizationProblem(size, hasAddend: false, activation: nil)
      let map = GuardedFloats(size.layout, problem.values)
      let (mean, squares) = (GuardedFloats(count: size.channels), GuardedFloats(count: size.channels))
      engine(instructionSet).channelMoments(
        size.map(map), mean: mean.floats, squaredDeviations: squares.floats)
      let expected = problem.moments
      expect(mean, equals: Expected(expected.means), "means of \(size)")
      expect(squares, equals: Expected(expected.squaredDeviations), "squares of \(size)")
      expectUntouched(map, what: "\(size)")
    }
  }

  /// 4,096 values near 1,000 that differ by halves. Everything is exact, but Σ x² would lose digits.
  @Test(arguments: InstructionSet.supported) func momentsKeepASmallDeviationBesideALargeMean(
    instructionSet: InstructionSet
  ) {
    let size = MapSize(height: 64, width: 64, channels: 16)
    let values = (0..<size.count).map { 1000 + ($0 / 16 % 2 == 0 ? Float(0.25) : -0.25) }
    let map = GuardedFloats(size.layout, values)
    let (mean, squares) = (GuardedFloats(count: 16), GuardedFloats(count: 16))
    engine(instructionSet).channelMoments(size.map(map), mean: mean.floats, squaredDeviations: squares.floats)
    expect(mean, equals: Expected(exactly: [Float](repeating: 1000, count: 16)), "means")
    expect(squares, equals: Expected(exactly: [Float](repeating: 256, count: 16)), "squares")
    expectUntouched(map, what: "map")
  }

  @Test(arguments: InstructionSet.supported, activations)
  func outputsAreActivatedLinearFunctions(instructionSet: InstructionSet, activation: Activation?) {
    for problem in Self.problems(activation) {
      let size = problem.size
      let gaps = size.with(pixelGap: 3, rowGap: 16)
      let memory = Memory(problem, input: gaps, addend: size)
      let output = GuardedFloats(gaps.layout)
      let expected = Expected(problem.output)
      engine(instructionSet).normalize(memory.inputMap, memory.function, output: gaps.map(output))
      expect(output, equals: expected, problem.description)
      expectUntouched(memory.input, what: problem.description)
      engine(instructionSet).normalize(memory.inputMap, memory.function, output: memory.inputMap)
      expect(memory.input, equals: expected, "\(problem.description), in place")
      memory.expectOperandsUntouched(problem.description)
    }
  }

  @Test(arguments: InstructionSet.supported, activations)
  func gradientsPassThroughTheActivationAndAreSummed(instructionSet: InstructionSet, activation: Activation?)
  {
    for problem in Self.problems(activation) {
      let (size, what) = (problem.size, problem.description)
      let memory = Memory(problem, input: size, addend: size.with(pixelGap: 2, rowGap: 1))
      let gaps = size.with(pixelGap: 16, rowGap: 5)
      let given = randomFloats(size.count, seed: 15)
      let (mean, inverse) = (randomFloats(size.channels, seed: 16), randomFloats(size.channels, seed: 17))
      let (start, productStart) = (
        randomFloats(size.channels, seed: 18), randomFloats(size.channels, seed: 19)
      )
      let gradient = GuardedFloats(gaps.layout, given)
      let (means, inverses) = (GuardedFloats(mean), GuardedFloats(inverse))
      let (gradientSum, productSum) = (GuardedFloats(start), GuardedFloats(productStart))
      engine(instructionSet).normalizeBackward(
        memory.inputMap, memory.function, gradient: gaps.map(gradient), mean: means.floats,
        inverseDeviation: inverses.floats, gradientSum: gradientSum.floats, productSum: productSum.floats)
      let passed = problem.passed(given)
      expect(gradient, equals: Expected(passed), "gradient, \(what)")
      expect(gradientSum, equals: Expected(problem.sums(of: passed, startingFrom: start)), "sums, \(what)")
      let products = problem.sums(
        of: passed, mean: mean, inverseDeviation: inverse, startingFrom: productStart)
      expect(productSum, equals: Expected(products), "products, \(what)")
      expectUntouched(memory.input, means, inverses, what: what)
      memory.expectOperandsUntouched(what)
    }
  }

  @Test(arguments: InstructionSet.supported, [false, true])
  func inputGradientsAreLinearInGradientAndInput(instructionSet: InstructionSet, accumulates: Bool) {
    for size in MapSize.several {
      let gaps = size.with(pixelGap: 3, rowGap: 4)
      let (g, x) = (randomFloats(size.count, seed: 20), randomFloats(size.count, seed: 21))
      let start = randomFloats(size.count, seed: 22)
      let factors = (23...25).map { randomFloats(size.channels, seed: $0, scale: 2) }
      let (a, b, c) = (GuardedFloats(factors[0]), GuardedFloats(factors[1]), GuardedFloats(factors[2]))
      let (gradient, input) = (GuardedFloats(size.layout, g), GuardedFloats(gaps.layout, x))
      let output = GuardedFloats(gaps.layout, accumulates ? start : nil)
      let expected = x.indices.map { index in
        let channel = index % size.channels
        let sum =
          Rounded(factors[2][channel]) + Rounded(x[index]) * Rounded(factors[1][channel])
          + Rounded(g[index]) * Rounded(factors[0][channel])
        return accumulates ? Rounded(start[index]) + sum : sum
      }
      engine(instructionSet).normalizeInputGradient(
        gradient: size.map(gradient), input: gaps.map(input), gradientFactor: a.floats, inputFactor: b.floats,
        constant: c.floats, output: gaps.map(output), accumulates: accumulates)
      expect(output, equals: Expected(expected), "\(size)")
      expectUntouched(gradient, input, a, b, c, what: "\(size)")
      guard !accumulates else { continue }
      engine(instructionSet).normalizeInputGradient(
        gradient: size.map(gradient), input: gaps.map(input), gradientFactor: a.floats, inputFactor: b.floats,
        constant: c.floats, output: size.map(gradient))
      expect(gradient, equals: Expected(expected), "\(size), in place")
      expectUntouched(input, a, b, c, what: "\(size), in place")
    }
  }

  @Test(arguments: InstructionSet.supported) func aNaNShowsOnlyInItsChannel(instructionSet: InstructionSet) {
    let size = MapSize(height: 3, width: 5, channels: 32)
    var values = randomFloats(size.count, seed: 26)
    values[7 * 32 + 9] = .nan
    let map = GuardedFloats(size.layout, values)
    let (mean, squares) = (GuardedFloats(count: 32), GuardedFloats(count: 32))
    engine(instructionSet).channelMoments(size.map(map), mean: mean.floats, squaredDeviations: squares.floats)
    #expect(mean.values.indices.allSatisfy { mean.values[$0].isNaN == ($0 == 9) })
    #expect(squares.values.indices.allSatisfy { squares.values[$0].isNaN == ($0 == 9) })
    expectUntouched(map, what: "map")
  }

  /// A problem's operands in guarded memory.
  private struct Memory {
    let input: GuardedFloats
    let scale: GuardedFloats
    let shift: GuardedFloats
    let addend: GuardedFloats?
    let inputMap: FeatureMap
    let function: NormalizationFunction

    init(_ problem: NormalizationProblem, input inputSize: MapSize, addend addendSize: MapSize) {
      let addend = problem.addend.map { GuardedFloats(addendSize.layout, $0) }
      self.addend = addend
      input = GuardedFloats(inputSize.layout, problem.values)
      scale = GuardedFloats(problem.scale)
      shift = GuardedFloats(problem.shift)
      inputMap = inputSize.map(input)
      function = NormalizationFunction(
        scale: scale.floats, shift: shift.floats, addend: addend.map { addendSize.map($0) },
        activation: problem.activation)
    }

    func expectOperandsUntouched(_ what: String) {
      expectUntouched(scale, shift, what: what)
      if let addend { expectUntouched(addend, what: what) }
    }
  }
}
