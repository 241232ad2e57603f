// Softmax and cross-entropy with label smoothing, naively: the definition, with bounds from running error analysis.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

struct ReferenceLoss {
  var probabilities: [Rounded]
  /// The cross-entropy in nats, in Double. Only the sum of the exponentials was rounded to Float before.
  var loss: Double
  var lossBound: Double
  /// ∂loss/∂logits · gradientScale
  var gradient: [Rounded]

  /// The accuracy that the kernels' exponential promises: two ulps. Below the normal numbers (1.1755e-38), it is the
  /// smallest of them, also to two ulps.
  private static let exponentialUlps = 2.0
  private static let smallestExponential = 1.1756e-38

  init(logits: [Float], label: Int, smoothing: Float, gradientScale: Float) {
    let largest = Rounded(logits.max()!)
    let exponentials = logits.map {
      (Rounded($0) - largest).exponential(
        ulps: Self.exponentialUlps, smallest: Self.smallestExponential)
    }
    let sum = Rounded.sum(exponentials)
    probabilities = exponentials.map { $0 * (Rounded(1) / sum) }

    let classCount = Double(logits.count)
    let exactSum = logits.reduce(0) { $0 + exp(Double($1) - largest.value) }
    let smoothing64 = Double(smoothing)
    loss = 0
    var magnitude = log(exactSum)
    for (column, logit) in logits.enumerated() {
      let target = (column == label ? 1 - smoothing64 : 0) + smoothing64 / classCount
      let logProbability = Double(logit) - largest.value - log(exactSum)
      loss -= target * logProbability
      magnitude += target * abs(logProbability)
    }
    // log turns the sum's relative error into an absolute one; the rest is Double's rounding.
    lossBound = sum.error / (sum.value - sum.error) + 4 * (classCount + 4) * 0x1p-53 * (magnitude + 1)

    let spread = Rounded(smoothing) / Rounded(Float(logits.count))
    let share = Rounded(1) - Rounded(smoothing)
    gradient = probabilities.enumerated().map { column, probability in
      let rest = probability - spread
      return (column == label ? rest - share : rest) * Rounded(gradientScale)
    }
  }
}
