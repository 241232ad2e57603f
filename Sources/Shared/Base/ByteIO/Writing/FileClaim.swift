// A lock that tells other processes that a file belongs to this one.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// This process's lock on a file that it will replace, so that two runs do not replace each other's files.
///
/// Processes that only read the file do not notice the lock. The system releases it when the process ends, however it
/// ends. ``OutputFile/commitAndClaim()`` replaces a claimed file by one that is claimed before it can be seen.
public final class FileClaim {
  private let descriptor: Int32

  /// Takes over a descriptor of a file that is locked already.
  init(locked descriptor: Int32) { self.descriptor = descriptor }

  /// Claims the file at `path`. Returns `nil` if there is nothing to claim: no regular file, none that this process may
  /// write, or a file system without locks. Throws ``FileError/isInUse(name:)`` if another process has claimed the file.
  public static func claim(_ path: FilePath) throws(FileError) -> FileClaim? {
    guard path.descriptor(standardStream: 1) == nil else { return nil }
    // The owner may replace its file between the opening and the lock. Its old file is then free.
    while let opened = FileClaim(opening: path), let identity = opened.identity {
      switch SystemCalls.lock(opened.descriptor) {
      case .taken: if identity == FileIdentity(ofInput: path) { return opened }
      case .isHeldElsewhere: throw .isInUse(name: path.outputName)
      case .isImpossible: return nil
      }
    }
    return nil
  }

  private init?(opening path: FilePath) {
    // Network file systems lock only what is open for writing. Opening a FIFO must not wait for its other end.
    guard let descriptor = try? SystemCalls.open(path, O_RDWR | O_NONBLOCK) else { return nil }
    self.descriptor = descriptor
  }

  deinit { try? SystemCalls.close(descriptor) }

  /// The identity of the file; `nil` if it is not a regular file.
  private var identity: FileIdentity? {
    guard let status = try? SystemCalls.status(descriptor), status.isRegularFile else { return nil }
    return FileIdentity(status)
  }
}

extension SystemCalls {
  enum LockResult { case taken, isHeldElsewhere, isImpossible }

  /// Locks an open file until its descriptor is closed. `isImpossible` is for file systems without locks.
  static func lock(_ descriptor: Int32) -> LockResult {
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return .taken }
    return errno == EWOULDBLOCK ? .isHeldElsewhere : .isImpossible
  }
}
