// Assigns records to parts by the content of their images. This needs no counts and thus no memory, and no record
// changes its part when data is added.

/// Assigns records to parts by a hash of their images.
struct HashAssignment {
  private let rule: SplitRule
  private let validation: Double
  private let test: Double

  init(_ rule: SplitRule) throws(SplitError) {
    self.rule = rule
    test = try fraction(rule.test)
    validation = if case .share(let share) = rule.validation { try fraction(share) } else { 0 }
    guard validation + test <= 1 else { throw .shareTooLarge(validation: validation, test: test) }
  }

  /// Returns the part of an image. The test part has the lowest hashes, so that it does not depend on the validation
  /// part.
  ///
  /// - Complexity: O(n) for n bytes of the image.
  func part(of image: UnsafeRawBufferPointer) -> Part {
    let place = unitInterval(contentHash(image, seed: rule.seed))
    if place < test { return .test }
    switch rule.validation {
    case .share:
      return place < test + validation ? .validation : .training
    case .fold(let fold, let count):
      let found = Int((place - test) / (1 - test) * Double(count))
      // Rounding may carry the very last hashes beyond the last fold.
      return min(found, count - 1) == fold - 1 ? .validation : .training
    }
  }
}

extension SplitRule {
  /// Throws if no records could satisfy the rule: a split by hash cannot meet a count, and its fractions must not
  /// exceed 1 together.
  public func check() throws(SplitError) {
    if method == .hash { _ = try HashAssignment(self) }
  }
}

private func fraction(_ share: Share) throws(SplitError) -> Double {
  switch share {
  case .fraction(let fraction): return fraction
  case .count(0): return 0
  case .count(let count): throw .countByHash(count)
  }
}

/// Maps a hash to a number from 0 to below 1. Uses its upper 53 bits, the precision of a Double.
private func unitInterval(_ hash: UInt64) -> Double { Double(hash >> 11) * 0x1p-53 }

/// Returns a hash of 64 bits that depends on every bit of the content, on its length and on the seed.
///
/// The content is read as little-endian words of 8 bytes; the last is padded with zeros. Each word is combined with the
/// hash so far by exclusive or. The result is mixed by the finalizer of SplitMix64 (Stafford's variant 13, 2011; in
/// Steele, Lea & Flood 2014), a bijection that changes on average half of all bits if one bit changes. The hash must
/// never change: another one would move images from training to validation.
///
/// - Complexity: O(n) for n bytes.
func contentHash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
  var hash = mixed(mixed(seed) ^ UInt64(bytes.count))
  var offset = 0
  while offset + 8 <= bytes.count {
    hash = mixed(hash ^ UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
    offset += 8
  }
  if offset < bytes.count {
    var word: UInt64 = 0
    for index in offset..<bytes.count { word |= UInt64(bytes[index]) << (8 * (index - offset)) }
    hash = mixed(hash ^ word)
  }
  return hash
}

private func mixed(_ value: UInt64) -> UInt64 {
  // Without the increment, 0 would be mixed to 0, and black images are all zeros.
  var value = value &+ 0x9E37_79B9_7F4A_7C15
  value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
  value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
  return value ^ (value >> 31)
}
