// Keeps track of files that outputs will replace: a list of inputs may name one of them, which checks of the command
// line cannot detect.
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The existing files that this process will replace, and whether it has read them.
enum ReplacedFiles {
  private static let isRead = Mutex<[FileIdentity: Bool]>([:])

  /// Notes that an output will replace a file.
  static func add(_ file: FileIdentity) { isRead.withLock { $0[file] = $0[file] ?? false } }

  /// Notes that the file with this status is being read.
  static func noteReading(_ status: stat) {
    isRead.withLock { files in
      guard !files.isEmpty, let file = FileIdentity(status), files[file] != nil else { return }
      files[file] = true
    }
  }

  static func wasRead(_ file: FileIdentity) -> Bool { isRead.withLock { $0[file] ?? false } }
}
