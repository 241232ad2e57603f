// The loss of rows with two labels: by definition, the weighted mean of the losses with each.

import Compute
import KernelInterface
import Testing

@Suite struct MixtureLossTests {
  static let shares: [Float] = [0, 0.25, 0.499, 0.5, 0.75, 1, 0.1]

  private func shares(_ count: Int) -> [Float] { (0..<count).map { Self.shares[$0 % Self.shares.count] } }

  /// The loss and the gradient of two labels, from those of each.
  private func reference(
    _ logits: BatchOfLogits, _ row: Int, other: UInt8, share: Float, smoothing: Float
  ) -> (loss: Double, bound: Double, gradient: [Rounded]) {
    let parts = [logits.labels.values[row], other].map {
      ReferenceLoss(
        logits: logits.rows[row], label: Int($0), smoothing: smoothing, gradientScale: 1 / Float(logits.batch)
      )
    }
    let (own, rest) = (Double(share), 1 - Double(share))
    let gradient = zip(parts[0].gradient, parts[1].gradient).map {
      $0 * Rounded(share) + $1 * (Rounded(1) - Rounded(share))
    }
    return (
      own * parts[0].loss + rest * parts[1].loss, own * parts[0].lossBound + rest * parts[1].lossBound,
      gradient
    )
  }

  @Test(arguments: InstructionSet.supported) func isTheMeanOfTheLossesWithEachLabel(
    _ instructionSet: InstructionSet
  ) {
    let engine = engine(instructionSet)
    for classCount in LossTests.classCounts {
      for (index, batch) in LossTests.batches.enumerated() {
        let smoothing: Float = index % 2 == 0 ? 0 : 0.1
        let what = "\(batch) × \(classCount), smoothing \(smoothing)"
        let logits = BatchOfLogits(
          randomFloats(batch * classCount, seed: 1, scale: 5), batch: batch, classCount: classCount)
        let others = GuardedBytes(randomBytes(batch, seed: 8, below: classCount))
        let shares = shares(batch)
        let references = (0..<batch).map {
          reference(logits, $0, other: others.values[$0], share: shares[$0], smoothing: smoothing)
        }
        let gradient = logits.result
        let loss = logits.crossEntropy(
          engine, smoothing: smoothing, mixture: (others, shares), gradient: logits.rows(of: gradient))
        expect(gradient, equals: logits.padded(references.map(\.gradient)), "gradient, \(what)")
        for (row, reference) in references.enumerated() {
          #expect(abs(loss.losses[row] - reference.loss) <= reference.bound, "row \(row), \(what)")
          let label = shares[row] >= 0.5 ? logits.labels.values[row] : others.values[row]
          let largest = logits.rows[row].firstIndex(of: logits.rows[row].max()!)!
          #expect(loss.isCorrect[row] == (largest == Int(label)), "row \(row), \(what)")
        }
      }
    }
  }

  /// A share of 1 gives the bits of a single label. Two equal labels count as one, up to rounding.
  @Test(arguments: InstructionSet.supported) func aShareOfOneAndEqualLabelsGiveTheLossOfOneLabel(
    _ instructionSet: InstructionSet
  ) {
    let logits = BatchOfLogits(randomFloats(40, seed: 3, scale: 5), batch: 4, classCount: 10)
    let alone = logits.result
    let mixed = logits.result
    let engine = engine(instructionSet)
    let one = logits.crossEntropy(engine, smoothing: 0.1, gradient: logits.rows(of: alone))
    let others = GuardedBytes(randomBytes(4, seed: 4, below: 10))
    let two = logits.crossEntropy(
      engine, smoothing: 0.1, mixture: (others, [1, 1, 1, 1]), gradient: logits.rows(of: mixed))
    #expect(one.losses == two.losses && one.isCorrect == two.isCorrect)
    expect(mixed, equals: Expected(exactly: alone.values), "a share of 1")

    let same = logits.crossEntropy(
      engine, smoothing: 0.1, mixture: (logits.labels, [0, 0.3, 0.5, 0.9]), gradient: logits.rows(of: mixed))
    for row in 0..<4 { #expect(abs(same.losses[row] - one.losses[row]) <= 1e-12) }
    for place in 0..<4 * logits.stride { #expect(abs(mixed.values[place] - alone.values[place]) <= 1e-7) }
  }

  /// A teacher's part is added to that of both labels.
  @Test(arguments: InstructionSet.supported) func aTeacherCountsBesideTwoLabels(
    _ instructionSet: InstructionSet
  ) {
    let logits = BatchOfLogits(randomFloats(30, seed: 6, scale: 5), batch: 3, classCount: 10)
    let engine = engine(instructionSet)
    let distribution =
      [Float](repeating: 0.1, count: 10) + [Float](repeating: .nan, count: logits.stride - 10)
    func losses(_ labels: GuardedBytes, _ shares: [Float]) -> [Double] {
      let taught = GuardedFloats(logits.allColumns, (0..<3).flatMap { _ in distribution })
      let soft = SoftTargets(distributions: logits.rows(of: taught), weight: 0.4, temperature: 2)
      let gradient = logits.result
      let loss = logits.crossEntropy(
        engine, smoothing: 0, mixture: (labels, shares), soft: soft, gradient: logits.rows(of: gradient))
      #expect(taught.isIntact && gradient.isIntact)
      return loss.losses
    }
    let others = GuardedBytes([3, 1, 9])
    let (first, second) = (losses(others, [1, 1, 1]), losses(others, [0, 0, 0]))
    for (row, half) in losses(others, [0.5, 0.25, 0.5]).enumerated() {
      let share = row == 1 ? 0.25 : 0.5
      #expect(abs(half - share * first[row] - (1 - share) * second[row]) <= 1e-12)
    }
  }

  @Test func invalidMixturesAreRefused() async {
    await #expect(processExitsWith: .failure) {
      let logits = BatchOfLogits(randomFloats(8, seed: 1), batch: 2, classCount: 4)
      _ = logits.crossEntropy(
        engine(.baseline), smoothing: 0, mixture: (GuardedBytes([1, 4]), [0.5, 0.5]), gradient: nil)
    }
    await #expect(processExitsWith: .failure) {
      let logits = BatchOfLogits(randomFloats(8, seed: 1), batch: 2, classCount: 4)
      _ = logits.crossEntropy(
        engine(.baseline), smoothing: 0, mixture: (GuardedBytes([1, 3]), [0.5, 1.5]), gradient: nil)
    }
  }
}
