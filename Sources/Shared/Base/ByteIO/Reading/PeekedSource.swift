// Peeks at an input's first bytes.

/// A source whose first bytes can be inspected before they are read: a pipe cannot be rewound.
public final class PeekedSource: ByteSource {
  public let name: String
  private let source: any ByteSource
  private var peeked: [UInt8] = []
  private var replayed = 0

  public init(_ source: any ByteSource) {
    self.source = source
    name = source.name
  }

  /// Returns the first bytes up to and including the first line feed. Without a line feed, returns about `limit` bytes,
  /// or all bytes of a shorter input. Nothing may have been read yet.
  ///
  /// - Complexity: O(*n*) time and memory, where *n* is the number of bytes up to the line feed, or `limit`.
  public func firstLine(limit: Int) throws -> ArraySlice<UInt8> {
    precondition(replayed == 0, "looked at after reading")
    var searched = 0
    while true {
      if let end = peeked[searched...].firstIndex(of: UInt8(ascii: "\n")) { return peeked[...end] }
      searched = peeked.count
      guard peeked.count < limit, try fill() else { return peeked[...] }
    }
  }

  /// Drops the byte-order mark that Windows puts at the beginning of text files.
  public func dropByteOrderMark() throws {
    while peeked.count < byteOrderMark.count, byteOrderMark.starts(with: peeked), try fill() {}
    peeked = Array(peeked.withoutByteOrderMark)
  }

  /// Returns the first bytes, as many as one read yields. Returns none only if the input is empty.
  public func firstBytes() throws -> ArraySlice<UInt8> {
    precondition(replayed == 0, "looked at after reading")
    if peeked.isEmpty { _ = try fill() }
    return peeked[...]
  }

  /// Returns the first `count` bytes, or all bytes of a shorter input.
  ///
  /// - Complexity: O(`count`) time and memory.
  public func firstBytes(_ count: Int) throws -> ArraySlice<UInt8> {
    precondition(replayed == 0, "looked at after reading")
    while peeked.count < count, try fill() {}
    return peeked.prefix(count)
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard replayed < peeked.count else { return try source.read(into: buffer) }
    let count = min(buffer.count, peeked.count - replayed)
    buffer.copyBytes(from: peeked[replayed..<replayed + count])
    replayed += count
    // The peeked bytes are no longer needed.
    if replayed == peeked.count { (peeked, replayed) = ([], 0) }
    return count
  }

  /// Returns the kind of file, recognised by the first bytes.
  public func kind() throws -> FileKind { FileKind(firstBytes: try firstBytes(FileKind.byteCount)) }

  private func fill() throws -> Bool {
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { piece.deallocate() }
    let count = try source.read(into: piece)
    peeked.append(contentsOf: piece[..<count])
    return count > 0
  }
}
