// Temporary files of processes that could not remove them: those that SIGKILL or a power failure ended.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension OutputFile {
  /// Removes temporary files beside `path` that an unfinished ``OutputFile`` for it left and no living process writes.
  ///
  /// A process that writes one holds a lock on it, which ends with the process, however that ends. What cannot be removed
  /// is left, and not an error.
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
    // Neither a link nor a pipe is one of ours, and neither is to be followed or waited for.
    guard let descriptor = try? SystemCalls.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else { return }
    defer { try? SystemCalls.close(descriptor) }
    guard let status = try? SystemCalls.status(descriptor), status.isRegularFile else { return }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { _ = path.withCString { unlink($0) } }
  }
}
