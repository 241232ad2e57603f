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
}

/// A destination to which bytes are written in order.
public protocol ByteSink: AnyObject {
  /// The name of the destination in error messages: `stdout`, or the file's displayed name.
  var name: String { get }

  /// Writes all of `bytes`, possibly through a buffer. Throws a ``FileError``.
  func write(_ bytes: UnsafeRawBufferPointer) throws
}
