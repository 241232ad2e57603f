// Softmax, cross-entropy and its gradient.
//
//     pⱼ = exp(xⱼ − max x) / Σ exp(xᵢ − max x)
//     loss = log Σ exp(xᵢ − max x) − Σⱼ tⱼ (xⱼ − max x),    tⱼ = (1 − ε) [j = label] + ε / classes
//     ∂loss/∂xⱼ = pⱼ − tⱼ
//
// The largest logit is taken off first: exp overflows Float above 88, and the shift cancels in the ratio.

import KernelInterface

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

func softmaxCrossEntropy(_ problem: SoftmaxCrossEntropy) {
  for row in 0..<problem.rowCount {
    let logits = problem.logits + row &* problem.rowStride
    let probabilities = problem.probabilities + row &* problem.rowStride
    let largest = largestLogit(logits, problem.classCount)
    // The loss reads the logits before the probabilities may overwrite them.
    let target = problem.target.map { targetTerm($0, row: row, logits, problem.classCount, largest) } ?? 0
    let sum = exponentials(logits, problem, largest.value, probabilities)
    scale(probabilities, problem.rowStride, by: 1 / sum)
    if let wanted = problem.target {
      wanted.losses[row] = log(Double(sum)) - target
      wanted.isCorrect[row] = largest.index == Int(wanted.labels[row])
      if let gradientScale = wanted.gradientScale {
        makeGradient(probabilities, problem, wanted, label: Int(wanted.labels[row]), gradientScale)
      }
    }
  }
}

/// The largest logit, the first of equals; a NaN where there is one, so that the loss shows it.
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

/// Σⱼ tⱼ (xⱼ − max x)
private func targetTerm(
  _ target: SoftmaxCrossEntropy.Target, row: Int, _ logits: UnsafePointer<Float>, _ classCount: Int,
  _ largest: (value: Float, index: Int)
) -> Double {
  let smoothing = Double(target.smoothing)
  let ofLabel = Double(logits[Int(target.labels[row])]) - Double(largest.value)
  guard smoothing > 0 else { return ofLabel }
  var sum = 0.0
  for column in 0..<classCount { sum += Double(logits[column]) - Double(largest.value) }
  return (1 - smoothing) * ofLabel + smoothing / Double(classCount) * sum
}

/// Writes exp(x − largest) and returns the sum; columns behind the classes become 0.
private func exponentials(
  _ logits: UnsafePointer<Float>, _ problem: SoftmaxCrossEntropy, _ largest: Float,
  _ result: UnsafeMutablePointer<Float>
) -> Float {
  var sums = Vector.zero
  var lanes = IntegerVector()
  for lane in 0..<vectorWidth { lanes[lane] = UInt32(lane) }
  for column in vectorStarts(problem.rowStride) {
    guard column < problem.classCount else {
      store(Vector.zero, result + column)
      continue
    }
    var value = exponential(load(logits + column) - largest)
    let isBehind = lanes .>= IntegerVector(repeating: UInt32(problem.classCount - column))
    value.replace(with: Vector.zero, where: isBehind)
    store(value, result + column)
    sums += value
  }
  return sums.sum()
}

@inline(__always)
private func scale(_ values: UnsafeMutablePointer<Float>, _ count: Int, by factor: Float) {
  for index in vectorStarts(count) {
    store(load(values + index) * factor, values + index)
  }
}

/// In place: probabilities → (probability − target) · gradientScale.
private func makeGradient(
  _ probabilities: UnsafeMutablePointer<Float>, _ problem: SoftmaxCrossEntropy,
  _ target: SoftmaxCrossEntropy.Target, label: Int, _ gradientScale: Float
) {
  let spread = target.smoothing / Float(problem.classCount)
  if spread > 0 {
    for column in 0..<problem.classCount { probabilities[column] -= spread }
  }
  probabilities[label] -= 1 - target.smoothing
  scale(probabilities, problem.rowStride, by: gradientScale)
}
