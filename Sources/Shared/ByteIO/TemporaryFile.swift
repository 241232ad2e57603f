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
/// one that it replaces, or else 0666 less the umask.
struct TemporaryFile {
  let descriptor: Int32
  private let path: String
  private let target: String
  private let slot: Int32

  init(for path: String) throws(SystemError) {
    target = try destination(of: path)
    let old = try? SystemCalls.status(target)
    // A rename would replace a file that its owner protects from writing.
    if old != nil, access(target, W_OK) != 0 { throw .last }
    (self.path, descriptor, slot) = try Self.create(beside: target)
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

  /// Replaces the target by this file.
  func takeItsName() throws(SystemError) {
    if rename(path, target) != 0 { throw .last }
    csystem_forget_temporary(slot)
  }

  func remove() {
    unlink(path)
    csystem_forget_temporary(slot)
  }

  private static func create(
    beside target: String
  ) throws(SystemError) -> (path: String, descriptor: Int32, slot: Int32) {
    let (folder, name) = split(target)
    if name.isEmpty { throw SystemError(code: ENOENT) }
    let stem = folder + temporaryStem(of: name)
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
    while true {
      let path = stem + String((0..<temporarySuffixCount).map { _ in letters.randomElement()! })
      var slot: Int32 = 0
      let descriptor = csystem_create_temporary(path, &slot)
      if descriptor >= 0 {
        // Held as long as the process lives: see LeftoverFiles.swift. Without locks, leftovers are left.
        _ = flock(descriptor, LOCK_EX | LOCK_NB)
        return (path, descriptor, slot)
      }
      if errno != EEXIST { throw .last }
    }
  }
}

/// What temporary names of a file begin with; six letters follow. `.NAME.fm-XXXXXX` is 11 bytes longer than the name, and
/// file systems allow 255.
func temporaryStem(of name: String) -> String {
  "." + String(decoding: name.utf8.prefix(240), as: UTF8.self) + ".fm-"
}

let temporarySuffixCount = 6

/// Where `path` leads when the symbolic links at its end are followed, even to nothing.
func destination(of path: String) throws(SystemError) -> String {
  var path = path
  // As many links as Linux follows itself.
  for _ in 0..<40 {
    guard let link = linkTarget(path) else { return path }
    path = link.hasPrefix("/") ? link : split(path).folder + link
  }
  throw SystemError(code: ELOOP)
}

private func linkTarget(_ path: String) -> String? {
  var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
  let count = buffer.withUnsafeMutableBytes {
    readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
  }
  return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
}

/// The folder with its final slash, or nothing; and the name in it.
func split(_ path: String) -> (folder: String, name: String) {
  let utf8 = path.utf8
  let start = utf8.lastIndex(of: UInt8(ascii: "/")).map { utf8.index(after: $0) } ?? utf8.startIndex
  return (String(path[..<start]), String(path[start...]))
}
