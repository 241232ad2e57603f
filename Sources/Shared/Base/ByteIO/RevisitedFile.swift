// Reads parts of a file again, in any order, after it was read from beginning to end.
//
// The file is read, not mapped: with a mapping, a truncation or a disk error would end the process with SIGBUS.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A regular file that was read to its end, and whose parts can be read again, from any number of threads.
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
  public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) {
    guard try file.read(at: offset, into: buffer) == buffer.count else { throw .changed(name: name) }
  }

  /// Advises the system to read a part of the file ahead.
  public func willRead(_ range: Range<Int>) { file.willRead(range) }
}
