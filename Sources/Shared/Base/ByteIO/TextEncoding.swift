// Decodes the text encodings of Windows programs: UTF-16, and UTF-8 with a byte-order mark.

/// Returns the bytes of a text without its byte-order mark. UTF-16 is converted to UTF-8; `nil` if it is malformed.
public func withoutByteOrderMark(_ bytes: [UInt8]) -> [UInt8]? {
  if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return Array(bytes.dropFirst(3)) }
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
