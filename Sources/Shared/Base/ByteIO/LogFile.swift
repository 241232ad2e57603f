// A log: lines that can be read as soon as they are written.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file, pipe or device that lines are written to one by one, for readers that follow it while it grows.
///
/// Unlike an ``OutputFile`` it is not held back until all is well: what a log says of a run that failed is wanted most.
/// An older log is emptied by the first line: until then, the run may still be refused, and the old log is worth more than
/// none. A file is locked as long as it is written, so that two runs do not mix their lines. A pipe whose reader has left
/// is written to no more (see ``BrokenPipes``).
public final class LogFile {
  /// What error messages call it.
  public let name: String
  private let descriptor: Int32
  /// The path of a file that was not there before.
  private let created: FilePath?
  private let isFile: Bool
  private let appends: Bool
  private var isBegun = false
  private var readerLeft = false

  /// Opens or creates the file; `-` is standard output. With `appends`, lines are added at its end. Throws ``FileError``.
  public init(path: FilePath, appends: Bool = false) throws {
    name = path.outputName
    self.appends = appends
    do throws(SystemError) {
      (descriptor, created, isFile) = try Self.open(path)
    } catch {
      if error.code == EISDIR { throw FileError.outputIsFolder(name: name) }
      throw FileError.cannotCreate(name: name, errno: error.code)
    }
    // File systems without locks have no other run either that could be noticed.
    if isFile, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
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

  /// As ``init(path:appends:)-(FilePath,_)``, of a path that is a text.
  public convenience init(path: String, appends: Bool = false) throws {
    try self.init(path: FilePath(path), appends: appends)
  }

  deinit {
    // A run that was refused leaves no empty log.
    if !isBegun, let created { _ = created.withCString { unlink($0) } }
    try? SystemCalls.close(descriptor)
  }

  /// Writes a line and the newline after it. Throws ``FileError``.
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

  /// Empties an older log before the first line.
  private func begin() throws(SystemError) {
    if isBegun { return }
    isBegun = true
    if isFile, !appends, ftruncate(descriptor, 0) != 0 { throw .last }
  }
}
