import CLibDeflate

/// The CRC-32 of gzip, PNG and zip, computed incrementally.
public struct CRC32 {
  public private(set) var value: UInt32 = 0

  public init() {}

  /// Adds bytes to the checksum.
  ///
  /// - Complexity: O(n) for n bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    // For a null pointer, libdeflate returns the checksum of no data and drops the value so far.
    guard let start = bytes.baseAddress else { return }
    value = libdeflate_crc32(value, start, bytes.count)
  }
}

/// Formats a CRC-32 as the stream's end stores it: eight lower-case hexadecimal digits.
public func checksumText(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}
