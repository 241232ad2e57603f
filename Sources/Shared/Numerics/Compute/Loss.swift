// Softmax, its logarithm, and cross-entropy over a batch.

import KernelInterface

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The results of the loss for each image of a batch.
public struct BatchLoss {
  /// [batch]: cross-entropy in nats, times the image's weight if there are weights.
  public var losses: UnsafeMutableBufferPointer<Double>
  /// [batch]: whether the largest logit is the label's.
  public var isCorrect: UnsafeMutableBufferPointer<Bool>

  public init(losses: UnsafeMutableBufferPointer<Double>, isCorrect: UnsafeMutableBufferPointer<Bool>) {
    self.losses = losses
    self.isCorrect = isCorrect
  }
}

/// Distributions to learn from besides the labels; see ``SoftmaxCrossEntropy/SoftTarget``.
public struct SoftTargets {
  /// [batch, classes], with the stride of the logits. Overwritten if a gradient is wanted.
  public var distributions: Rows
  /// The share of the loss that comes from the distributions, 0…1.
  public var weight: Float
  /// The divisor of the logits, more than 0.
  public var temperature: Float

  public init(distributions: Rows, weight: Float, temperature: Float) {
    self.distributions = distributions
    self.weight = weight
    self.temperature = temperature
  }
}

/// The second labels of a batch whose images are mixtures of two, and the first images' shares.
public struct LabelMixture {
  /// [batch]
  public var otherLabels: UnsafeBufferPointer<UInt8>
  /// [batch], 0...1
  public var shares: UnsafeBufferPointer<Float>

  public init(otherLabels: UnsafeBufferPointer<UInt8>, shares: UnsafeBufferPointer<Float>) {
    self.otherLabels = otherLabels
    self.shares = shares
  }
}

extension Engine {
  /// probabilities [batch, classes] ← softmax of the logits; both have the same stride and may be the same.
  ///
  /// - Complexity: O(batch · classCount).
  public func softmax(logits: Rows, probabilities: Rows, batch: Int, classCount: Int) {
    let problem = lossProblem(logits: logits, result: probabilities, batch: batch, classCount: classCount)
    runLoss(problem)
  }

  /// Computes the losses and, if `gradient` is given, the gradient of the mean loss. Otherwise probabilities
  /// overwrite the logits.
  ///
  /// With `weights`, [batch], each finite and more than 0, losses are w l, and the gradient is that of
  /// Σ w l / Σ w. Returns Σ w, or the number of rows if there are no weights. `weightSum` replaces Σ w if the rows
  /// are part of a larger batch.
  ///
  /// - Complexity: O(batch · classCount).
  @discardableResult
  public func crossEntropy(
    logits: Rows, labels: UnsafeBufferPointer<UInt8>, batch: Int, classCount: Int, smoothing: Float,
    weights: [Float]? = nil, weightSum: Double? = nil, mixture: LabelMixture? = nil,
    soft: SoftTargets? = nil, loss: BatchLoss, gradient: Rows?
  ) -> Double {
    precondition(loss.losses.count >= batch && loss.isCorrect.count >= batch)
    checkLabels(labels, batch: batch, classCount: classCount)
    guard batch > 0 else { return 0 }
    var problem = lossProblem(
      logits: logits, result: gradient ?? logits, batch: batch, classCount: classCount)
    problem.target = SoftmaxCrossEntropy.Target(
      labels: labels.baseAddress!, smoothing: smoothing, losses: loss.losses.baseAddress!,
      isCorrect: loss.isCorrect.baseAddress!,
      gradientScale: gradient == nil ? nil : 1 / Float(weightSum ?? Double(batch)),
      mixture: mixture.map { checked($0, batch: batch, classCount: classCount) },
      soft: soft.map { checked($0, batch: batch, stride: logits.stride) })
    guard let weights else {
      runLoss(problem)
      return weightSum ?? Double(batch)
    }
    let sum = weightSum ?? sum(ofWeights: weights, batch: batch)
    if gradient != nil { problem.target?.gradientScale = 1 / Float(sum) }
    weights.withUnsafeBufferPointer { weights in
      problem.target?.weights = weights.baseAddress
      runLoss(problem)
    }
    return sum
  }

  /// Returns the sum of a batch's weights, added up in Double, in the order of the images.
  private func sum(ofWeights weights: [Float], batch: Int) -> Double {
    precondition(weights.count >= batch, "\(weights.count) weights of \(batch) rows")
    precondition(weights.prefix(batch).allSatisfy { $0 > 0 && $0.isFinite }, "a weight that is not above 0")
    return weights.prefix(batch).reduce(0) { $0 + Double($1) }
  }

