import CZlib

/// The CRC-32 of gzip, PNG and zip, computed piece by piece.
public struct CRC32 {
  public private(set) var value: UInt32 = 0

  public init() {}

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    // zlib counts in 32 bits.
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      let next = crc32(
        uLong(value), piece.baseAddress?.assumingMemoryBound(to: Bytef.self), uInt(piece.count))
      value = UInt32(truncatingIfNeeded: next)
      rest = rest.dropFirst(piece.count)
    }
  }
}

/// A CRC-32 as the stream's end has it: eight lower-case hexadecimal digits.
public func checksumText(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}
