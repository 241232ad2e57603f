// Messages in protobuf's wire format (https://protobuf.dev/programming-guides/encoding), as far as ONNX needs it.
//
//     message = field*        field = key, value        key = number << 3 | type
//     type 0    an integer as a varint: 7 bits a byte, the lowest first; all bytes but the last have their top bit set
//     type 2    a byte count as a varint, then the bytes: text, bytes, or a message
//     type 5    a float, 4 bytes

import ByteIO

/// A message that is built field by field, and written in that order.
///
/// Weights are not copied, however deeply their message is nested in others.
struct ProtobufMessage {
  /// Everything but the weights.
  private var bytes: [UInt8] = []
  /// The weights, and the positions in `bytes` where they are inserted, in ascending order.
  private var insertions: [(position: Int, values: [Float])] = []

  /// The number of bytes that ``write(to:)`` writes.
  ///
  /// - Complexity: O(w) for w arrays of weights.
  var byteCount: Int { insertions.reduce(bytes.count) { $0 + Self.byteCount($1.values) } }

  /// Adds an integer, which must not be negative.
  mutating func add(_ field: Int, _ value: Int) {
    appendKey(field, type: 0)
    appendVarint(value)
  }

  /// Adds a float.
  mutating func add(_ field: Int, _ value: Float) {
    appendKey(field, type: 5)
    bytes.append(littleEndian: value.bitPattern)
  }

  /// Adds text.
  mutating func add(_ field: Int, _ text: String) {
    appendKey(field, type: 2)
    appendVarint(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  /// Adds a message.
  ///
  /// - Complexity: O(b + w) for b bytes besides the weights and w arrays of weights.
  mutating func add(_ field: Int, _ message: ProtobufMessage) {
    appendKey(field, type: 2)
    appendVarint(message.byteCount)
    let start = bytes.count
    insertions += message.insertions.map { (start + $0.position, $0.values) }
    bytes += message.bytes
  }

  /// Adds the bytes of floats in memory order, which is little-endian on every processor that we support.
  mutating func add(_ field: Int, bytesOf values: [Float]) {
    appendKey(field, type: 2)
    appendVarint(Self.byteCount(values))
    insertions.append((bytes.count, values))
  }

  /// Adds the bytes of integers in memory order, which is little-endian as well.
  mutating func add(_ field: Int, bytesOfIntegers values: [Int64]) {
    appendKey(field, type: 2)
    appendVarint(values.count * MemoryLayout<Int64>.size)
    values.withUnsafeBytes { bytes += $0 }
  }

  /// Writes the message.
  ///
  /// - Complexity: O(bytes of the message), without a copy of the weights.
  func write(to sink: any ByteSink) throws {
    try bytes.withUnsafeBytes { bytes in
      var written = 0
      for (position, values) in insertions {
        try sink.write(UnsafeRawBufferPointer(rebasing: bytes[written..<position]))
        try values.withUnsafeBytes { try sink.write($0) }
        written = position
      }
      try sink.write(UnsafeRawBufferPointer(rebasing: bytes[written...]))
    }
  }

  private mutating func appendKey(_ field: Int, type: Int) { appendVarint(field << 3 | type) }

  private mutating func appendVarint(_ value: Int) {
    precondition(value >= 0, "\(value) is negative")
    var rest = value
    while rest > 0x7f {
      bytes.append(UInt8(rest & 0x7f | 0x80))
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private static func byteCount(_ values: [Float]) -> Int { values.count * MemoryLayout<Float>.size }
}
