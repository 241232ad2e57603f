/// The unit that channels and columns are padded to, so that no loop needs a remainder.
public enum Lane {
  /// Floats in a lane. A lane is one 512-bit vector, two of 256 bits, or four of 128 bits, and always one cache line.
  public static let width = 16
}
