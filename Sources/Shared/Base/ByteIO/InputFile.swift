// Inputs: files, pipes and devices that are read from beginning to end.
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

// The primitives of RevisitedFile.
extension InputFile {
  func currentStatus() throws(FileError) -> stat {
    do {
      return try SystemCalls.status(descriptor)
    } catch {
      throw .cannotRead(name: name, errno: error.code)
    }
  }

  /// Reads from `offset` bytes after the position where reading began, and returns the number of bytes read. It is less
  /// than `buffer.count` only at the end of the file.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    do {
      return try SystemCalls.read(descriptor, at: start + offset, into: buffer)
    } catch {
      throw .cannotRead(name: name, errno: error.code)
    }
  }

  func willRead(_ range: Range<Int>) {
    SystemCalls.adviseNeed(descriptor, range.lowerBound + start..<range.upperBound + start)
  }
}

extension ByteSource {
  /// Reads all remaining bytes. Throws a ``FileError`` if there are more than `limit`. Memory grows with the bytes that
  /// arrive, never with a claimed size.
  public func readAll(limit: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    defer { piece.deallocate() }
    while case let count = try read(into: piece), count > 0 {
      if count > limit - bytes.count { throw FileError.tooLarge(name: name, limit: limit) }
      bytes.append(contentsOf: piece[..<count])
    }
    return bytes
  }
}
