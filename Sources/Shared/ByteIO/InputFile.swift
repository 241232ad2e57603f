/// A file, pipe or device that is read from its beginning to its end with read(2).
public final class InputFile: ByteSource {
  public let name: String

  /// Opens `path`; `-` is standard input. Throws ``FileError``: a folder, a missing or unreadable file.
  public init(path: String) throws { fatalError("skeleton") }

  /// Whether the input is a terminal.
  public var isTerminal: Bool { fatalError("skeleton") }

  /// The byte count of a regular file, `nil` for pipes and devices.
  public var byteCount: Int? { fatalError("skeleton") }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { fatalError("skeleton") }

  /// All that is left, at most `limit` bytes; more is a ``FileError``. Memory grows with what arrives, never with
  /// what a size claims.
  public func readAll(limit: Int) throws -> [UInt8] { fatalError("skeleton") }
}
