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
  public static func removeLeftovers(of path: String) {
    guard path != "-", descriptorNamed(by: path) == nil, let target = try? destination(of: path) else {
      return
    }
    let (folder, name) = split(target)
    let stem = temporaryStem(of: name)
    for candidate in names(in: folder.isEmpty ? "." : folder) where candidate.hasPrefix(stem) {
      guard candidate.utf8.count == stem.utf8.count + temporarySuffixCount else { continue }
      removeIfAbandoned(folder + candidate)
    }
  }

  private static func removeIfAbandoned(_ path: String) {
    // Neither a link nor a pipe is one of ours, and neither is to be followed or waited for.
    guard let descriptor = try? SystemCalls.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else { return }
    defer { try? SystemCalls.close(descriptor) }
    guard let status = try? SystemCalls.status(descriptor), status.isRegularFile else { return }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
  }

  private static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        names.append(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
      }
    }
    return names
  }
}
