// The logarithm of softmax.
//
//     ln pⱼ = (xⱼ − max x) − ln Σ exp(xᵢ − max x)
//
// The logarithm of softmax's own result would not do: exp is 0 in Float below −103, and few digits are left below
// −87. The computation is in Double and without vectors, since a network takes microseconds for an image, and this
// a tenth of one.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension Engine {
  /// logarithms [batch, classes] ← the logarithm of the logits' softmax, at most 0. `logarithms` may be `logits`.
  ///
  /// Complexity: O(batch · classCount).
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
