// Outputs: files that appear whole or not at all, and streams that are written directly.
import CSystem

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that appears whole or not at all, or a stream that is written directly.
///
/// A regular file is written under a temporary name beside its target, and `commit()` renames it after fsync. Until
/// then an older file is untouched. If SIGINT, SIGTERM or SIGHUP kills the process first, the temporary file is
/// removed. Standard output and special files (`/dev/stdout`, FIFOs) are written directly.
///
/// After a failed write, every later write and the commit fail with the same error, because the output has a gap.
public final class OutputFile: ByteSink {
  public let name: String

  /// The reaction to a pipe whose reader has left, if SIGPIPE is ignored.
  public enum ClosedPipe: Sendable {
    /// The write fails.
    case fails
    /// All further output is dropped. This is for logs, whose readers may leave.
    case isDropped
  }

  private let closedPipe: ClosedPipe
  private let syncs: Bool
  private let descriptor: Int32
  /// The temporary file; `nil` if the output is written directly.
  private let temporary: TemporaryFile?

  // Larger than a pipe (64 KiB), so that a reader never waits for a small write.
  private static let capacity = 128 << 10
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
  private var buffered = 0
  private var isClosed = false
  private var failure: FileError?
  private var readerLeft = false
  /// The form of the line that ends the text if it is not committed; see FailureLine.swift.
  var failureForm: FailureLine.Form?

  /// Creates the output; `-` is standard output. Throws ``FileError`` if it cannot be created.
  ///
  /// Without `syncs`, a complete file can be lost if the machine loses power within seconds after the commit. This is
  /// for thousands of small files, where each fsync would wait several milliseconds for the disk.
  public init(path: FilePath, closedPipe: ClosedPipe = .fails, syncs: Bool = true) throws {
    name = path.outputName
    self.closedPipe = closedPipe
    self.syncs = syncs
    do {
      if path.isStandardStream {
        (descriptor, temporary) = (1, nil)
      } else if let named = path.namedDescriptor {
        (descriptor, temporary) = (try SystemCalls.duplicate(named), nil)
      } else if let old = try? SystemCalls.status(path), !old.isRegularFile {
        if old.isFolder { throw FileError.outputIsFolder(name: name) }
        (descriptor, temporary) = (try SystemCalls.openSpecial(path), nil)
      } else {
        let file = try TemporaryFile(for: path)
        (descriptor, temporary) = (file.descriptor, file)
      }
    } catch let error as SystemError {
      buffer.deallocate()
      throw FileError.cannotCreate(name: name, errno: error.code)
    } catch {
      buffer.deallocate()
      throw error
    }
  }

  /// Like ``init(path:closedPipe:syncs:)-(FilePath,_,_)``, with a path given as text.
  public convenience init(path: String, closedPipe: ClosedPipe = .fails, syncs: Bool = true) throws {
    try self.init(path: FilePath(path), closedPipe: closedPipe, syncs: syncs)
  }

  deinit {
    discard()
    buffer.deallocate()
  }

  /// Throws the error that creating the output would, so that long work does not fail only when it starts to write.
  /// A stream or special file is not opened, because its reader would notice.
  ///
  /// - Complexity: A few system calls. For a regular file, a temporary file is created and removed.
  public static func check(path: FilePath) throws {
    if let descriptor = path.descriptor(standardStream: 1) {
      if fcntl(descriptor, F_GETFD) < 0 { throw FileError.cannotCreate(name: path.outputName, errno: errno) }
    } else if let old = try? SystemCalls.status(path), !old.isRegularFile, !old.isFolder {
      if !path.isWritable { throw FileError.cannotCreate(name: path.outputName, errno: errno) }
    } else {
      try OutputFile(path: path).discard()
    }
  }

  /// Throws the error that creating the folder `path`, or files in it, would.
  public static func check(folder path: FilePath) throws {
    do throws(SystemError) {
      let isThere = try SystemCalls.statusIfThere(path)?.isFolder
      if isThere == false { throw SystemError(code: ENOTDIR) }
      let parent = path.withoutFinalSlashes.folder
      let checked = isThere == true ? path : parent.bytes.isEmpty ? "." : parent
      if checked.withCString({ access($0, W_OK | X_OK) }) != 0 { throw .last }
    } catch {
      throw FileError.cannotCreate(name: path.displayed, errno: error.code)
    }
  }

  /// Whether a program may read the output while it is being written: it is a pipe, or a file that the shell opened.
  var isReadByProgram: Bool {
    guard temporary == nil, let status = try? SystemCalls.status(descriptor) else { return false }
    return [S_IFIFO, S_IFSOCK, S_IFREG].contains(status.st_mode & S_IFMT)
  }

  var straightDescriptor: Int32 { descriptor }
  /// Whether a write failed, so that the last line may be incomplete.
  var isDamaged: Bool { failure != nil }

  /// Whether the output is a terminal.
  public var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Whether the output and the descriptor `other` are the same terminal.
  public func isTerminal(of other: Int32) -> Bool {
    guard isTerminal, isatty(other) == 1, let mine = try? SystemCalls.status(descriptor),
      let theirs = try? SystemCalls.status(other)
    else { return false }
    return mine.st_rdev == theirs.st_rdev
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    precondition(!isClosed, "\(name) is written after it was closed")
    if let failure { throw failure }
    if bytes.count > buffer.count - buffered { try flush() }
    if bytes.count >= buffer.count {
      try writeStraight(bytes)
    } else {
      UnsafeMutableRawBufferPointer(rebasing: buffer[buffered...]).copyMemory(from: bytes)
      buffered += bytes.count
    }
  }

