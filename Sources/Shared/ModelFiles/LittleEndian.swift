// Numbers in the bytes of a file, behind one bounds check.

extension [UInt8] {
  /// The little-endian number at `offset`; `nil` where the bytes end before it does.
  func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type, at offset: Int) -> Value? {
    guard offset >= 0, offset <= count, count - offset >= MemoryLayout<Value>.size else { return nil }
    return withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self)) }
  }
}
