// Softmax, cross-entropy and its gradient.
//
//     pⱼ = exp(xⱼ − max x) / Σ exp(xᵢ − max x)
//     loss = log Σ exp(xᵢ − max x) − Σⱼ tⱼ (xⱼ − max x),    tⱼ = (1 − ε) [j = label] + ε / classes
//     ∂loss/∂xⱼ = pⱼ − tⱼ
//
// A row with two labels has λ [j = first] + (1 − λ) [j = other] in place of [j = label]; λ is the share of the first.
// With soft targets q of weight w at temperature τ (Hinton, Vinyals & Dean 2015),
//
//     sⱼ = exp((xⱼ − max x) / τ) / Σ exp((xᵢ − max x) / τ)
//     loss = (1 − w) · the loss above + w τ² · (log Σ exp((xᵢ − max x) / τ) − Σⱼ qⱼ (xⱼ − max x) / τ)
//     ∂loss/∂xⱼ = (1 − w) (pⱼ − tⱼ) + w τ (sⱼ − qⱼ)
//
// where τ² keeps the size of the gradient, which shrinks by τ in x / τ, and by τ again since the softer s and q differ
// by less. A row's weight multiplies its whole loss and gradient.
//
// The largest logit is subtracted first: exp overflows Float above 88, and the shift cancels in the ratio.

import KernelInterface

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension KernelTable {
  public static func softmaxCrossEntropy(_ problem: SoftmaxCrossEntropy) {
    for row in 0..<problem.rowCount {
      let logits = problem.logits + row &* problem.rowStride
      let probabilities = problem.probabilities + row &* problem.rowStride
      let largest = largestLogit(logits, problem.classCount)
      // These read the logits before the probabilities may overwrite them.
      let target = problem.target.map { targetTerm($0, row: row, logits, problem.classCount, largest) } ?? 0
      let softLoss = problem.target.map { learnSoftly($0, row: row, problem, logits, largest.value) } ?? 0
      let sum = exponentials(logits, problem, largest.value, probabilities)
      scale(probabilities, problem.rowStride, by: 1 / sum)
      if let wanted = problem.target {
        let loss = log(Double(sum)) - target
        let whole = wanted.soft.map { (1 - Double($0.weight)) * loss + softLoss } ?? loss
        wanted.losses[row] = wanted.weights.map { Double($0[row]) * whole } ?? whole
        let labels = RowLabels(wanted, row: row)
        wanted.isCorrect[row] = largest.index == labels.main
        if let gradientScale = wanted.gradientScale {
          subtractTarget(probabilities, problem, wanted, labels)
          if let soft = wanted.soft {
            let share = soft.distributions + row &* problem.rowStride
            mix(probabilities, problem.classCount, weight: 1 - soft.weight, adding: share)
          }
          let rowScale = wanted.weights.map { $0[row] * gradientScale } ?? gradientScale
          scale(probabilities, problem.rowStride, by: rowScale)
        }
      }
    }
  }
}

/// The two labels of a row, or its one label twice.
private struct RowLabels {
  let first: Int
  let other: Int
  /// The share of the first label.
  let share: Float

  @inline(__always)
  init(_ target: SoftmaxCrossEntropy.Target, row: Int) {
    first = Int(target.labels[row])
    other = target.mixture.map { Int($0.otherLabels[row]) } ?? first
    share = target.mixture?.shares[row] ?? 1
  }

  /// The label with the larger share, the first of equals.
  var main: Int { share >= 0.5 ? first : other }
}

/// Returns the largest logit, the first of equals, or a NaN if there is one, so that the loss shows it.
@inline(__always)
private func largestLogit(_ logits: UnsafePointer<Float>, _ count: Int) -> (value: Float, index: Int) {
  var value = logits[0]
  var index = 0
  for candidate in 1..<count where logits[candidate] > value || logits[candidate].isNaN {
    value = logits[candidate]
    index = candidate
  }
  return (value, index)
}

/// Returns Σⱼ tⱼ (xⱼ − max x).
private func targetTerm(
  _ target: SoftmaxCrossEntropy.Target, row: Int, _ logits: UnsafePointer<Float>, _ classCount: Int,
  _ largest: (value: Float, index: Int)
) -> Double {
  let labels = RowLabels(target, row: row)
  let smoothing = Double(target.smoothing)
  var ofLabel = Double(logits[labels.first]) - Double(largest.value)
  if labels.share < 1 {
    let ofOther = Double(logits[labels.other]) - Double(largest.value)
    ofLabel = Double(labels.share) * ofLabel + (1 - Double(labels.share)) * ofOther
  }
  guard smoothing > 0 else { return ofLabel }
  var sum = 0.0
  for column in 0..<classCount { sum += Double(logits[column]) - Double(largest.value) }
  return (1 - smoothing) * ofLabel + smoothing / Double(classCount) * sum
}

