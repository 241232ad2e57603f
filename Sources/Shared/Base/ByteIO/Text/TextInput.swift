// Text that people and other programs write: its encoding, byte-order marks, blanks and numbers.

/// UTF-8's byte-order mark, which Windows puts at the beginning of text files.
public let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

extension Collection<UInt8> {
  /// The bytes without UTF-8's byte-order mark.
  public var withoutByteOrderMark: SubSequence {
    starts(with: byteOrderMark) ? dropFirst(byteOrderMark.count) : self[...]
  }
}

/// Returns the bytes of a text as UTF-8 without a byte-order mark; `nil` if the text is malformed UTF-16. Other
/// encodings are returned unchanged.
///
/// - Complexity: O(*n*) time and memory, where *n* is the number of bytes.
public func convertedToUTF8(_ bytes: [UInt8]) -> [UInt8]? {
  if bytes.starts(with: byteOrderMark) { return Array(bytes.dropFirst(byteOrderMark.count)) }
  guard bytes.count >= 2 else { return bytes }
  // Without a mark, the first character decides, which is ASCII.
  let isLittle = bytes.starts(with: [0xFF, 0xFE]) || bytes[0] != 0 && bytes[1] == 0
  let isBig = bytes.starts(with: [0xFE, 0xFF]) || bytes[0] == 0 && bytes[1] != 0
  guard isLittle || isBig else { return bytes }
  guard bytes.count.isMultiple(of: 2) else { return nil }
  let units = stride(from: 0, to: bytes.count, by: 2).map { index -> UInt16 in
    let (low, high) = isLittle ? (bytes[index], bytes[index + 1]) : (bytes[index + 1], bytes[index])
    return UInt16(high) << 8 | UInt16(low)
  }
  return String(validating: units.drop { $0 == 0xFEFF }, as: UTF16.self).map { Array($0.utf8) }
}

/// Returns the well-formed UTF-8 character of two bytes or more at the beginning of `bytes`, and its byte count; `nil`
/// if there is none (The Unicode Standard, table 3-7).
func firstCharacter(of bytes: some Collection<UInt8>) -> (scalar: Unicode.Scalar, byteCount: Int)? {
  guard let first = bytes.first, first >= 0x80 else { return nil }
  var parser = Unicode.UTF8.ForwardParser()
  var rest = bytes.makeIterator()
  guard case .valid(let character) = parser.parseScalar(from: &rest) else { return nil }
  return (Unicode.UTF8.decode(character), character.count)
}

/// Whether a byte is a decimal digit in ASCII.
@inlinable public func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }

extension Collection<UInt8> {
  /// Whether there are any bytes, and all of them are decimal digits in ASCII.
  @inlinable public var areDigits: Bool { !isEmpty && allSatisfy(isDigit) }
}

/// Returns the number that decimal digits spell; `nil` for any other text, such as one with a sign, and for numbers
/// beyond `Int`.
public func wholeNumber(_ digits: some StringProtocol) -> Int? {
  // Int would also take a sign.
  digits.utf8.areDigits ? Int(digits) : nil
}

extension BidirectionalCollection {
  /// Returns the elements without those at both ends that `isBlank` is true for.
  ///
  /// - Complexity: O(*n*), where *n* is the number of elements that are left out.
  public func trimmed(while isBlank: (Element) throws -> Bool) rethrows -> SubSequence {
    try drop(while: isBlank).trimmedAtEnd(while: isBlank)
  }

  /// Returns the elements without those at the end that `isBlank` is true for.
  ///
  /// - Complexity: O(*n*), where *n* is the number of elements that are left out.
  public func trimmedAtEnd(while isBlank: (Element) throws -> Bool) rethrows -> SubSequence {
    guard let last = try lastIndex(where: { try !isBlank($0) }) else { return self[..<startIndex] }
    return self[...last]
  }
}