  private func checkLabels(_ labels: UnsafeBufferPointer<UInt8>, batch: Int, classCount: Int) {
    precondition(labels.count >= batch, "fewer labels than rows")
    precondition(labels.prefix(batch).allSatisfy { Int($0) < classCount }, "a label beyond the classes")
  }

  private func checked(
    _ mixture: LabelMixture, batch: Int, classCount: Int
  ) -> SoftmaxCrossEntropy.Mixture {
    checkLabels(mixture.otherLabels, batch: batch, classCount: classCount)
    precondition(mixture.shares.count >= batch, "fewer shares than labels")
    precondition(mixture.shares.prefix(batch).allSatisfy { (0...1).contains($0) }, "a share beyond 0...1")
    return SoftmaxCrossEntropy.Mixture(
      otherLabels: mixture.otherLabels.baseAddress!, shares: mixture.shares.baseAddress!)
  }

  private func checked(_ soft: SoftTargets, batch: Int, stride: Int) -> SoftmaxCrossEntropy.SoftTarget {
    precondition(soft.distributions.stride == stride, "soft targets are not laid out like logits")
    precondition(soft.weight >= 0 && soft.weight <= 1 && soft.temperature > 0, "a weight or temperature")
    return SoftmaxCrossEntropy.SoftTarget(
      distributions: soft.distributions.checked(rowCount: batch, columns: stride, "soft targets"),
      weight: soft.weight, temperature: soft.temperature)
  }

  private func lossProblem(logits: Rows, result: Rows, batch: Int, classCount: Int) -> SoftmaxCrossEntropy {
    precondition(logits.stride == result.stride, "results are not laid out like logits")
    precondition(classCount >= 1 && classCount <= logits.stride && logits.stride % Lane.width == 0)
    return SoftmaxCrossEntropy(
      rowCount: batch, rowStride: logits.stride, classCount: classCount,
      logits: logits.checked(rowCount: batch, columns: logits.stride, "logits"),
      probabilities: result.checked(rowCount: batch, columns: result.stride, "probabilities"), target: nil)
  }

  private func runLoss(_ problem: SoftmaxCrossEntropy) {
    // 64 rows of ten classes take a few microseconds. Fewer rows would cost more to share out than to compute.
    forEachRun(problem.rowCount, length: 64) { rows in
      var part = problem
      part.rowCount = rows.count
      part.logits += rows.lowerBound * problem.rowStride
      part.probabilities += rows.lowerBound * problem.rowStride
      part.target?.labels += rows.lowerBound
      part.target?.losses += rows.lowerBound
      part.target?.isCorrect += rows.lowerBound
      if let weights = problem.target?.weights { part.target?.weights = weights + rows.lowerBound }
      // Do not write `part.target?.soft?.distributions += …`: Swift 6.3's debug builds add to the pointer of a `soft`
      // that is nil, which then is no longer nil.
      if var mixture = part.target?.mixture {
        mixture.otherLabels += rows.lowerBound
        mixture.shares += rows.lowerBound
        part.target?.mixture = mixture
      }
      if var soft = part.target?.soft {
        soft.distributions += rows.lowerBound * problem.rowStride
        part.target?.soft = soft
      }
      kernels.softmaxCrossEntropy(part)
    }
  }
}

// MARK: - The logarithm of softmax

extension Engine {
  /// logarithms [batch, classes] ← the logarithm of the logits' softmax, at most 0. `logarithms` may be `logits`.
  ///
  ///     ln pⱼ = (xⱼ − max x) − ln Σ exp(xᵢ − max x)
  ///
  /// The logarithm of softmax's own result would not do: exp is 0 in Float below −103, and few digits are left below
  /// −87. The computation is in Double and without vectors, since a network takes microseconds for an image, and this
  /// a tenth of one.
  ///
  /// - Complexity: O(batch · classCount).
  public func logSoftmax(logits: Rows, logarithms: Rows, batch: Int, classCount: Int) {
    precondition(classCount >= 1, "\(classCount) classes")
    let source = logits.checked(rowCount: batch, columns: classCount, "logits")
    let target = logarithms.checked(rowCount: batch, columns: classCount, "logarithms")
    for row in 0..<batch {
      let first = source + row * logits.stride
      let largest = (0..<classCount).reduce(-Float.infinity) { max($0, first[$1]) }
      // One of the terms is exp(0), so that the logarithm of the sum is never below 0.
      let sum = (0..<classCount).reduce(0.0) { $0 + exp(Double(first[$1]) - Double(largest)) }
      let logOfSum = log(sum)
      for column in 0..<classCount {
        target[row * logarithms.stride + column] = Float(Double(first[column]) - Double(largest) - logOfSum)
      }
    }
  }
}
