// The loss with soft targets, against its definition in Double: shares, temperatures, and the part of the labels.

import Compute
import KernelInterface
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct SoftTargetTests {
  /// Shares and temperatures of the soft targets.
  static let settings: [(weight: Float, temperature: Float)] = [
    (1, 1), (0.3, 1), (1, 4), (0.5, 0.5), (0.9, 20), (0, 2),
  ]

  /// Rows of random probabilities in Float, whose sums are 1 up to a few roundings.
  private func distributions(_ batch: Int, _ classCount: Int) -> [[Float]] {
    (0..<batch).map { row in
      let parts = randomFloats(classCount, seed: 100 + row).map { abs($0) + 0.001 }
      let sum = parts.reduce(0, +)
      return parts.map { $0 / sum }
    }
  }

  /// Values in the layout of logits, with NaN after the classes, which must not matter.
  private func rows(_ values: [[Float]], like logits: BatchOfLogits) -> GuardedFloats {
    GuardedFloats(
      logits.allColumns,
      values.flatMap { $0 + [Float](repeating: .nan, count: logits.stride - logits.classCount) })
  }

  @Test(arguments: InstructionSet.supported, settings)
  func matchesTheReference(_ instructionSet: InstructionSet, _ setting: (weight: Float, temperature: Float)) {
    let engine = engine(instructionSet)
    for classCount in LossTests.classCounts {
      for (index, batch) in LossTests.batches.enumerated() {
        for scale: Float in [5, 100] {
          let smoothing: Float = index % 2 == 0 ? 0 : 0.1
          let what = "\(batch) × \(classCount), smoothing \(smoothing), scale \(scale)"
          let logits = BatchOfLogits(
            randomFloats(batch * classCount, seed: 1, scale: scale), batch: batch, classCount: classCount)
          let targets = distributions(batch, classCount)
          let references = logits.rows.enumerated().map { row, values in
            ReferenceSoftLoss(
              logits: values, label: Int(logits.labels.values[row]), smoothing: smoothing,
              targets: targets[row], weight: setting.weight, temperature: setting.temperature,
              gradientScale: 1 / Float(batch))
          }
          func soft(_ rows: GuardedFloats) -> SoftTargets {
            SoftTargets(
              distributions: logits.rows(of: rows), weight: setting.weight, temperature: setting.temperature)
          }

          let taught = rows(targets, like: logits)
          let gradient = logits.result
          let loss = logits.crossEntropy(
            engine, smoothing: smoothing, soft: soft(taught), gradient: logits.rows(of: gradient))
          expect(gradient, equals: logits.padded(references.map(\.gradient)), "gradient, \(what)")
          expectUntouched(logits.logits, what: what)
          #expect(taught.isIntact)
          let largest = logits.rows.map { row in row.firstIndex(of: row.max()!)! }
          #expect(loss.isCorrect == zip(largest, logits.labels.values).map { $0 == Int($1) })
          for (row, reference) in references.enumerated() {
            #expect(abs(loss.losses[row] - reference.loss) <= reference.lossBound, "row \(row), \(what)")
          }

          // In place, the numbers are the same, with a gradient and without. Without one, nothing is overwritten.
          for wantsGradient in [true, false] {
            let place = GuardedFloats(logits.allColumns, logits.logits.floats.map(\.self))
            let taught = rows(targets, like: logits)
            let inPlace = logits.crossEntropy(
              engine, smoothing: smoothing, soft: soft(taught), logits: logits.rows(of: place),
              gradient: wantsGradient ? logits.rows(of: place) : nil)
            #expect(inPlace.losses == loss.losses && taught.isIntact, "in place, \(what)")
            if wantsGradient {
              expect(place, equals: Expected(exactly: gradient.values), "in place, \(what)")
            } else {
              expectUntouched(taught, what: what)
            }
          }
        }
      }
    }
  }

  /// A teacher that is sure of the label has the same effect as the label.
  @Test(arguments: InstructionSet.supported) func aSureTeacherIsLikeALabel(_ instructionSet: InstructionSet) {
    let logits = BatchOfLogits(randomFloats(30, seed: 3, scale: 5), batch: 3, classCount: 10)
    let labels = logits.labels.values
    let sure = rows((0..<3).map { row in (0..<10).map { $0 == Int(labels[row]) ? 1 : 0 } }, like: logits)
    let one = logits.result
    let other = logits.result
    let engine = engine(instructionSet)
    let taught = logits.crossEntropy(
      engine, smoothing: 0,
      soft: SoftTargets(distributions: logits.rows(of: sure), weight: 1, temperature: 1),
      gradient: logits.rows(of: one))
    let labelled = logits.crossEntropy(engine, smoothing: 0, gradient: logits.rows(of: other))
    #expect(sure.isIntact)
    for row in 0..<3 { #expect(abs(taught.losses[row] - labelled.losses[row]) <= 1e-6) }
    for index in 0..<3 * logits.stride { #expect(abs(one.values[index] - other.values[index]) <= 1e-7) }
  }

  @Test(arguments: InstructionSet.supported, [2, 10, 33])
  func aNaNOrInfinityMakesTheLossNaN(_ instructionSet: InstructionSet, _ classCount: Int) {
    for bad in [Float.nan, .infinity] {
      for place in 0..<classCount {
        var values = randomFloats(3 * classCount, seed: 5)
        values[classCount + place] = bad
        let logits = BatchOfLogits(values, batch: 3, classCount: classCount)
        let taught = rows(distributions(3, classCount), like: logits)
        let gradient = logits.result
        let loss = logits.crossEntropy(
          engine(instructionSet), smoothing: 0.1,
          soft: SoftTargets(distributions: logits.rows(of: taught), weight: 1, temperature: 2),
          gradient: logits.rows(of: gradient))
        #expect(taught.isIntact && gradient.isIntact)
        #expect(loss.losses.map(\.isNaN) == [false, true, false], "\(bad) at \(place)")
      }
    }
  }
}

/// The loss with labels and soft targets together, from the definition.
struct ReferenceSoftLoss {
  var loss: Double
  var lossBound: Double
  /// ∂loss/∂logits · gradientScale
  var gradient: [Rounded]

  init(
    logits: [Float], label: Int, smoothing: Float, targets: [Float], weight: Float, temperature: Float,
    gradientScale: Float
  ) {
    let hard = ReferenceLoss(logits: logits, label: label, smoothing: smoothing, gradientScale: 1)
    let largest = Rounded(logits.max()!)
    let inverse = Rounded(1) / Rounded(temperature)
    let exponentials = logits.map {
      ((Rounded($0) - largest) * inverse).exponential(ulps: 2, smallest: 1.1756e-38)
    }
    let sum = Rounded.sum(exponentials)
    let probabilities = exponentials.map { $0 * (Rounded(1) / sum) }

    let (share, divisor) = (Double(weight), Double(temperature))
    let exactSum = logits.reduce(0) { $0 + exp((Double($1) - largest.value) / divisor) }
    var mean = 0.0
    var magnitude = 0.0
    for (logit, target) in zip(logits, targets) {
      mean += Double(target) * (Double(logit) - largest.value) / divisor
      magnitude += Double(target) * abs(Double(logit) - largest.value) / divisor
    }
    let scale = share * divisor * divisor
    loss = (1 - share) * hard.loss + scale * (log(exactSum) - mean)
    lossBound =
      (1 - share) * hard.lossBound + scale * sum.error / (sum.value - sum.error)
      + 8 * Double(logits.count + 4) * 0x1p-53
      * (scale * (magnitude + log(exactSum)) + (1 - share) * abs(hard.loss) + 1)

    gradient = logits.indices.map { column in
      let soft = (probabilities[column] - Rounded(targets[column])) * (Rounded(weight) * Rounded(temperature))
      let rest = hard.gradient[column] * (Rounded(1) - Rounded(weight))
      return (rest + soft) * Rounded(gradientScale)
    }
  }
}
