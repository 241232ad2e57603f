// Reads many small files whole, each into the same memory, whatever their names lead to.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The reason why one of many files cannot be read. Messages put the description after the file's name.
public enum WholeFileProblem: Error, Equatable, Sendable, CustomStringConvertible {
  case cannotOpen(errno: Int32)
  case cannotRead(errno: Int32)
  /// Not a regular file, with a description: `a folder`.
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
    case .cannotOpen(let code): "cannot open for reading: \(systemMessage(code))"
    case .cannotRead(let code): "cannot read: \(systemMessage(code))"
    case .notAFile(let what): "expected a file, found \(what)"
    case .tooLarge(let limit): "expected at most \(grouped(limit)) bytes, found more"
    }
  }
}

/// Reads files one after another into a buffer that grows with the bytes that arrive and is reused. For one thread.
public final class WholeFileReader {
  /// The maximum byte count of a file.
  public let limit: Int
  private var buffer: UnsafeMutableRawBufferPointer
  // A smaller file is read with one system call.
  private static let smallest = 64 << 10
  /// The largest buffer that a reader keeps from one file to the next: one large file must not occupy memory for ever.
  private static let largestKept = 4 << 20

  public init(limit: Int) {
    self.limit = limit
    buffer = .allocate(byteCount: Self.smallest, alignment: 16)
  }

  deinit { buffer.deallocate() }

  /// Calls `body` with the bytes of the regular file `path`, which can be any bytes except NUL. Symbolic links are
  /// followed. Never waits for the other end of a pipe, or for a device. Throws a ``WholeFileProblem``, or `body`'s
  /// error.
  ///
  /// - Complexity: O(*n*) time and memory for a file of *n* bytes. At most 4 MiB stay allocated afterwards.
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

  /// Calls `body` with all remaining bytes of `source`, like ``withBytes(of:_:)-(_,_)``.
  ///
  /// - Complexity: O(*n*) time and memory for *n* bytes. At most 4 MiB stay allocated afterwards.
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
    // O_NONBLOCK: opening a pipe would wait for a writer. O_NOCTTY: a terminal could become the controlling terminal.
    let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY
    do {
      return try withCString(path) { (name) throws(SystemError) in try SystemCalls.open(name, flags) }
    } catch {
      // A socket cannot be opened at all.
      if error.code == ENXIO, let what = FilePath(bytes: path).specialTarget { throw .notAFile(what) }
      throw .cannotOpen(errno: error.code)
    }
  }

  /// Reads the descriptor to its end, and returns the number of bytes in the buffer.
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
        // At the reported size, no further read is needed. Files in /proc report 0 although they have contents.
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
