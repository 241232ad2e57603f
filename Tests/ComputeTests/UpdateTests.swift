// The optimisers' steps, over several steps and any number of parameters.

import Compute
import KernelInterface
import Testing

@Suite struct UpdateTests {
  static let adamSettings = [
    Settings(name: "adam"),
    Settings(name: "adam with decay", learningRate: 0.01, decay: 0.1),
    Settings(name: "adamw", learningRate: 0.01, decay: 0.1, isDecoupled: true),
    Settings(name: "adam, clipped", beta1: 0.4, beta2: 0.95, epsilon: 1e-6, gradientScale: 0.03),
  ]
  static let momentumSettings = [
    Settings(name: "sgd", learningRate: 0.1),
    Settings(name: "sgd with momentum", learningRate: 0.1, momentum: 0.9),
    Settings(name: "sgd with everything", learningRate: 0.05, momentum: 0.8, decay: 5e-4, gradientScale: 0.3),
    Settings(name: "sgd, Nesterov's", learningRate: 0.1, momentum: 0.9, isNesterov: true),
    Settings(
      name: "sgd, Nesterov's, with everything", learningRate: 0.05, momentum: 0.8, isNesterov: true,
      decay: 5e-4,
      gradientScale: 0.3),
  ]
  /// None, one lane, and odd numbers of lanes.
  static let counts = [0, 16, 48, 16_400]

  @Test(arguments: InstructionSet.supported, adamSettings)
  func adamMatchesItsDefinition(instructionSet: InstructionSet, settings: Settings) {
    for count in Self.counts {
      let parameters = GuardedFloats(randomFloats(count, seed: 1))
      let first = GuardedFloats([Float](repeating: 0, count: count))
      let second = GuardedFloats([Float](repeating: 0, count: count))
      for step in 1...4 {
        let what = "step \(step) of \(count) parameters"
        let gradient = GuardedFloats(gradients(count, step: step))
        let (p, g, m, v) = (parameters.values, gradient.values, first.values, second.values)
        let expected = (0..<count).map {
          referenceAdam(
            settings, step: step, gradient: g[$0], parameter: p[$0], firstMoment: m[$0], secondMoment: v[$0])
        }
        engine(instructionSet).adam(
          settings.adamUpdate(step: step), 0..<count, gradient: gradient.floats,
          parameters: parameters.floats,
          firstMoment: first.floats, secondMoment: second.floats)
        expect(parameters, equals: Expected(expected.map(\.parameter)), what)
        expect(first, equals: Expected(expected.map(\.firstMoment)), what)
        expect(second, equals: Expected(expected.map(\.secondMoment)), what)
        expectUntouched(gradient, what: what)
      }
    }
  }

