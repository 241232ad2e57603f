// Activations and their derivatives: against Double, for tiny and huge numbers, in place, with gaps in memory.

import Compute
import KernelInterface
import Testing

@Suite struct ActivationTests {
  /// A grid with steps of 1/64 that contains all kinks and bends, and numbers of all magnitudes.
  static let inputs: [Float] = {
    let grid = (-1280...1280).map { Float($0) / 64 }
    let sizes = (-30...6).flatMap { exponent in
      randomFloats(8, seed: exponent + 100, scale: Float(sign: .plus, exponent: exponent, significand: 1))
    }
    let inputs = grid + sizes
    return inputs + [Float](repeating: 0.5, count: paddedToLane(inputs.count) - inputs.count)
  }()

  @Test(arguments: InstructionSet.supported, Activation.all)
  func valuesAreWithinTheirBounds(instructionSet: InstructionSet, activation: Activation) {
    let input = GuardedFloats(Self.inputs)
    let output = GuardedFloats(count: Self.inputs.count)
    engine(instructionSet).activate(activation, input: input.floats, output: output.floats)
    let expected = Expected(Self.inputs.map { activation.rounded(Rounded($0)) })
    expect(output, equals: expected, "\(activation)")
    expectUntouched(input, what: "\(activation)")
  }

  @Test(arguments: InstructionSet.supported, Activation.all)
  func derivativesAreCentralDifferences(instructionSet: InstructionSet, activation: Activation) {
    let inputs = Self.inputs
    let gradients = randomFloats(inputs.count, seed: 3)
    let stored = GuardedFloats(inputs)
    let engine = engine(instructionSet)
    if activation.backwardReads == .output {
      engine.activate(activation, input: stored.floats, output: stored.floats)
    }
    let gradient = GuardedFloats(gradients)
    let values = stored.values
    engine.activationBackward(activation, gradient: gradient.floats, values: stored.floats)
    let expected = zip(inputs, gradients).map {
      Rounded($1) * activation.roundedSlope(Rounded($0))
    }
    expect(gradient, equals: Expected(expected), "\(activation)")
    #expect(stored.values == values && stored.isIntact)
  }

  /// At a kink, PyTorch uses the derivative from the left.
  @Test(arguments: InstructionSet.supported) func atAKinkTheDerivativeFromTheLeftIsUsed(
    instructionSet: InstructionSet
  ) {
    let cases: [(Activation, Float, Float)] = [
      (.relu, 0, 0), (.leaky(slope: 0.25), 0, 0.25), (.hardswish, -3, 0), (.hardswish, 3, 1.5),
    ]
    for (activation, x, slope) in cases {
      let gradient = GuardedFloats([Float](repeating: 1, count: 16))
      let values = GuardedFloats([Float](repeating: x, count: 16))
      engine(instructionSet).activationBackward(activation, gradient: gradient.floats, values: values.floats)
      #expect(gradient.values == [Float](repeating: slope, count: 16), "\(activation) at \(x)")
      expectUntouched(values, what: "\(activation) at \(x)")
    }
  }

