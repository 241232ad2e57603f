// Creates and lists folders, and finds the file of the running command.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension FilePath {
  /// Creates the folder unless it exists. Its parent must exist. Throws a ``FileError``.
  public func createFolder() throws {
    let path = withoutFinalSlashes
    if path.withCString({ mkdir($0, 0o777) }) == 0 { return }
    let code = errno
    guard code == EEXIST, isFolder else {
      throw FileError.cannotCreate(name: displayed, errno: code == EEXIST ? ENOTDIR : code)
    }
  }

  /// Removes the file if it exists. Throws a ``FileError``.
  public func removeFile() throws {
    if withCString({ unlink($0) }) == 0 || errno == ENOENT { return }
    throw FileError.cannotCreate(name: displayed, errno: errno)
  }

  /// The names of the folder's entries in any order, including `.` and `..`; empty if the folder cannot be read.
  public var namesInside: [[UInt8]] {
    guard let stream = withCString({ opendir($0) }) else { return [] }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while let entry = readdir(stream) {
      withUnsafeBytes(of: &entry.pointee.d_name) { bytes in names.append(Array(bytes.prefix { $0 != 0 })) }
    }
    return names
  }

  /// The path of the running command with links resolved; `nil` if the system does not report it.
  public static var executable: FilePath? {
    #if canImport(Darwin)
      var size = UInt32(PATH_MAX)
      var buffer = [UInt8](repeating: 0, count: Int(size))
      let status = buffer.withUnsafeMutableBytes {
        _NSGetExecutablePath($0.baseAddress!.assumingMemoryBound(to: CChar.self), &size)
      }
      guard status == 0 else { return nil }
      return try? FilePath(bytes: Array(buffer.prefix { $0 != 0 })).destination()
    #else
      let link: FilePath = "/proc/self/exe"
      guard let file = try? link.destination(), file != link else { return nil }
      return file
    #endif
  }
}
