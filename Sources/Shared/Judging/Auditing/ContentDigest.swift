// A digest of an image's pixels, for comparing images for equality.

import RandomNumbers

/// 128 bits that depend on every byte of an image and on their number.
///
/// Two different images share a digest by chance once in 2¹²⁸ pairs. Among ten million images, the probability is about
/// 10⁻²⁵. The digest is not cryptographic: someone could construct two such images on purpose.
struct ContentDigest: Hashable, Sendable {
  let high: UInt64
  let low: UInt64

  /// Computes the digest of bytes. Complexity: O(n), with four multiplications for every eight bytes.
  ///
  /// Two chains with different initial values and multipliers read the content as little-endian words of 8 bytes, the
  /// last padded with zeros. Each step is a published finalizer, a bijection of the word: that of SplitMix64
  /// (Stafford's variant 13; Steele, Lea & Flood 2014) and that of MurmurHash3 (Appleby 2011).
  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    var high = Self.stafford(UInt64(bytes.count))
    var low = Self.murmur(~UInt64(bytes.count))
    let raw = UnsafeRawBufferPointer(bytes)
    var offset = 0
    while offset < raw.count {
      var word: UInt64 = 0
      if offset + 8 <= raw.count {
        word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      } else {
        for index in offset..<raw.count { word |= UInt64(raw[index]) << (8 * UInt64(index - offset)) }
      }
      high = Self.stafford(high ^ word)
      low = Self.murmur(low ^ word)
      offset += 8
    }
    (self.high, self.low) = (high, low)
  }

  // Both begin with an addition, since the finalizers map 0 to 0, and black images contain only zeros.

  private static func stafford(_ value: UInt64) -> UInt64 {
    var generator = SplitMix64(seed: value)
    return generator.next()
  }

  private static func murmur(_ value: UInt64) -> UInt64 {
    var value = value &+ 0xD1B5_4A32_D192_ED03
    value = (value ^ (value >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    value = (value ^ (value >> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return value ^ (value >> 33)
  }
}
