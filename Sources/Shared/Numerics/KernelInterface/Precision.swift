/// What the operands of a network's products are. Weights, sums, and all that is no product are Float in either.
public enum Precision: String, CaseIterable, Sendable {
  case float32
  /// Operands are rounded to bfloat16.
  case bfloat16
}
