// Converts Float to the element types of our files. SafetensorsElementType.swift does the reverse.
//
//     F32     unchanged
//     F16     IEEE 754 half: 1 sign bit, 5 exponent bits with bias 15, 10 significand bits; up to 65504
//     BF16    the upper half of a Float
//     I64     whole numbers only
//
// F16 and BF16 are rounded to nearest, ties to even, as PyTorch rounds.

extension SafetensorsElementType {
  /// Calls `body` with the bytes of `values` as elements of this type, which is one of the four above. Values that are
  /// too large become infinite.
  ///
  /// - Complexity: O(values), in time and memory; O(1) for F32.
  func withBytes<Result>(
    of values: [Float], _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    switch self {
    case .f32: try values.withUnsafeBytes(body)
    case .f16: try values.map(\.halfBits).withUnsafeBytes(body)
    case .bf16: try values.map(\.brainBits).withUnsafeBytes(body)
    // Values that are not counts were refused before. If one was not, the reader refuses -1.
    case .i64: try values.map { Int64(exactly: $0) ?? -1 }.withUnsafeBytes(body)
    default: preconditionFailure("no file of ours has \(rawValue)")
    }
  }

  /// Returns the index of the first finite value that becomes infinite as an element of this type; `nil` if none does.
  ///
  /// - Complexity: O(values) for F16 and BF16, otherwise O(1).
  func firstOverflow(in values: [Float]) -> Int? {
    switch self {
    case .f16: values.firstIndex { $0.isFinite && $0.halfBits & 0x7fff == 0x7c00 }
    case .bf16: values.firstIndex { $0.isFinite && $0.brainBits & 0x7fff == 0x7f80 }
    default: nil
    }
  }
}

extension Float {
  /// The bits of the nearest half. Computed by hand, because Swift has no `Float16` on macOS for x86-64.
  var halfBits: UInt16 {
    let sign = UInt16(truncatingIfNeeded: bitPattern >> 16) & 0x8000
    guard !isNaN else { return sign | 0x7e00 }
    // Halfway between the largest half, 65504, and the next step, 65536.
    guard magnitude < 65520 else { return sign | 0x7c00 }
    guard magnitude >= 0x1p-14 else {
      // Subnormals are multiples of 2⁻²⁴. 1024 of these make the smallest normal number, whose bits are 1024 as well.
      return sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven))
    }
    let exponentRebased = magnitude.bitPattern - (127 - 15) << 23
    return sign | UInt16(Self.dropping(13, of: exponentRebased))
  }

  /// The bits of the nearest bfloat16.
  var brainBits: UInt16 {
    isNaN ? UInt16(bitPattern >> 16) | 0x40 : UInt16(Self.dropping(16, of: bitPattern))
  }

  /// Returns `bits` without its lowest `count` bits, rounded to nearest, ties to even. A carry into the exponent is
  /// correct: the next number after the largest significand has the next exponent.
  private static func dropping(_ count: UInt32, of bits: UInt32) -> UInt32 {
    (bits + (1 << (count - 1) - 1) + (bits >> count & 1)) >> count
  }
}
