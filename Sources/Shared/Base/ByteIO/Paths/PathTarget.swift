// What a path leads to: its kind, links, and the contents of a folder. Also creates folders and removes files.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension FilePath {
  /// The status of the file that the path leads to; `nil` if it does not exist.
  func status(standardStream: Int32) -> stat? {
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

  /// Whether this process may write the file; errno says why not.
  var isWritable: Bool { withCString { access($0, W_OK) } == 0 }

  /// What the path leads to, through links, if it is not a regular file: `a folder`, `a pipe`. `nil` if it is a regular
  /// file or does not exist.
  public var specialTarget: String? {
    guard let status = try? SystemCalls.status(self), !status.isRegularFile else { return nil }
    return status.kindText
  }

  /// Whether the file is in `folder` or in a folder below it. Both must exist.
  ///
  /// - Complexity: O(*n*) system calls, where *n* is the number of folders in both paths.
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

  /// Follows the symbolic links at the end of the path, and returns the final target, which need not exist.
  func destination() throws(SystemError) -> FilePath {
    var path = self
    // Linux itself follows at most 40 links.
    for _ in 0..<40 {
      guard let link = path.linkTarget else { return path }
      path = link.bytes.first == UInt8(ascii: "/") ? link : path.folder + link
    }
    throw SystemError(code: ELOOP)
  }

  private var linkTarget: FilePath? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes { buffer in
      withCString { readlink($0, buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count) }
    }
    return count < 0 ? nil : FilePath(bytes: Array(buffer[..<count]))
  }
}

// MARK: - Folders

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
  ///
  /// - Complexity: O(*n*) time and memory, where *n* is the number of the folder's entries.
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

extension stat {
  /// A description of the kind of file, with its article.
  var kindText: String {
    switch st_mode & S_IFMT {
    case S_IFDIR: "a folder"
    case S_IFIFO: "a pipe; only standard input, '-', can be one"
    case S_IFSOCK: "a socket"
    case S_IFCHR, S_IFBLK: "a device"
    case S_IFREG: "a file"
    default: "something else"
    }
  }
}
