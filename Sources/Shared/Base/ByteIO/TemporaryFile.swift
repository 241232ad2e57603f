// A file beside the one that it is to replace, which no failure and no signal leaves behind.
import CSystem

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file under a temporary name in its target's folder, so that a rename puts it in place at once.
///
/// A target that is a symbolic link stays one: the file replaces what the link leads to. The file has the mode of the
/// one that it replaces, or else 0666 less the umask. Where nothing can be created beside a target that can be written, the
/// temporary file lies in the folder for such files, and is copied in the end.
struct TemporaryFile {
  let descriptor: Int32
  private let path: FilePath
  private let target: FilePath
  private let slot: Int32
  /// The file that will be replaced, if there is one.
  private let replaced: FileIdentity?

  /// Whether this process has read the file that will be replaced.
  var replacesInput: Bool { replaced.map(ReplacedFiles.wasRead) ?? false }

  init(for path: FilePath) throws(SystemError) {
    target = try path.destination()
    // Among its failures: a name that is too long, or leads through something that is no folder.
    let old = try SystemCalls.statusIfThere(target)
    if target.lastName.bytes.isEmpty { throw SystemError(code: ENOENT) }
    replaced = old.flatMap { FileIdentity($0) }
    if let replaced { ReplacedFiles.add(replaced) }
    // A rename would replace a file that its owner protects from writing.
    if old != nil, !target.isWritable { throw .last }
    do {
      (self.path, descriptor, slot) = try Self.create(in: target.folder, for: target.lastName)
    } catch {
      guard old != nil, [EACCES, EPERM, EROFS].contains(error.code) else { throw error }
      (self.path, descriptor, slot) = try Self.create(in: .temporaryFolder, for: target.lastName)
    }
    if let old {
      // Only the superuser can give a file away; whoever cannot keeps it as their own.
      _ = fchown(descriptor, old.st_uid, old.st_gid)
      if fchmod(descriptor, old.st_mode & 0o777) != 0 {
        let error = SystemError.last
        _ = try? SystemCalls.close(descriptor)
        remove()
        throw error
      }
    }
  }

  /// Replaces the target by this file, which is complete and closed. Where a rename cannot, as of a file that is mounted by
  /// itself, the target is overwritten.
  ///
  /// Throws a ``TemporaryFileFailure`` where the target does not have the contents: they are kept.
  func takeItsName() throws(TemporaryFileFailure) {
    if rename() == 0 {
      csystem_forget_temporary(slot)
      return
    }
    let code = errno
    // EBUSY: a mount. EXDEV: another file system. The others: a folder in which nothing may change.
    guard [EBUSY, EXDEV, EACCES, EPERM, EROFS].contains(code) else {
      throw TemporaryFileFailure(code: code, kept: keep(), isDamaged: false)
    }
    // From here on a signal must leave the only whole copy alone.
    csystem_forget_temporary(slot)
    try overwriteTarget(orFail: code)
    _ = path.withCString { unlink($0) }
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

  /// Copies this file over the target, in place. Nothing of the target is changed before there is room for all of it.
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

  /// Gives the file a name by which people find it, and no later run removes it; the name it has, where that fails.
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
        // Held as long as the process lives: see LeftoverFiles.swift. Without locks, leftovers are left.
        _ = flock(descriptor, LOCK_EX | LOCK_NB)
        return (path, descriptor, slot)
      }
      if errno != EEXIST { throw .last }
    }
  }
}

/// Why a complete file is not in its place.
struct TemporaryFileFailure: Error {
  let code: Int32
  /// Where the contents are.
  let kept: FilePath
  /// Whether the target was overwritten in part.
  let isDamaged: Bool
}

/// What temporary names of a file begin with; six letters follow. `.NAME.fm-XXXXXX` is 11 bytes longer than the name, and
/// file systems allow 255.
func temporaryStem(of name: FilePath) -> FilePath {
  FilePath(bytes: Array(".".utf8) + name.bytes.prefix(240) + Array(".fm-".utf8))
}

let temporarySuffixCount = 6

private func randomLetters(_ count: Int) -> String {
  let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
  return String((0..<count).map { _ in letters.randomElement()! })
}

extension FilePath {
  /// Whether this process may write the file; errno says why not.
  var isWritable: Bool { withCString { access($0, W_OK) } == 0 }

  /// Where files of no other place go: TMPDIR, or /tmp.
  static var temporaryFolder: FilePath {
    guard let folder = getenv("TMPDIR"), folder.pointee != 0 else { return "/tmp/" }
    let bytes = UnsafeBufferPointer(start: folder, count: strlen(folder)).map(UInt8.init(bitPattern:))
    return FilePath(bytes: bytes.last == UInt8(ascii: "/") ? bytes : bytes + [UInt8(ascii: "/")])
  }

  /// A name for contents that could not be put at their place: `m.st.kept-k3j9x0`.
  static func keptName(of name: FilePath, in folder: FilePath) -> FilePath {
    folder + FilePath(bytes: Array(name.bytes.prefix(240))) + FilePath(".kept-" + randomLetters(6))
  }
}
