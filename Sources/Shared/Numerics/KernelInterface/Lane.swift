/// What channels and columns are padded to, so that no loop has a rest to treat apart.
public enum Lane {
  /// Floats in a lane: one 512-bit vector, two of 256 bits, four of 128; a cache line in each case.
  public static let width = 16
}
