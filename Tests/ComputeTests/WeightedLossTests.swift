// The loss of rows with weights: that of each row times its weight, and the gradient of Σ w l / Σ w.

import Compute
import KernelInterface
import Testing

@Suite struct WeightedLossTests {
  /// Powers of two and other numbers, far apart and close to each other.
  static let weights: [Float] = [1, 0.3, 1000, 1e-6, 2, 0.01, 7.25, 1e6]

  private func weights(_ count: Int) -> [Float] {
    (0..<count).map { Self.weights[$0 % Self.weights.count] }
  }

  @Test(arguments: InstructionSet.supported)
  func matchesTheReference(_ instructionSet: InstructionSet) {
    let engine = engine(instructionSet)
    for classCount in LossTests.classCounts {
      for (index, batch) in LossTests.batches.enumerated() where batch > 0 {
        let smoothing: Float = index % 2 == 0 ? 0 : 0.1
        let what = "\(batch) × \(classCount), smoothing \(smoothing)"
        let logits = BatchOfLogits(
          randomFloats(batch * classCount, seed: 1, scale: 5), batch: batch, classCount: classCount)
        let weights = weights(batch)
        let sum = weights.reduce(0) { $0 + Double($1) }
        let references = logits.rows.enumerated().map { row, values in
          ReferenceLoss(
            logits: values, label: Int(logits.labels.values[row]), smoothing: smoothing, gradientScale: 1)
        }
        let gradients = references.enumerated().map { row, reference in
          let scale = Rounded(weights[row]) * (Rounded(1) / Rounded(rounding: sum))
          return reference.gradient.map { $0 * scale }
        }
        let gradient = logits.result
        let loss = logits.crossEntropy(
          engine, smoothing: smoothing, weights: weights, gradient: logits.rows(of: gradient))
        expect(gradient, equals: logits.padded(gradients), "gradient, \(what)")
        expectUntouched(logits.logits, what: what)
        for (row, reference) in references.enumerated() {
          let weight = Double(weights[row])
          // One more rounding of Double than the loss alone.
          let bound = weight * (reference.lossBound + 0x1p-52 * abs(reference.loss))
          #expect(abs(loss.losses[row] - weight * reference.loss) <= bound, "row \(row), \(what)")
        }

        let place = GuardedFloats(logits.allColumns, logits.logits.floats.map(\.self))
        let judged = logits.crossEntropy(
          engine, smoothing: smoothing, weights: weights, logits: logits.rows(of: place), gradient: nil)
        #expect(judged.losses == loss.losses && judged.isCorrect == loss.isCorrect, "judged, \(what)")
      }
    }
  }

  /// Weights of 1 give the bits of a loss without weights. Weights that are all another power of two give the bits of
  /// its gradient.
  @Test(arguments: InstructionSet.supported)
  func equalWeightsChangeNoGradient(_ instructionSet: InstructionSet) {
    let logits = BatchOfLogits(randomFloats(130, seed: 3, scale: 5), batch: 13, classCount: 10)
    let (alone, ones, fours) = (logits.result, logits.result, logits.result)
    let engine = engine(instructionSet)
    let plain = logits.crossEntropy(engine, smoothing: 0.1, gradient: logits.rows(of: alone))
    let one = logits.crossEntropy(
      engine, smoothing: 0.1, weights: [Float](repeating: 1, count: 13), gradient: logits.rows(of: ones))
    let four = logits.crossEntropy(
      engine, smoothing: 0.1, weights: [Float](repeating: 4, count: 13), gradient: logits.rows(of: fours))
    #expect(one.losses == plain.losses && one.isCorrect == plain.isCorrect)
    #expect(four.losses == plain.losses.map { 4 * $0 } && four.isCorrect == plain.isCorrect)
    expect(ones, equals: Expected(exactly: alone.values), "weights of 1")
    expect(fours, equals: Expected(exactly: alone.values), "weights of 4")
  }

  /// The weight also multiplies the parts of a second label and of a teacher.
  @Test(arguments: InstructionSet.supported)
  func theWholeLossOfARowIsMultiplied(_ instructionSet: InstructionSet) {
    let logits = BatchOfLogits(randomFloats(40, seed: 6, scale: 5), batch: 4, classCount: 10)
    let others = GuardedBytes([3, 1, 9, 0])
    let distribution =
      [Float](repeating: 0.1, count: 10) + [Float](repeating: .nan, count: logits.stride - 10)
    func loss(_ weights: [Float]?) -> (losses: [Double], gradient: [Float]) {
      let taught = GuardedFloats(logits.allColumns, (0..<4).flatMap { _ in distribution })
      let gradient = logits.result
      let loss = logits.crossEntropy(
        engine(instructionSet), smoothing: 0.1, weights: weights, mixture: (others, [0.5, 1, 0.25, 0.9]),
        soft: SoftTargets(distributions: logits.rows(of: taught), weight: 0.4, temperature: 2),
        gradient: logits.rows(of: gradient))
      #expect(taught.isIntact && gradient.isIntact)
      return (loss.losses, gradient.values)
    }
    let (plain, weighted) = (loss(nil), loss([0.5, 2, 8, 0.125]))
    #expect(zip([0.5, 2, 8, 0.125], plain.losses).map(*) == weighted.losses)
    for (place, value) in weighted.gradient.enumerated() {
      let share = [0.5, 2, 8, 0.125][place / logits.stride] / 10.625
      let expected = Double(plain.gradient[place]) * 4 * share
      #expect(abs(Double(value) - expected) <= 4 * 0x1p-24 * abs(expected), "\(place)")
    }
  }

  /// 300 rows are several tasks.
  @Test func anyNumberOfThreadsGivesTheSameBytes() {
    let logits = BatchOfLogits(randomFloats(3000, seed: 2, scale: 5), batch: 300, classCount: 10)
    let results = [1, 2, 3, 7].map { jobs in
      let gradient = logits.result
      let losses = logits.crossEntropy(
        Engine(instructionSet: .best, jobs: jobs), smoothing: 0.1, weights: weights(300),
        gradient: logits.rows(of: gradient)
      ).losses
      return (losses, gradient.values)
    }
    for result in results.dropFirst() { #expect(result == results[0]) }
  }

  @Test func invalidWeightsAreRefused() async {
    await #expect(processExitsWith: .failure) { judge(weights: [1, 0]) }
    await #expect(processExitsWith: .failure) { judge(weights: [.nan, 1]) }
    await #expect(processExitsWith: .failure) { judge(weights: [1, .infinity]) }
    await #expect(processExitsWith: .failure) { judge(weights: [1, -1]) }
    await #expect(processExitsWith: .failure) { judge(weights: [1]) }
    await #expect(processExitsWith: .success) { judge(weights: [1, 2]) }
  }
}

private func judge(weights: [Float]) {
  let logits = BatchOfLogits(randomFloats(8, seed: 1), batch: 2, classCount: 4)
  _ = logits.crossEntropy(engine(.baseline), smoothing: 0, weights: weights, gradient: nil)
}
