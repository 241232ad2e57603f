/// Something that bytes come from, in order, once.
public protocol ByteSource: AnyObject {
  /// What error messages call it: `stdin`, or the file's displayed name.
  var name: String { get }

  /// How many bytes there are in all, where that is known before they are read: of a regular file. It may change meanwhile.
  var byteCount: Int? { get }

  /// Reads up to `buffer.count` bytes, at least one, and returns how many; 0 only at the end of the input.
  /// Blocks until something is there. Throws a ``FileError``.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

extension ByteSource {
  public var byteCount: Int? { nil }
}

/// Something that bytes go to, in order.
public protocol ByteSink: AnyObject {
  /// What error messages call it: `stdout`, or the file's displayed name.
  var name: String { get }

  /// Writes all of `bytes` (perhaps through a buffer), or throws a ``FileError``.
  func write(_ bytes: UnsafeRawBufferPointer) throws
}
