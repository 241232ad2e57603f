// Softmax, cross-entropy and its gradient: any number of classes, and large, tiny, equal and non-finite logits.

import Compute
import KernelInterface
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct LossTests {
  /// Both sides of vectors of 4, 8 and 16 floats, the data set's 10, and the most that a label can name.
  static let classCounts = [1, 2, 3, 9, 10, 15, 16, 17, 31, 33, 256]
  /// Both sides of the 64 rows of a task.
  static let batches = [0, 1, 63, 64, 65, 131]

  enum Logits: CaseIterable, Sendable {
    case ordinary, large, tiny, equal, whole

    func values(_ count: Int) -> [Float] {
      switch self {
      case .ordinary: randomFloats(count, seed: 1, scale: 5)
      case .large: randomFloats(count, seed: 2, scale: 100)
      case .tiny: randomFloats(count, seed: 3, scale: 1e-8)
      case .equal: [Float](repeating: 7.3, count: count)
      // With ties for the largest.
      case .whole: randomIntegers(count, seed: 4, bound: 1)
      }
    }
  }

  @Test(arguments: InstructionSet.supported, Logits.allCases)
  func matchesTheReference(instructionSet: InstructionSet, logits: Logits) {
    for classCount in Self.classCounts {
      for (index, batch) in Self.batches.enumerated() {
        let smoothing: Float = index % 2 == 0 ? 0 : 0.1
        check(
          engine(instructionSet), logits.values(batch * classCount), batch: batch, classCount: classCount,
          smoothing: smoothing)
      }
    }
  }

  private func check(_ engine: Engine, _ logits: [Float], batch: Int, classCount: Int, smoothing: Float) {
    let what = "\(batch) × \(classCount), smoothing \(smoothing)"
    let batchOfLogits = BatchOfLogits(logits, batch: batch, classCount: classCount)
    let references = batchOfLogits.rows.enumerated().map { row, logits in
      ReferenceLoss(
        logits: logits, label: Int(batchOfLogits.labels.values[row]), smoothing: smoothing,
        gradientScale: 1 / Float(batch))
    }
    let probabilities = batchOfLogits.padded(references.map(\.probabilities))
    let gradient = batchOfLogits.padded(references.map(\.gradient))

    let softmax = batchOfLogits.result
    engine.softmax(
      logits: batchOfLogits.logitRows, probabilities: batchOfLogits.rows(of: softmax), batch: batch,
      classCount: classCount)
    expect(softmax, equals: probabilities, "softmax, \(what)")

    let separate = batchOfLogits.result
    let loss = batchOfLogits.crossEntropy(
      engine, smoothing: smoothing, gradient: batchOfLogits.rows(of: separate))
    expect(separate, equals: gradient, "gradient, \(what)")
    expectUntouched(batchOfLogits.logits, what: what)
    for (row, reference) in references.enumerated() {
      #expect(abs(loss.losses[row] - reference.loss) <= reference.lossBound, "row \(row), \(what)")
      let logits = batchOfLogits.rows[row]
      let firstOfLargest = logits.firstIndex(of: logits.max()!)!
      #expect(
        loss.isCorrect[row] == (firstOfLargest == Int(batchOfLogits.labels.values[row])),
        "row \(row), \(what)")
    }

    // In place, the numbers are the same, with a gradient and without.
    for wantsGradient in [true, false] {
      let place = GuardedFloats(batchOfLogits.allColumns, batchOfLogits.logits.floats.map(\.self))
      let inPlace = batchOfLogits.crossEntropy(
        engine, smoothing: smoothing, logits: batchOfLogits.rows(of: place),
        gradient: wantsGradient ? batchOfLogits.rows(of: place) : nil)
      #expect(inPlace.losses == loss.losses && inPlace.isCorrect == loss.isCorrect, "in place, \(what)")
      let expected = wantsGradient ? separate : softmax
      expect(place, equals: Expected(exactly: expected.values), "in place, \(what)")
    }
  }

  @Test(arguments: InstructionSet.supported) func exponentialIsWithinTwoUlps(instructionSet: InstructionSet) {
    // Softmax of (0, x) is (s, s · eˣ): the ratio has one more rounding than the exponential, half an ulp.
    let engine = engine(instructionSet)
    for step in 0..<87_000 / 64 {
      let exponents = (0..<64).map { Float(step * 64 + $0) * -0.001 }
      let logits = GuardedFloats(.rows(64, 2, stride: 16), exponents.flatMap { [0, $0] })
      let result = GuardedFloats(.rows(64, 2, stride: 16), filler: 0)
      let whole = Floats(start: logits.floats.baseAddress!, count: 64 * 16)
      let wholeResult = Floats(start: result.floats.baseAddress!, count: 64 * 16)
      engine.softmax(
        logits: Rows(whole, stride: 16), probabilities: Rows(wholeResult, stride: 16), batch: 64,
        classCount: 2)
      for (index, exponent) in exponents.enumerated() {
        let ratio = Double(result.values[2 * index + 1]) / Double(result.values[2 * index])
        let expected = exp(Double(exponent))
        #expect(abs(ratio / expected - 1) <= 2.5 * Double(Float.ulpOfOne), "exp(\(exponent))")
      }
      expectUntouched(logits, what: "exponentials")
    }
  }

  @Test(arguments: InstructionSet.supported, [2, 10, 33])
  func aNaNOrInfinityMakesTheLossNaN(instructionSet: InstructionSet, classCount: Int) {
    for bad in [Float.nan, .infinity] {
      for place in 0..<classCount {
        var logits = randomFloats(3 * classCount, seed: 5)
        logits[classCount + place] = bad
        let batch = BatchOfLogits(logits, batch: 3, classCount: classCount)
        let gradient = batch.result
        let loss = batch.crossEntropy(
          engine(instructionSet), smoothing: 0.1, gradient: batch.rows(of: gradient))
        #expect(loss.losses.map(\.isNaN) == [false, true, false], "\(bad) at \(place)")
        #expect(gradient.isIntact)
      }
    }
  }

  @Test(arguments: InstructionSet.supported) func negativeInfinityGivesAProbabilityOfZero(
    instructionSet: InstructionSet
  ) {
    let batch = BatchOfLogits([1, -.infinity, 1, 1, -.infinity, 1], batch: 2, classCount: 3, labels: [0, 1])
    let probabilities = batch.result
    engine(instructionSet).softmax(
      logits: batch.logitRows, probabilities: batch.rows(of: probabilities), batch: 2, classCount: 3)
    #expect(probabilities.values[0] == 0.5 && probabilities.values[2] == 0.5)
    #expect(probabilities.values[1] <= 1.1756e-38)
    let gradient = batch.result
    let loss = batch.crossEntropy(engine(instructionSet), smoothing: 0, gradient: batch.rows(of: gradient))
    #expect(abs(loss.losses[0] - log(2)) <= 1e-6)
    #expect(loss.losses[1] == .infinity)
    expectUntouched(batch.logits, what: "negative infinity")
  }
}
