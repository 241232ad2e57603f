// A temporary file beside the file that it will replace. It is removed after any failure and any signal but SIGKILL;
// after SIGKILL or a power failure, a later process removes it.
import CSystem

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file under a temporary name in its target's folder, so that a rename puts it in place atomically.
///
/// A target that is a symbolic link stays one: the file replaces the target of the link. The file has the mode of the
/// one that it replaces, or 0666 less the umask if there is none. If the target is writable but no file can be created
/// beside it, the temporary file is in the folder for temporary files, and is copied in the end.
struct TemporaryFile {
  let descriptor: Int32
  private let path: FilePath
  private let target: FilePath
  private let slot: Int32
  /// The file that will be replaced; `nil` if there is none.
  private let replaced: FileIdentity?

  /// Whether this process has read the file that will be replaced.
  var replacesInput: Bool { replaced.map(ReplacedFiles.wasRead) ?? false }

  init(for path: FilePath) throws(SystemError) {
    target = try path.destination()
    // This fails if, for example, a name is too long, or a folder of the path is not a folder.
    let old = try SystemCalls.statusIfThere(target)
    if target.lastName.bytes.isEmpty { throw SystemError(code: ENOENT) }
    replaced = old.flatMap { FileIdentity($0) }
    if let replaced { ReplacedFiles.add(replaced) }
    // A rename would replace even a write-protected file.
    if old != nil, !target.isWritable { throw .last }
    do {
      (self.path, descriptor, slot) = try Self.create(in: target.folder, for: target.lastName)
    } catch {
      guard old != nil, [EACCES, EPERM, EROFS].contains(error.code) else { throw error }
      (self.path, descriptor, slot) = try Self.create(in: .temporaryFolder, for: target.lastName)
    }
    if let old {
      // Only the superuser can give a file away. For others the call fails, and they keep the file.
      _ = fchown(descriptor, old.st_uid, old.st_gid)
      if fchmod(descriptor, old.st_mode & 0o777) != 0 {
        let error = SystemError.last
        _ = try? SystemCalls.close(descriptor)
        remove()
        throw error
      }
    }
  }

  /// Replaces the target with this file, which is complete and closed. If a rename is impossible, for example because
  /// the target itself is a mount point, the target is overwritten. Returns whether the file was renamed.
  ///
  /// Throws a ``TemporaryFileFailure`` if the target does not have the contents. They are kept in another file.
  func takeItsName() throws(TemporaryFileFailure) -> Bool {
    if rename() == 0 {
      csystem_forget_temporary(slot)
      return true
    }
    let code = errno
    // EBUSY: a mount point. EXDEV: another file system. The others: a read-only folder.
    guard [EBUSY, EXDEV, EACCES, EPERM, EROFS].contains(code) else {
      throw TemporaryFileFailure(code: code, kept: keep(), isDamaged: false)
    }
    // From here on a signal must not remove the only complete copy.
    csystem_forget_temporary(slot)
    try overwriteTarget(orFail: code)
    _ = path.withCString { unlink($0) }
    return false
  }

  func remove() {
    _ = path.withCString { unlink($0) }
    csystem_forget_temporary(slot)
  }

  private func rename() -> Int32 {
    path.withCString { path in
      #if canImport(Glibc)
        target.withCString { Glibc.rename(path, $0) }
      #else
        target.withCString { Darwin.rename(path, $0) }
      #endif
    }
  }

  /// Copies this file over the target, in place. The target is unchanged until space for all contents is reserved.
  private func overwriteTarget(orFail code: Int32) throws(TemporaryFileFailure) {
    var isDamaged = false
    do throws(SystemError) {
      let source = try SystemCalls.open(path, O_RDONLY)
      defer { _ = try? SystemCalls.close(source) }
      let size = try SystemCalls.status(source).st_size
      let copy = try SystemCalls.open(target, O_WRONLY | O_NOFOLLOW)
      defer { _ = try? SystemCalls.close(copy) }
      guard try SystemCalls.status(copy).isRegularFile else { throw SystemError(code: code) }
      try SystemCalls.reserve(copy, byteCount: size)
      isDamaged = true
      try SystemCalls.copyAll(source, to: copy)
      if ftruncate(copy, size) != 0 { throw .last }
      try SystemCalls.sync(copy)
    } catch {
      throw TemporaryFileFailure(code: error.code, kept: keep(), isDamaged: isDamaged)
    }
  }

  /// Renames the file so that people can find it and no later run removes it. Returns the name, the old one on failure.
  private func keep() -> FilePath {
    csystem_forget_temporary(slot)
    let kept = FilePath.keptName(of: target.lastName, in: path.folder)
    let isLinked = path.withCString { path in kept.withCString { link(path, $0) } } == 0
    guard isLinked else { return path }
    _ = path.withCString { unlink($0) }
    return kept
  }

  private static func create(
    in folder: FilePath, for name: FilePath
  ) throws(SystemError) -> (path: FilePath, descriptor: Int32, slot: Int32) {
    let stem = folder + temporaryStem(of: name)
    while true {
      let path = stem + FilePath(randomLetters(temporarySuffixCount))
      var slot: Int32 = 0
      let descriptor = path.withCString { csystem_create_temporary($0, &slot) }
      if descriptor >= 0 {
        // The lock is held while the process lives: see `removeLeftovers`. If it fails, as on a file system without
        // locks, no leftovers are removed there.
        _ = SystemCalls.lock(descriptor)
        return (path, descriptor, slot)
      }
      if errno != EEXIST { throw .last }
    }
  }
}

/// The reason why a complete file could not be put in its place.
struct TemporaryFileFailure: Error {
  let code: Int32
  /// The path of the file that has the contents.
  let kept: FilePath
  /// Whether the target was partly overwritten.
  let isDamaged: Bool
}

/// Returns the beginning of a file's temporary names; six letters follow. `.NAME.fm-XXXXXX` is 11 bytes longer than the
/// name, and file systems allow 255.
func temporaryStem(of name: FilePath) -> FilePath {
  FilePath(bytes: Array(".".utf8) + name.bytes.prefix(240) + Array(".fm-".utf8))
}

let temporarySuffixCount = 6

private func randomLetters(_ count: Int) -> String {
  let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
  return String((0..<count).map { _ in letters.randomElement()! })
}

extension FilePath {
  /// The folder for temporary files, with a final slash: TMPDIR, or /tmp.
  static var temporaryFolder: FilePath {
    guard let folder = getenv("TMPDIR"), folder.pointee != 0 else { return "/tmp/" }
    let bytes = UnsafeBufferPointer(start: folder, count: strlen(folder)).map(UInt8.init(bitPattern:))
    return FilePath(bytes: bytes.last == UInt8(ascii: "/") ? bytes : bytes + [UInt8(ascii: "/")])
  }

  /// Returns a name for contents that could not be put in their place: `m.st.kept-k3j9x0`.
  static func keptName(of name: FilePath, in folder: FilePath) -> FilePath {
    folder + FilePath(bytes: Array(name.bytes.prefix(240))) + FilePath(".kept-" + randomLetters(6))
  }
}

// MARK: - Removing temporary files

/// Temporary files of this process.
public enum TemporaryFiles {
  /// Removes all remaining temporary files, for an exit that does not unwind the stack.
  public static func removeAll() { csystem_remove_temporaries() }
}

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
    if SystemCalls.lock(descriptor) == .taken { _ = path.withCString { unlink($0) } }
  }
}
