// The formats of the operands of products: Float, or 16-bit numbers. See docs/kernels.md, "bfloat16 and tiles".

/// The number format of the operands of a network's products. Weights, sums, and everything else are Float in both.
public enum Precision: String, CaseIterable, Sendable {
  case float32
  /// Operands are rounded to bfloat16.
  case bfloat16
}

/// A bfloat16: the upper half of a Float, with its sign and exponent and the first 7 of its 23 bits of fraction (Intel
/// 2018, "BFLOAT16 – Hardware Numerics Definition").
public struct BFloat16: BitwiseCopyable, Equatable, Sendable {
  public var bits: UInt16

  public init(bits: UInt16) { self.bits = bits }

  /// Rounds to the nearest bfloat16, ties to even. A NaN stays a NaN. A subnormal number becomes 0, as it does in the
  /// processors' own instruction.
  public init(_ value: Float) {
    let pattern = value.bitPattern
    let upper = UInt16(pattern >> 16)
    bits =
      if value.isNaN {
        upper | 0x40
      } else if pattern & 0x7F80_0000 == 0 {
        upper & 0x8000
      } else {
        UInt16(truncatingIfNeeded: (pattern &+ 0x7FFF &+ (pattern >> 16 & 1)) >> 16)
      }
  }

  /// The same number as a Float.
  public var float: Float { Float(bitPattern: UInt32(bits) << 16) }
}

/// The sizes that bfloat16 operands are padded to, which are those of a processor's tile registers.
public enum BFloat16Tile {
  /// Rows of a tile of A or C.
  public static let rows = 16
  /// Columns of a tile of B or C.
  public static let columns = 16
  /// Terms in a row of a tile of A; a tile of B has them as 16 rows of pairs.
  public static let depth = 32
  /// Columns of a panel of B; the last panel may have 16.
  public static let panelWidth = 32

  /// `terms` rounded up to whole tiles.
  public static func paddedDepth(_ terms: Int) -> Int { (terms + depth - 1) / depth * depth }
}