  /// Writes the contents of the buffer, for rows that must appear while the command waits for more input.
  public func flush() throws {
    precondition(!isClosed, "\(name) is written after it was closed")
    if let failure { throw failure }
    let pending = UnsafeRawBufferPointer(rebasing: buffer[..<buffered])
    buffered = 0
    try writeStraight(pending)
  }

  /// Flushes, syncs, closes and renames the file, checking each step. Nothing can be written afterwards.
  ///
  /// - Complexity: O(1) besides the bytes in the buffer, but fsync waits until the disk has the whole file.
  public func commit() throws { _ = try commit(claims: false) }

  /// Like ``commit()``, and returns the claim on the file, which it has before other processes can see it. Returns `nil`
  /// if the output is a stream, or was copied over the target, whose old claim then still holds.
  public func commitAndClaim() throws -> FileClaim? { try commit(claims: true) }

  private func commit(claims: Bool) throws -> FileClaim? {
    try flush()
    do {
      if temporary != nil && syncs { try SystemCalls.sync(descriptor) }
    } catch {
      throw fail(.cannotSync(name: name, errno: error.code))
    }
    isClosed = true
    if failureForm != nil { csystem_dismiss_guard() }
    failureForm = nil
    // A temporary file is locked, and stays so while it has a descriptor.
    let lock = claims && temporary != nil ? try? SystemCalls.duplicate(descriptor) : nil
    let claim = lock.map(FileClaim.init(locked:))
    do {
      // Standard output stays open, or the next file to be opened would take its number. Closing a duplicate is enough
      // to make a network file system report failed writes.
      try SystemCalls.close(descriptor == 1 ? SystemCalls.duplicate(1) : descriptor)
    } catch {
      temporary?.remove()
      throw fail(.cannotClose(name: name, errno: error.code))
    }
    if let temporary, temporary.replacesInput {
      temporary.remove()
      throw fail(.isInput(name: name))
    }
    do {
      return try temporary?.takeItsName() == true ? claim : nil
    } catch {
      let kept = error.kept.displayed
      throw fail(
        error.isDamaged
          ? .cannotOverwrite(name: name, errno: error.code, kept: kept)
          : .cannotRename(name: name, errno: error.code, kept: kept))
    }
  }

  /// Discards an unfinished file, as `deinit` does. Data already written to a stream stays written.
  func discard() {
    if isClosed { return }
    isClosed = true
    buffered = 0
    if descriptor != 1 { try? SystemCalls.close(descriptor) }
    temporary?.remove()
  }

  /// Whether the output consists of lines that several processes may write into one pipe, as under `xargs -P`. Each
  /// write(2) then ends at a line end and is small enough to be atomic, unless a single line is longer than PIPE_BUF.
  public var keepsLinesWhole = false

  private func writeStraight(_ bytes: UnsafeRawBufferPointer) throws {
    if readerLeft { return }
    do {
      if keepsLinesWhole {
        for lines in bytes.split(intoLinesUpTo: Int(PIPE_BUF)) { try SystemCalls.writeAll(descriptor, lines) }
      } else {
        try SystemCalls.writeAll(descriptor, bytes)
      }
    } catch {
      if error.code == EPIPE, closedPipe == .isDropped {
        readerLeft = true
      } else {
        throw fail(.cannotWrite(name: name, errno: error.code))
      }
    }
  }

  private func fail(_ error: FileError) -> FileError {
    failure = error
    return error
  }
}

// MARK: - Contents saved elsewhere

extension OutputFile {
  /// Writes contents whose ``OutputFile`` failed to another file, and returns its path. It tries the folder of `path`,
  /// then the current folder, then the folder for temporary files, and returns `nil` if all of them fail.
  ///
  /// `write` is called once for each folder that is tried, with a file to write to.
  public static func keepElsewhere(
    _ path: FilePath, defaultName: FilePath, write: (OutputFile) throws -> Void
  ) -> FilePath? {
    var (name, folders): (FilePath, [FilePath]) = (defaultName, ["", .temporaryFolder])
    if path.descriptor(standardStream: 1) == nil, let target = try? path.destination(),
      !target.lastName.bytes.isEmpty
    {
      name = target.lastName
      if target.folder != "/dev/" { folders.insert(target.folder, at: 0) }
    }
    for folder in folders {
      let kept = FilePath.keptName(of: name, in: folder)
      do {
        let output = try OutputFile(path: kept)
        try write(output)
        try output.commit()
        return kept
      } catch {}
    }
    return nil
  }
}

// MARK: - Whole lines

extension UnsafeRawBufferPointer {
  /// Splits the bytes into pieces of at most `limit` bytes that end at line ends. A longer line is one piece, and text
  /// after the last line end is the last piece.
  ///
  /// - Complexity: O(*n*), where *n* is the number of bytes.
  func split(intoLinesUpTo limit: Int) -> [UnsafeRawBufferPointer] {
    var pieces: [UnsafeRawBufferPointer] = []
    var start = startIndex
    while start < endIndex {
      let newline = UInt8(ascii: "\n")
      let window = self[start..<Swift.min(start + limit, endIndex)]
      let end =
        window.lastIndex(of: newline) ?? self[window.endIndex...].firstIndex(of: newline) ?? endIndex - 1
      pieces.append(UnsafeRawBufferPointer(rebasing: self[start...end]))
      start = end + 1
    }
    return pieces
  }
}
