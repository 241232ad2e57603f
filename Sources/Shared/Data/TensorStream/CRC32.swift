import CLibDeflate

/// The CRC-32 of gzip, PNG and zip, computed piece by piece.
public struct CRC32 {
  public private(set) var value: UInt32 = 0

  public init() {}

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    // Of no address, libdeflate gives the sum of nothing, whatever came before.
    guard let start = bytes.baseAddress else { return }
    value = libdeflate_crc32(value, start, bytes.count)
  }
}

/// A CRC-32 as the stream's end has it: eight lower-case hexadecimal digits.
public func checksumText(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}
