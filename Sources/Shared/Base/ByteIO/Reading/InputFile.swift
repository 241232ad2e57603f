// Inputs: files, pipes and devices that are read from beginning to end, and files whose parts are then read again.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file, pipe or device that is read from beginning to end with read(2).
public final class InputFile: ByteSource, Sendable {
  public let name: String
  private let descriptor: Int32
  private let status: stat
  /// The offset at which reading begins. It is not 0 if another program read from the open file before.
  private let start: Int

  /// Opens `path`; `-` is standard input. Throws ``FileError`` for a folder, and for a missing or unreadable file.
  public init(path: FilePath) throws {
    name = path.inputName
    do {
      if path.isStandardStream {
        descriptor = 0
      } else if let named = path.namedDescriptor {
        descriptor = try SystemCalls.duplicate(named)
      } else {
        descriptor = try SystemCalls.open(path, O_RDONLY)
      }
      status = try SystemCalls.status(descriptor)
    } catch {
      throw FileError.cannotOpen(name: name, errno: error.code)
    }
    if status.isFolder { throw FileError.inputIsFolder(name: name) }
    start = status.isRegularFile ? max(0, Int(lseek(descriptor, 0, SEEK_CUR))) : 0
  }

  /// Like ``init(path:)-(FilePath)``, with a path given as text.
  public convenience init(path: String) throws { try self.init(path: FilePath(path)) }

  deinit {
    if descriptor != 0 { try? SystemCalls.close(descriptor) }
  }

  /// Whether the input is a terminal.
  public var isTerminal: Bool { isatty(descriptor) == 1 }

  /// The byte count of a regular file; `nil` for pipes and devices.
  public var byteCount: Int? { status.isRegularFile ? Int(status.st_size) : nil }

  /// The time of a regular file's last change, in seconds and nanoseconds since 1970; `nil` for pipes and devices.
  public var modificationTime: (seconds: Int, nanoseconds: Int)? {
    guard status.isRegularFile else { return nil }
    let time = status.modificationTime
    return (time.tv_sec, time.tv_nsec)
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    precondition(!buffer.isEmpty, "a read of no bytes would look like the end of the input")
    do {
      return try SystemCalls.read(descriptor, into: buffer)
    } catch {
      throw FileError.cannotRead(name: name, errno: error.code)
    }
  }
}

// MARK: - Reading parts again

/// A regular file that was read to its end, and whose parts can be read again in any order, from any number of threads.
///
/// The file is read, not mapped: with a mapping, a truncation or a disk error would end the process with SIGBUS.
public final class RevisitedFile: Sendable {
  public let name: String
  /// Keeps the descriptor open.
  private let file: InputFile
  private let version: Version

  /// Detects changes of the file: its length, and the time of its last modification in seconds and nanoseconds.
  private struct Version: Equatable {
    let byteCount: Int
    let seconds: Int
    let nanoseconds: Int

    init(_ status: stat) {
      byteCount = Int(status.st_size)
      (seconds, nanoseconds) = (status.modificationTime.tv_sec, status.modificationTime.tv_nsec)
    }
  }

  /// Returns `nil` if the file is a pipe or a device. Offsets count from the position at which reading `file` began.
  /// Throws ``FileError``.
  public init?(_ file: InputFile) throws(FileError) {
    guard file.byteCount != nil else { return nil }
    self.file = file
    name = file.name
    version = Version(try file.currentStatus())
  }

  /// Throws ``FileError/changed(name:)`` if the file has been modified since this object was created.
  public func checkUnchanged() throws(FileError) {
    guard Version(try file.currentStatus()) == version else { throw .changed(name: name) }
  }

  /// Fills `buffer` with the bytes from `offset` on. Throws ``FileError``, also if the file ends too early.
  ///
  /// - Complexity: O(*n*), where *n* is `buffer.count`. No other memory is needed.
  public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) {
    guard try file.read(at: offset, into: buffer) == buffer.count else { throw .changed(name: name) }
  }

  /// Advises the system to read a part of the file ahead.
  public func willRead(_ range: Range<Int>) { file.willRead(range) }
}

extension InputFile {
  fileprivate func currentStatus() throws(FileError) -> stat {
    do {
      return try SystemCalls.status(descriptor)
    } catch {
      throw .cannotRead(name: name, errno: error.code)
    }
  }

  /// Reads from `offset` bytes after the position where reading began, and returns the number of bytes read. It is less
  /// than `buffer.count` only at the end of the file.
  fileprivate func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    do {
      return try SystemCalls.read(descriptor, at: start + offset, into: buffer)
    } catch {
      throw .cannotRead(name: name, errno: error.code)
    }
  }

  fileprivate func willRead(_ range: Range<Int>) {
    SystemCalls.adviseNeed(descriptor, range.lowerBound + start..<range.upperBound + start)
  }
}
