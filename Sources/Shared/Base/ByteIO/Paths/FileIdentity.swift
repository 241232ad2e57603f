// Identifies the file that a path leads to, whatever its spelling, and through links and descriptors, so that an output
// never replaces an input.
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The identity of a file: equal for two paths that lead to the same file.
///
/// Devices have none: a terminal may show two outputs, and /dev/null discards its output.
public enum FileIdentity: Hashable, Sendable {
  /// An existing file or pipe.
  case existing(device: UInt64, number: UInt64)
  /// A file that would be created: its folder, and its name there.
  case new(device: UInt64, number: UInt64, name: FilePath)

  /// The file for a command's output; `-` is standard output. `nil` for devices, and if the folder does not exist.
  public init?(ofOutput path: FilePath) {
    self.init(path, standardStream: 1)
  }

  /// The file with a command's input; `-` is standard input. `nil` for devices, and if the file does not exist.
  public init?(ofInput path: FilePath) {
    self.init(path, standardStream: 0)
    if case .new = self { return nil }
  }

  /// A pipe, by its name or descriptor, which can be read only once; `nil` if the path leads to something else.
  public init?(ofPipe path: FilePath) {
    guard let status = path.status(standardStream: 0), [S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT)
    else { return nil }
    self.init(status)
  }

  private init?(_ path: FilePath, standardStream: Int32) {
    if let status = path.status(standardStream: standardStream) {
      self.init(status)
    } else {
      guard path.descriptor(standardStream: standardStream) == nil, let target = try? path.destination()
      else {
        return nil
      }
      let folder = target.folder.bytes.isEmpty ? "." : target.folder
      guard let status = try? SystemCalls.status(folder) else { return nil }
      let (device, number) = status.deviceAndNumber
      self = .new(device: device, number: number, name: target.lastName)
    }
  }

  /// The existing file with this status; `nil` for devices.
  public init?(_ status: stat) {
    switch status.st_mode & S_IFMT {
    case S_IFCHR, S_IFBLK: return nil
    default:
      let (device, number) = status.deviceAndNumber
      self = .existing(device: device, number: number)
    }
  }
}

extension stat {
  /// The numbers of the device and of the inode. Darwin's device numbers can be negative.
  fileprivate var deviceAndNumber: (device: UInt64, number: UInt64) {
    (UInt64(truncatingIfNeeded: st_dev), UInt64(st_ino))
  }
}

/// The existing files that this process will replace, and whether it has read them: a list of inputs may name one of
/// them, which checks of the command line cannot detect.
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
