// Many small files, each read whole into the same memory, whatever lies under their names.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Why a file among many cannot be read. The texts stand behind the file's name.
public enum WholeFileProblem: Error, Equatable, Sendable, CustomStringConvertible {
  case cannotOpen(errno: Int32)
  case cannotRead(errno: Int32)
  /// Something that is no regular file, in words: `a folder`.
  case notAFile(String)
  case tooLarge(limit: Int)

  public var kind: FailureKind {
    switch self {
    case .cannotOpen, .notAFile: .cannotOpen
    case .cannotRead: .inputOutput
    case .tooLarge: .badData
    }
  }

  public var description: String {
    switch self {
    case .cannotOpen(let code): "cannot open for reading: \(String(cString: strerror(code)))"
    case .cannotRead(let code): "cannot read: \(String(cString: strerror(code)))"
    case .notAFile(let what): "expected a file, found \(what)"
    case .tooLarge(let limit): "expected at most \(grouped(limit)) bytes, found more"
    }
  }
}

/// Reads files one after the other into memory that grows with what arrives and is used again. For one thread.
public final class WholeFileReader {
  /// The most bytes of a file.
  public let limit: Int
  private var buffer: UnsafeMutableRawBufferPointer
  // Read at once by one system call where a file has less.
  private static let smallest = 64 << 10
  /// What a reader keeps from one file to the next, at most: one large file must not cost its memory for ever.
  private static let largestKept = 4 << 20

  public init(limit: Int) {
    self.limit = limit
    buffer = .allocate(byteCount: Self.smallest, alignment: 16)
  }

  deinit { buffer.deallocate() }

  /// Calls `body` with the bytes of the regular file `path`, whose name may be any bytes but NUL. Symbolic links are
  /// followed. Never waits for the other end of a pipe, or for a device. Throws a ``WholeFileProblem``, or what `body` throws.
  public func withBytes<Result>(
    of path: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let descriptor = try open(path)
    let count: Int
    do {
      defer { try? SystemCalls.close(descriptor) }
      count = try read(descriptor)
    }
    defer { shrink() }
    return try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
  }

  /// Calls `body` with all that is left of `source`, as ``withBytes(of:_:)-(_,_)``.
  public func withBytes<Result>(
    of source: some ByteSource, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    var count = 0
    while true {
      if count == buffer.count { try grow(count) }
      let read = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
      if read == 0 { break }
      count += read
    }
    defer { shrink() }
    if count > limit { throw WholeFileProblem.tooLarge(limit: limit) }
    return try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
  }

  private func open(_ path: [UInt8]) throws(WholeFileProblem) -> Int32 {
    // A pipe's reader would wait for a writer, a terminal could become ours.
    let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY
    do {
      return try withCString(path) { (name) throws(SystemError) in try SystemCalls.open(name, flags) }
    } catch {
      // A socket cannot be opened at all.
      if error.code == ENXIO, let what = fileKind(of: path) { throw .notAFile(what) }
      throw .cannotOpen(errno: error.code)
    }
  }

  /// Reads the descriptor to its end, and returns the count of bytes in the buffer.
  private func read(_ descriptor: Int32) throws(WholeFileProblem) -> Int {
    let status: stat
    do { status = try SystemCalls.status(descriptor) } catch { throw .cannotOpen(errno: error.code) }
    guard status.isRegularFile else { throw .notAFile(status.kindText) }
    ReplacedFiles.noteReading(status)
    if Int(status.st_size) > limit { throw .tooLarge(limit: limit) }
    var count = 0
    while true {
      if count == buffer.count { try grow(count) }
      do {
        let read = try SystemCalls.read(
          descriptor, into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
        count += read
        // A size that was reached needs no further look; those of /proc are 0, though there are bytes.
        if read == 0 || count == Int(status.st_size) { break }
      } catch {
        throw .cannotRead(errno: error.code)
      }
    }
    if count > limit { throw .tooLarge(limit: limit) }
    return count
  }

  private func grow(_ count: Int) throws(WholeFileProblem) {
    if count > limit { throw .tooLarge(limit: limit) }
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(2 * buffer.count, limit + 1), alignment: 16)
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    buffer.deallocate()
    buffer = larger
  }

  private func shrink() {
    if buffer.count <= Self.largestKept { return }
    buffer.deallocate()
    buffer = .allocate(byteCount: Self.smallest, alignment: 16)
  }
}

/// What lies at `path`, links followed, where it is no regular file: `a folder`, `a pipe`; `nil` where it is one, or
/// nothing is there.
public func fileKind(of path: [UInt8]) -> String? {
  var status = stat()
  let found = withCString(path) { stat($0, &status) == 0 }
  return found && !status.isRegularFile ? status.kindText : nil
}

/// Calls `body` with a name as the system takes it.
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

extension stat {
  fileprivate var kindText: String {
    switch st_mode & S_IFMT {
    case S_IFDIR: "a folder"
    case S_IFIFO: "a pipe, of which only '-' (standard input) is read"
    case S_IFSOCK: "a socket"
    case S_IFCHR, S_IFBLK: "a device"
    case S_IFREG: "a file"
    default: "something else"
    }
  }
}