  @Test(arguments: InstructionSet.supported, Activation.all)
  func aNaNStaysANaNAndItsNeighboursStayNumbers(instructionSet: InstructionSet, activation: Activation) {
    for place in 0..<16 {
      var inputs = [Float](repeating: 1, count: 16)
      inputs[place] = .nan
      let values = GuardedFloats(inputs)
      engine(instructionSet).activate(activation, input: values.floats, output: values.floats)
      #expect(values.values.indices.allSatisfy { values.values[$0].isNaN == ($0 == place) }, "\(activation)")
      let gradient = GuardedFloats(inputs)
      let ones = GuardedFloats([Float](repeating: 1, count: 16))
      engine(instructionSet).activationBackward(activation, gradient: gradient.floats, values: ones.floats)
      #expect(
        gradient.values.indices.allSatisfy { gradient.values[$0].isNaN == ($0 == place) }, "\(activation)")
      expectUntouched(ones, what: "\(activation)")
    }
  }

  /// Where exp overflows or underflows, functions have their limits.
  @Test(arguments: InstructionSet.supported) func largeValuesGiveTheLimits(instructionSet: InstructionSet) {
    let large: [Float] = [90, 200, 1e10, 1e30, .greatestFiniteMagnitude]
    let limits: [(Activation, below: (Float) -> Float, above: (Float) -> Float)] = [
      (.relu, { _ in 0 }, { $0 }), (.gelu, { _ in 0 }, { $0 }), (.silu, { _ in 0 }, { $0 }),
      (.hardswish, { _ in 0 }, { $0 }), (.tanh, { _ in -1 }, { _ in 1 }),
      (.sigmoid, { _ in 0 }, { _ in 1 }), (.leaky(slope: 0.5), { $0 / 2 }, { $0 }),
    ]
    for (activation, below, above) in limits {
      for x in large where activation != .hardswish || x < 1e37 {
        let values = GuardedFloats([Float](repeating: x, count: 16) + [Float](repeating: -x, count: 16))
        engine(instructionSet).activate(activation, input: values.floats, output: values.floats)
        let results = values.values
        // hardswish multiplies by 6 and by 1/6.
        #expect(abs(results[0] - above(x)) <= above(x) * 0x1p-22, "\(activation) of \(x)")
        #expect(abs(results[31] - below(-x)) <= Float.leastNormalMagnitude, "\(activation) of \(-x)")
      }
    }
  }

  @Test(arguments: InstructionSet.supported) func infinityGivesTheLimit(instructionSet: InstructionSet) {
    for (activation, limit) in [(Activation.relu, Float.infinity), (.tanh, 1), (.sigmoid, 1)] {
      let values = GuardedFloats([Float](repeating: .infinity, count: 16))
      engine(instructionSet).activate(activation, input: values.floats, output: values.floats)
      #expect(values.values == [Float](repeating: limit, count: 16), "\(activation)")
    }
  }

  @Test(arguments: InstructionSet.supported) func memoryBetweenRowsIsUntouched(instructionSet: InstructionSet)
  {
    let engine = engine(instructionSet)
    for (rowCount, columns) in [(0, 16), (1, 16), (3, 48), (7, 32)] {
      let what = "\(rowCount) × \(columns)"
      let values = randomFloats(rowCount * columns, seed: 4, scale: 4)
      let input = GuardedFloats(.rows(rowCount, columns, stride: columns + 5), values)
      let output = GuardedFloats(.rows(rowCount, columns, stride: columns + 16))
      let inputRows = Rows(input.floats, stride: columns + 5)
      engine.activate(
        .silu, input: inputRows, output: Rows(output.floats, stride: columns + 16), rowCount: rowCount,
        columns: columns)
      expect(output, equals: Expected(values.map { Activation.silu.rounded(Rounded($0)) }), what)
      let gradient = GuardedFloats(
        .rows(rowCount, columns, stride: columns + 16), [Float](repeating: 1, count: values.count))
      engine.activationBackward(
        .silu, gradient: Rows(gradient.floats, stride: columns + 16), values: inputRows, rowCount: rowCount,
        columns: columns)
      expect(gradient, equals: Expected(values.map { Activation.silu.roundedSlope(Rounded($0)) }), what)
      expectUntouched(input, what: what)
    }
  }

  @Test(arguments: InstructionSet.supported) func memoryBetweenPixelsIsUntouched(
    instructionSet: InstructionSet
  ) {
    for size in MapSize.several {
      let gaps = size.with(pixelGap: 16, rowGap: 7)
      let values = randomFloats(size.count, seed: 5, scale: 4)
      let (input, output) = (GuardedFloats(gaps.layout, values), GuardedFloats(size.layout))
      engine(instructionSet).activate(.tanh, input: gaps.map(input), output: size.map(output))
      expect(output, equals: Expected(values.map { Activation.tanh.rounded(Rounded($0)) }), "\(gaps)")
      engine(instructionSet).activate(.tanh, input: gaps.map(input), output: gaps.map(input))
      #expect(input.values == output.values && input.isIntact, "\(gaps) in place")
    }
  }

  @Test func theBackwardPassReadsInputsOrOutputs() {
    #expect(Activation.relu.backwardReads == .output)
    #expect(Activation.leaky(slope: 0).backwardReads == .output)
    #expect(Activation.leaky(slope: -0.1).backwardReads == .input)
    #expect(Activation.gelu.backwardReads == .input)
  }
}
