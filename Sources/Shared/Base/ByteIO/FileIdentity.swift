// Identifies the file that a path leads to, whatever its spelling, and through links and descriptors.
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
      self = .new(device: UInt64(status.st_dev), number: UInt64(status.st_ino), name: target.lastName)
    }
  }

  init?(_ status: stat) {
    switch status.st_mode & S_IFMT {
    case S_IFCHR, S_IFBLK: return nil
    default: self = .existing(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
    }
  }
}

extension FilePath {
  /// The status of the file that the path leads to; `nil` if it does not exist.
  fileprivate func status(standardStream: Int32) -> stat? {
    if let descriptor = descriptor(standardStream: standardStream) {
      return try? SystemCalls.status(descriptor)
    }
    return try? SystemCalls.status(self)
  }

  /// The descriptor that the path stands for; `nil` if it names a file.
  public func descriptor(standardStream: Int32) -> Int32? {
    isStandardStream ? standardStream : namedDescriptor
  }

  /// Whether the path leads to a regular file. (An output would replace it.)
  public func isRegularFile(standardStream: Int32) -> Bool {
    status(standardStream: standardStream)?.isRegularFile ?? false
  }

  /// Whether the path leads to /dev/null.
  public func isNullDevice(standardStream: Int32) -> Bool {
    guard let status = status(standardStream: standardStream), let null = try? SystemCalls.status("/dev/null")
    else { return false }
    return status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == null.st_rdev
  }

  /// Whether the path leads to a file of any kind, or a folder.
  public var exists: Bool { (try? SystemCalls.status(self)) != nil }

  /// Whether the path leads to a folder.
  public var isFolder: Bool { (try? SystemCalls.status(self))?.isFolder ?? false }

  /// Whether the file is in `folder` or in a folder below it. Both must exist.
  public func isInside(_ folder: FilePath) -> Bool {
    guard let file = resolved, var prefix = folder.resolved else { return false }
    if prefix.last != UInt8(ascii: "/") { prefix.append(UInt8(ascii: "/")) }
    return file.starts(with: prefix)
  }

  /// The absolute path without links, `.` and `..`.
  private var resolved: [UInt8]? {
    guard let resolved = withCString({ realpath($0, nil) }) else { return nil }
    defer { free(resolved) }
    return UnsafeBufferPointer(start: resolved, count: strlen(resolved)).map(UInt8.init(bitPattern:))
  }
}