/// Writes exp(x − largest) and returns the sum. Columns after the classes become 0.
private func exponentials(
  _ logits: UnsafePointer<Float>, _ problem: SoftmaxCrossEntropy, _ largest: Float,
  _ result: UnsafeMutablePointer<Float>
) -> Float {
  let classes = ClassMask(problem.classCount)
  var sums = Vector.zero
  for column in vectorStarts(problem.rowStride) {
    guard column < problem.classCount else {
      store(Vector.zero, result + column)
      continue
    }
    let value = classes.only(exponential(load(logits + column) - largest), at: column)
    store(value, result + column)
    sums += value
  }
  return sums.sum()
}

/// Separates the classes from the columns after them.
private struct ClassMask {
  private let classCount: Int
  private var lanes = IntegerVector()

  @inline(__always)
  init(_ classCount: Int) {
    self.classCount = classCount
    for lane in 0..<vectorWidth { lanes[lane] = UInt32(lane) }
  }

  /// Returns the vector of columns that begins at `column`, a class, with 0 after the last class.
  @inline(__always)
  func only(_ values: Vector, at column: Int) -> Vector {
    values.replacing(
      with: Vector.zero, where: lanes .>= IntegerVector(repeating: UInt32(classCount - column)))
  }
}

@inline(__always)
private func scale(_ values: UnsafeMutablePointer<Float>, _ count: Int, by factor: Float) {
  for index in vectorStarts(count) {
    store(load(values + index) * factor, values + index)
  }
}

/// In place: probabilities → probability − target.
private func subtractTarget(
  _ probabilities: UnsafeMutablePointer<Float>, _ problem: SoftmaxCrossEntropy,
  _ target: SoftmaxCrossEntropy.Target, _ labels: RowLabels
) {
  let spread = target.smoothing / Float(problem.classCount)
  if spread > 0 {
    for column in 0..<problem.classCount { probabilities[column] -= spread }
  }
  let rest = 1 - target.smoothing
  probabilities[labels.first] -= rest * labels.share
  if labels.share < 1 { probabilities[labels.other] -= rest * (1 - labels.share) }
}

// MARK: - Soft targets

/// Returns w τ² · (log Σ exp((x − largest) / τ) − Σⱼ qⱼ (xⱼ − largest) / τ), 0 without soft targets; where a gradient is
/// wanted, w τ (s − q) takes q's place.
private func learnSoftly(
  _ target: SoftmaxCrossEntropy.Target, row: Int, _ problem: SoftmaxCrossEntropy,
  _ logits: UnsafePointer<Float>, _ largest: Float
) -> Double {
  guard let soft = target.soft else { return 0 }
  let distribution = soft.distributions + row &* problem.rowStride
  let classes = ClassMask(problem.classCount)
  let inverse = 1 / soft.temperature
  var mean = 0.0
  for column in 0..<problem.classCount {
    mean += Double(distribution[column]) * (Double(logits[column]) - Double(largest))
  }
  var sums = Vector.zero
  for column in vectorStarts(problem.classCount) {
    sums += classes.only(exponential((load(logits + column) - largest) * inverse), at: column)
  }
  let sum = sums.sum()
  if target.gradientScale != nil {
    // The exponentials are computed again, since there is nowhere to keep them and they are few.
    for column in vectorStarts(problem.classCount) {
      let probability = exponential((load(logits + column) - largest) * inverse) * (1 / sum)
      let share = (probability - load(distribution + column)) * (soft.weight * soft.temperature)
      store(classes.only(share, at: column), distribution + column)
    }
  }
  let temperature = Double(soft.temperature)
  return Double(soft.weight) * temperature * (temperature * log(Double(sum)) - mean)
}

/// In place: gradient → weight · gradient + share.
private func mix(
  _ gradient: UnsafeMutablePointer<Float>, _ count: Int, weight: Float,
  adding share: UnsafePointer<Float>
) {
  for index in vectorStarts(count) {
    var sum = load(share + index)
    multiplyAdd(&sum, load(gradient + index), Vector(repeating: weight))
    store(sum, gradient + index)
  }
}
