// Removes temporary files of processes that could not remove them, because of SIGKILL or a power failure.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension OutputFile {
  /// Removes temporary files beside `path` that an unfinished ``OutputFile`` left and that no process is writing now.
  ///
  /// A process that writes a temporary file holds a lock on it. The system releases the lock when the process ends,
  /// however it ends. A file that cannot be removed is left in place; this is not an error.
  ///
  /// - Complexity: O(*n*), where *n* is the number of entries in the folder.
  public static func removeLeftovers(of path: FilePath) {
    guard !path.isStandardStream, path.namedDescriptor == nil, let target = try? path.destination() else {
      return
    }
    let stem = temporaryStem(of: target.lastName).bytes
    for candidate in (target.folder.bytes.isEmpty ? "." : target.folder).namesInside
    where candidate.starts(with: stem) && candidate.count == stem.count + temporarySuffixCount {
      removeIfAbandoned(target.folder + FilePath(bytes: candidate))
    }
  }

  private static func removeIfAbandoned(_ path: FilePath) {
    // A link or a pipe is not one of ours: do not follow the one, nor wait for the other.
    guard let descriptor = try? SystemCalls.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else { return }
    defer { try? SystemCalls.close(descriptor) }
    guard let status = try? SystemCalls.status(descriptor), status.isRegularFile else { return }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { _ = path.withCString { unlink($0) } }
  }
}