  /// With a learning rate of 1, Adam's first step moves a parameter by 1, whatever the gradient: m / √v is 1 after both
  /// corrections. If 1 − β₂ were a difference of floats, it would be 1 + 6.4e-6.
  @Test(arguments: InstructionSet.supported) func adamsFirstStepIsAsLongAsTheLearningRate(
    instructionSet: InstructionSet
  ) {
    for gradient in [Float(1), 0.1, -3, 123.456, 1e-3] {
      let parameters = GuardedFloats([Float](repeating: 0, count: 16))
      let moments = (0..<2).map { _ in GuardedFloats([Float](repeating: 0, count: 16)) }
      let gradients = GuardedFloats([Float](repeating: gradient, count: 16))
      engine(instructionSet).adam(
        Settings(name: "adam", learningRate: 1).adamUpdate(step: 1), 0..<16, gradient: gradients.floats,
        parameters: parameters.floats, firstMoment: moments[0].floats, secondMoment: moments[1].floats)
      // ε is 1e-5 of the smallest of these gradients.
      let expected = Double(-gradient) / (abs(Double(gradient)) + 1e-8)
      for value in parameters.values { #expect(abs(Double(value) - expected) <= 5e-7, "\(gradient)") }
      #expect(moments.allSatisfy { $0.isIntact })
      expectUntouched(gradients, what: "\(gradient)")
    }
  }

  @Test(arguments: InstructionSet.supported, momentumSettings)
  func momentumMatchesItsDefinition(instructionSet: InstructionSet, settings: Settings) {
    for count in Self.counts {
      let parameters = GuardedFloats(randomFloats(count, seed: 1))
      let velocity = GuardedFloats([Float](repeating: 0, count: count))
      for step in 1...4 {
        let what = "step \(step) of \(count) parameters"
        let gradient = GuardedFloats(gradients(count, step: step))
        let (p, g, u) = (parameters.values, gradient.values, velocity.values)
        let expected = (0..<count).map {
          referenceMomentum(settings, gradient: g[$0], parameter: p[$0], velocity: u[$0])
        }
        engine(instructionSet).momentum(
          settings.momentumUpdate, 0..<count, gradient: gradient.floats, parameters: parameters.floats,
          velocity: velocity.floats)
        expect(parameters, equals: Expected(expected.map(\.parameter)), what)
        expect(velocity, equals: Expected(expected.map(\.velocity)), what)
        expectUntouched(gradient, what: what)
      }
    }
  }

  @Test(arguments: InstructionSet.supported) func squareRootIsCorrectlyRounded(instructionSet: InstructionSet)
  {
    // With m = 1, β₁ = β₂ = 1 and neither gradient nor ε, the step is 1 / √v. The division adds half an ulp.
    let update = AdamUpdate(
      stepSize: -1, secondMomentScale: 1, beta1: 1, beta2: 1, epsilon: 0, gradientDecay: 0, parameterDecay: 0,
      gradientScale: 1)
    let count = 1 << 16
    let moments = randomFloats(count, seed: 5).enumerated().map { index, value in
      Float(sign: .plus, exponent: index % 240 - 120, significand: 1.5 + value / 2)
    }
    let second = GuardedFloats(moments)
    let gradient = GuardedFloats([Float](repeating: 0, count: count))
    let parameters = GuardedFloats([Float](repeating: 0, count: count))
    let first = GuardedFloats([Float](repeating: 1, count: count))
    engine(instructionSet).adam(
      update, 0..<count, gradient: gradient.floats, parameters: parameters.floats, firstMoment: first.floats,
      secondMoment: second.floats)
    let bound = (squareRootUlps + 0.5) * Double(Float.ulpOfOne)
    let expected = moments.map { 1 / Double($0).squareRoot() }
    expect(
      parameters, equals: Expected(values: expected, bounds: expected.map { $0 * bound }),
      "inverse square roots")
    expectUntouched(gradient, first, second, what: "inverse square roots")
  }

  @Test(arguments: InstructionSet.supported) func aParameterWithoutGradientDoesNotChange(
    instructionSet: InstructionSet
  ) {
    let parameters = GuardedFloats(randomFloats(48, seed: 2))
    let zeros = (0..<3).map { _ in GuardedFloats([Float](repeating: 0, count: 48)) }
    engine(instructionSet).adam(
      Settings(name: "adam").adamUpdate(step: 1), 0..<48, gradient: zeros[0].floats,
      parameters: parameters.floats,
      firstMoment: zeros[1].floats, secondMoment: zeros[2].floats)
    engine(instructionSet).momentum(
      Settings(name: "sgd", momentum: 0.9).momentumUpdate, 0..<48, gradient: zeros[0].floats,
      parameters: parameters.floats, velocity: zeros[1].floats)
    expectUntouched(parameters, zeros[0], zeros[1], zeros[2], what: "padding")
  }

  /// A gradient whose square overflows makes the second moment infinite, and the step 0 from then on. The root of
  /// infinity is infinity, not NaN.
  @Test(arguments: InstructionSet.supported) func anInfiniteSecondMomentStopsItsParameter(
    instructionSet: InstructionSet
  ) {
    for place in [0, 15, 16, 31] {
      var values = [Float](repeating: 0, count: 32)
      values[place] = 1e25
      let parameters = GuardedFloats(randomFloats(32, seed: 4))
      let moments = (0..<2).map { _ in GuardedFloats([Float](repeating: 0, count: 32)) }
      for step in 1...3 {
        let gradient = GuardedFloats(step == 1 ? values : values.map { $0 / 1e25 })
        engine(instructionSet).adam(
          Settings(name: "adam").adamUpdate(step: step), 0..<32, gradient: gradient.floats,
          parameters: parameters.floats, firstMoment: moments[0].floats, secondMoment: moments[1].floats)
        #expect(moments[1].values.map(\.isInfinite) == (0..<32).map { $0 == place }, "step \(step)")
        // Without gradients, the others do not change either.
        expectUntouched(parameters, gradient, what: "step \(step)")
      }
    }
  }

  @Test(arguments: InstructionSet.supported) func aNaNGradientReachesOnlyItsParameter(
    instructionSet: InstructionSet
  ) {
    for place in [0, 15, 16, 31] {
      var values = randomFloats(32, seed: 3)
      values[place] = .nan
      let gradient = GuardedFloats(values)
      let parameters = GuardedFloats(randomFloats(32, seed: 4))
      let moments = (0..<2).map { _ in GuardedFloats([Float](repeating: 0, count: 32)) }
      engine(instructionSet).adam(
        Settings(name: "adam").adamUpdate(step: 1), 0..<32, gradient: gradient.floats,
        parameters: parameters.floats,
        firstMoment: moments[0].floats, secondMoment: moments[1].floats)
      #expect(parameters.values.map(\.isNaN) == (0..<32).map { $0 == place })
      #expect(moments.allSatisfy { $0.isIntact })
      expectUntouched(gradient, what: "NaN at \(place)")
    }
  }

  /// Ordinary gradients, tiny ones and zeros.
  private func gradients(_ count: Int, step: Int) -> [Float] {
    randomFloats(count, seed: 10 + step).enumerated().map { index, value in
      switch index % 4 {
      case 0: value * 1e-6
      case 1: index % 8 == 1 ? 0 : value
      default: value
      }
    }
  }
}
