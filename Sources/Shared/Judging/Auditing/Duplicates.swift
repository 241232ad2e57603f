// Finds records with the same image, byte for byte, by a digest of its pixels.

import RandomNumbers

/// 128 bits that depend on every byte of an image and on their number.
///
/// Two different images share a digest by chance once in 2¹²⁸ pairs. Among ten million images, the probability is about
/// 10⁻²⁵. The digest is not cryptographic: someone could construct two such images on purpose.
struct ContentDigest: Hashable, Sendable {
  let high: UInt64
  let low: UInt64

  /// Computes the digest of bytes.
  ///
  /// Two chains with different initial values and multipliers read the content as little-endian words of 8 bytes, the
  /// last padded with zeros. Each step is a published finalizer, a bijection of the word: that of SplitMix64
  /// (Stafford's variant 13; Steele, Lea & Flood 2014) and that of MurmurHash3 (Appleby 2011).
  ///
  /// - Complexity: O(n) for n bytes, with four multiplications for every eight
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

/// The records of each image, found by digest.
///
/// Memory: 16 bytes per record, and a table of the distinct images during construction.
struct Duplicates: Equatable, Sendable {
  /// For each record, the first record with the same image, which may be itself.
  let firsts: [Int]
  /// For each record that is the first with its image, the number of records with that image; 0 for the others.
  let counts: [Int]

  /// Finds the records of each image. `digests` are those of all records, in order.
  ///
  /// - Complexity: O(n) for n records, on average
  init(_ digests: [ContentDigest]) {
    var known: [ContentDigest: Int] = [:]
    var firsts: [Int] = []
    var counts = [Int](repeating: 0, count: digests.count)
    firsts.reserveCapacity(digests.count)
    for (record, digest) in digests.enumerated() {
      let first = known[digest] ?? record
      if first == record { known[digest] = record }
      firsts.append(first)
      counts[first] += 1
    }
    (self.firsts, self.counts) = (firsts, counts)
  }

  /// The records that are the first with their image, in order.
  ///
  /// - Complexity: O(n) for n records
  var originals: [Int] { firsts.indices.filter { firsts[$0] == $0 } }
}
