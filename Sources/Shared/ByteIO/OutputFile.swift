/// A file that appears whole or not at all, or a stream that is written straight.
///
/// A regular target is written under a temporary name beside it, and takes its name in `commit()`, after fsync. Until
/// then, and if the process is killed by SIGINT, SIGTERM or SIGHUP, an older file is untouched and the temporary one
/// is removed. Standard output and special files (`/dev/stdout`, FIFOs) are written straight.
public final class OutputFile: ByteSink {
  public let name: String

  /// Creates the output; `-` is standard output. Throws ``FileError`` where it cannot be created.
  public init(path: String) throws { fatalError("skeleton") }

  /// Whether the output is a terminal.
  public var isTerminal: Bool { fatalError("skeleton") }

  public func write(_ bytes: UnsafeRawBufferPointer) throws { fatalError("skeleton") }

  /// Writes out what a buffer still holds, for rows that must appear while more input is awaited.
  public func flush() throws { fatalError("skeleton") }

  /// Flushes, syncs, closes and renames, each checked. Nothing can be written afterwards.
  public func commit() throws { fatalError("skeleton") }

  /// Drops an unfinished file; also what `deinit` does.
  public func discard() { fatalError("skeleton") }
}

extension ByteSink {
  /// Writes the text as UTF-8.
  public func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }

  /// Writes the bytes.
  public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }
}
