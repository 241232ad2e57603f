// The loss of one image, computed value by value.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The cross-entropy of one image's logits, in nats, with its probabilities and targets.
package struct NaiveCrossEntropy {
  package let loss: Double
  package let probabilities: [Double]
  package let targets: [Double]

  package init(_ logits: [Double], label: UInt8, smoothing: Double) {
    self.init(
      logits,
      targets: logits.indices.map {
        smoothing / Double(logits.count) + ($0 == Int(label) ? 1 - smoothing : 0)
      })
  }

  /// `targets` must sum to 1.
  package init(_ logits: [Double], targets: [Double]) {
    let largest = logits.max()!
    let exponentials = logits.map { exp($0 - largest) }
    let sum = exponentials.reduce(0, +)
    probabilities = exponentials.map { $0 / sum }
    self.targets = targets
    loss = largest + log(sum) - zip(targets, logits).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
