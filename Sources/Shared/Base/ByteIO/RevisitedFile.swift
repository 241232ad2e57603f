// A file whose parts are read again, in any order, after it was read from the beginning to the end.
//
// It is read, not mapped: a mapped file that becomes shorter ends the process with SIGBUS, and an error of the disk does too.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A regular file that was read to its end, and whose parts are read again. Any number of threads may do so.
public final class RevisitedFile: Sendable {
  public let name: String
  /// Keeps the descriptor open.
  private let file: InputFile
  private let version: Version

  /// By what a change of the file shows: its length, and when it was last written, in seconds and nanoseconds.
  private struct Version: Equatable {
    let byteCount: Int
    let seconds: Int
    let nanoseconds: Int

    init(_ status: stat) {
      byteCount = Int(status.st_size)
      (seconds, nanoseconds) = (status.modificationTime.tv_sec, status.modificationTime.tv_nsec)
    }
  }

  /// `nil` where the file is a pipe or a device. Offsets count from where `file` began to be read. Throws ``FileError``.
  public init?(_ file: InputFile) throws(FileError) {
    guard file.byteCount != nil else { return nil }
    self.file = file
    name = file.name
    version = Version(try file.currentStatus())
  }

  /// Throws ``FileError/changed(name:)`` where the file was written since.
  public func checkUnchanged() throws(FileError) {
    guard Version(try file.currentStatus()) == version else { throw .changed(name: name) }
  }

  /// Fills `buffer` with the bytes from `offset` on. Throws ``FileError``, also where the file ends before.
  public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) {
    guard try file.read(at: offset, into: buffer) == buffer.count else { throw .changed(name: name) }
  }

  /// Lets the system read a part in the meantime.
  public func willRead(_ range: Range<Int>) { file.willRead(range) }
}
