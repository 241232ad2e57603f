// Reads numbers from the bytes of a file, with a bounds check, and writes them.

extension [UInt8] {
  /// Returns the little-endian number at `offset`; `nil` if it does not fit in the bytes.
  func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type, at offset: Int) -> Value? {
    guard offset >= 0, offset <= count, count - offset >= MemoryLayout<Value>.size else { return nil }
    return withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self)) }
  }

  /// Appends the bytes of a number, the lowest first.
  mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
