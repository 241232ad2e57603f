/// The number format of the operands of a network's products. Weights, sums, and everything else are Float in both.
public enum Precision: String, CaseIterable, Sendable {
  case float32
  /// Operands are rounded to bfloat16.
  case bfloat16
}
