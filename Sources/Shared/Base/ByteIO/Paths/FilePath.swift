// File names as the system sees them: bytes, which need not be UTF-8.

/// The path of a file: any bytes except NUL. `-` is standard input or standard output.
public struct FilePath: Hashable, Sendable, ExpressibleByStringInterpolation {
  public let bytes: [UInt8]

  public init(bytes: [UInt8]) { self.bytes = bytes }

  /// Creates a path from the UTF-8 bytes of a text.
  public init(_ text: String) { self.init(bytes: Array(text.utf8)) }

  public init(stringLiteral text: String) { self.init(text) }

  /// Whether the path stands for standard input or standard output.
  public var isStandardStream: Bool { bytes == [UInt8(ascii: "-")] }

  /// The path for display, in messages and in stored text.
  public var displayed: String { ByteIO.displayed(bytes) }

  /// The name of an input file in messages.
  public var inputName: String { isStandardStream ? "stdin" : shown }

  /// The name of an output file in messages.
  public var outputName: String { isStandardStream ? "stdout" : shown }

  /// The path in messages. An empty path, such as that of an unset variable, is shown as quotation marks.
  private var shown: String { bytes.isEmpty ? "''" : displayed }

  /// The path as text, to examine it, for example for its extension. Bytes that are not UTF-8 are replaced.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The folder with its final slash; empty if the path has no slash.
  public var folder: FilePath { FilePath(bytes: Array(bytes[..<nameStart])) }

  /// The path without slashes at its end: `a/` becomes `a`, and `/` stays `/`.
  public var withoutFinalSlashes: FilePath {
    var bytes = bytes
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    return FilePath(bytes: bytes)
  }

  /// The part after the last slash.
  public var lastName: FilePath { FilePath(bytes: Array(bytes[nameStart...])) }

  private var nameStart: Int { bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0 }

  /// Concatenates the bytes of two paths.
  public static func + (one: FilePath, other: FilePath) -> FilePath {
    FilePath(bytes: one.bytes + other.bytes)
  }

  /// Calls `body` with the path as a C string.
  func withCString<Result, Failure: Error>(
    _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try ByteIO.withCString(bytes, body)
  }
}

extension FilePath {
  /// The descriptor that `/dev/stdin`, `/dev/stdout`, `/dev/stderr`, `/dev/fd/N` or `/proc/self/fd/N` names; `nil` for
  /// other paths.
  ///
  /// Opening the path would not give the same as the descriptor: the file would be at its beginning, not at the
  /// position of the shell's redirection, and a socket could not be opened.
  var namedDescriptor: Int32? {
    switch text {
    case "/dev/stdin": return 0
    case "/dev/stdout": return 1
    case "/dev/stderr": return 2
    case let text:
      for folder in ["/dev/fd/", "/proc/self/fd/"] where text.hasPrefix(folder) {
        return Int32(text.dropFirst(folder.count))
      }
      return nil
    }
  }
}

/// Calls `body` with a name as a C string.
public func withCString<Result, Failure: Error>(
  _ path: [UInt8], _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
) throws(Failure) -> Result {
  var terminated = path
  terminated.append(0)
  return try terminated.withUnsafeBufferPointer { (bytes) throws(Failure) -> Result in
    try bytes.withMemoryRebound(to: CChar.self) { (name) throws(Failure) -> Result in
      try body(name.baseAddress!)
    }
  }
}
