// Log files, whose lines can be read as soon as they are written.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file, pipe or device that receives lines one by one, for readers that follow it while it grows.
///
/// Unlike an ``OutputFile`` it is not held back until the command succeeds: the log of a failed run matters most. The
/// first line truncates an older log. Until then the run may still be rejected, and the old log is better than none. A
/// file is locked while the log is open, so that two runs do not mix their lines. Once the reader of a pipe has left,
/// lines are dropped (see ``BrokenPipes``).
public final class LogFile {
  /// The name of the log in error messages.
  public let name: String
  private let descriptor: Int32
  /// The path of the file if this object created it.
  private let created: FilePath?
  private let isFile: Bool
  private let appends: Bool
  private var isBegun = false
  private var readerLeft = false

  /// Opens or creates the file; `-` is standard output. With `appends`, an older log is kept, and lines are added at
  /// its end. Throws ``FileError``.
  public init(path: FilePath, appends: Bool = false) throws {
    name = path.outputName
    self.appends = appends
    do throws(SystemError) {
      (descriptor, created, isFile) = try Self.open(path)
    } catch {
      if error.code == EISDIR { throw FileError.outputIsFolder(name: name) }
      throw FileError.cannotCreate(name: name, errno: error.code)
    }
    // On a file system without locks, another run cannot be detected, and the log is written anyway.
    if isFile, SystemCalls.lock(descriptor) == .isHeldElsewhere {
      try? SystemCalls.close(descriptor)
      throw FileError.isInUse(name: name)
    }
  }

  private static func open(
    _ path: FilePath
  ) throws(SystemError) -> (descriptor: Int32, created: FilePath?, isFile: Bool) {
    if let named = path.descriptor(standardStream: 1) {
      return (try SystemCalls.duplicate(named), nil, false)
    }
    let old = try SystemCalls.statusIfThere(path)
    if let old, !old.isRegularFile, !old.isFolder { return (try SystemCalls.openSpecial(path), nil, false) }
    if old == nil, path.lastName.bytes.isEmpty { throw SystemError(code: ENOENT) }
    return (try SystemCalls.open(path, O_WRONLY | O_CREAT | O_APPEND), old == nil ? path : nil, true)
  }

  /// Like ``init(path:appends:)-(FilePath,_)``, with a path given as text.
  public convenience init(path: String, appends: Bool = false) throws {
    try self.init(path: FilePath(path), appends: appends)
  }

  deinit {
    // A run that was rejected leaves no empty log.
    if !isBegun, let created { _ = created.withCString { unlink($0) } }
    try? SystemCalls.close(descriptor)
  }

  /// Writes a line and a newline. Throws ``FileError``.
  public func write(line: String) throws {
    if readerLeft { return }
    var text = line + "\n"
    let code: Int32 = text.withUTF8 { bytes in
      do throws(SystemError) {
        try begin()
        try SystemCalls.writeAll(descriptor, UnsafeRawBufferPointer(bytes))
        return 0
      } catch {
        return error.code
      }
    }
    switch code {
    case 0: break
    case EPIPE: readerLeft = true
    default: throw FileError.cannotWrite(name: name, errno: code)
    }
  }

  /// Truncates an older log before the first line.
  private func begin() throws(SystemError) {
    if isBegun { return }
    isBegun = true
    if isFile, !appends, ftruncate(descriptor, 0) != 0 { throw .last }
  }
}
