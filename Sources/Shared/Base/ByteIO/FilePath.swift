// Names of files as the system has them: bytes, which need not be UTF-8.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The path of a file, any bytes but NUL; `-` is standard input or standard output.
public struct FilePath: Hashable, Sendable, ExpressibleByStringInterpolation {
  public let bytes: [UInt8]

  public init(bytes: [UInt8]) { self.bytes = bytes }

  /// The path that a text's UTF-8 is.
  public init(_ text: String) { self.init(bytes: Array(text.utf8)) }

  public init(stringLiteral text: String) { self.init(text) }

  /// Whether the path stands for standard input or standard output.
  public var isStandardStream: Bool { bytes == [UInt8(ascii: "-")] }

  /// The path as people see it, in messages and in text that is kept.
  public var displayed: String { ByteIO.displayed(bytes) }

  /// What messages call the file that is read.
  public var inputName: String { isStandardStream ? "stdin" : displayed }

  /// What messages call the file that is written.
  public var outputName: String { isStandardStream ? "stdout" : displayed }

  /// The path as a text to look at, for what its name ends in; bytes that are no UTF-8 are replaced.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The folder with its final slash, or nothing.
  public var folder: FilePath { FilePath(bytes: Array(bytes[..<nameStart])) }

  /// `a/` is `a`, and `/` stays what it is.
  public var withoutFinalSlashes: FilePath {
    var bytes = bytes
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    return FilePath(bytes: bytes)
  }

  /// What follows the last slash.
  public var lastName: FilePath { FilePath(bytes: Array(bytes[nameStart...])) }

  private var nameStart: Int { bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0 }

  /// The two paths' bytes, one after the other.
  public static func + (one: FilePath, other: FilePath) -> FilePath {
    FilePath(bytes: one.bytes + other.bytes)
  }

  /// Calls `body` with the path as system calls take it.
  func withCString<Result, Failure: Error>(
    _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try ByteIO.withCString(bytes, body)
  }
}

extension FilePath {
  /// The descriptor that `/dev/stdin`, `/dev/stdout`, `/dev/stderr`, `/dev/fd/N` and `/proc/self/fd/N` name.
  ///
  /// Opened by its path, such a file would be another one than the descriptor: at its beginning, not where the shell's
  /// redirection is, and impossible for sockets.
  public var namedDescriptor: Int32? {
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

  /// Where the path leads when the symbolic links at its end are followed, even to nothing.
  func destination() throws(SystemError) -> FilePath {
    var path = self
    // As many links as Linux follows itself.
    for _ in 0..<40 {
      guard let link = path.linkTarget else { return path }
      path = link.bytes.first == UInt8(ascii: "/") ? link : path.folder + link
    }
    throw SystemError(code: ELOOP)
  }

  private var linkTarget: FilePath? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes { buffer in
      withCString { readlink($0, buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count) }
    }
    return count < 0 ? nil : FilePath(bytes: Array(buffer[..<count]))
  }
}
