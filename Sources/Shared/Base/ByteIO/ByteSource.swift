// Where bytes come from and go to: files, pipes, devices, memory.

/// A source of bytes that can be read once, in order.
public protocol ByteSource: AnyObject {
  /// The name of the source in error messages: `stdin`, or the file's displayed name.
  var name: String { get }

  /// The total number of bytes if it is known in advance, as for a regular file; otherwise `nil`. The file may change
  /// while it is read.
  var byteCount: Int? { get }

  /// Reads at least one byte and at most `buffer.count`, and returns the number of bytes; 0 only at the end of the
  /// input. Blocks until input is available. Throws a ``FileError``.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

extension ByteSource {
  public var byteCount: Int? { nil }

  /// Reads all remaining bytes. Throws a ``FileError`` if there are more than `limit`. Memory grows with the bytes that
  /// arrive, never with a claimed size.
  ///
  /// - Complexity: O(*n*) time and memory, where *n* is the number of bytes that remain.
  public func readAll(limit: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    defer { piece.deallocate() }
    while case let count = try read(into: piece), count > 0 {
      if count > limit - bytes.count { throw FileError.tooLarge(name: name, limit: limit) }
      bytes.append(contentsOf: piece[..<count])
    }
    return bytes
  }
}

/// A destination to which bytes are written in order.
public protocol ByteSink: AnyObject {
  /// The name of the destination in error messages: `stdout`, or the file's displayed name.
  var name: String { get }

  /// Writes all of `bytes`, possibly through a buffer. Throws a ``FileError``.
  func write(_ bytes: UnsafeRawBufferPointer) throws
}

extension ByteSink {
  /// Writes the text as UTF-8.
  ///
  /// - Complexity: O(*n*), where *n* is the text's number of bytes.
  public func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }

  /// Writes the bytes.
  public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }
}
