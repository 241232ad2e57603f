// read(2), write(2) and their kin, with interruptions and short counts dealt with. They throw error numbers; who calls
// them knows the file's name.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The error number of a system call that failed.
struct SystemError: Error {
  let code: Int32
  /// The error number that the last system call left.
  static var last: SystemError { SystemError(code: errno) }
}

enum SystemCalls {
  /// A file that `flags` create is for everybody, less the umask.
  static func open(_ path: UnsafePointer<CChar>, _ flags: Int32) throws(SystemError) -> Int32 {
    while true {
      #if canImport(Glibc)
        let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o666)
      #else
        let descriptor = Darwin.open(path, flags | O_CLOEXEC, 0o666)
      #endif
      if descriptor >= 0 { return descriptor }
      if errno != EINTR { throw .last }
    }
  }

  static func duplicate(_ descriptor: Int32) throws(SystemError) -> Int32 {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    if copy < 0 { throw .last }
    return copy
  }

  /// Reads at least a byte, 0 only at the end.
  static func read(
    _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> Int {
    while true {
      #if canImport(Glibc)
        let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      #else
        let count = Darwin.read(descriptor, buffer.baseAddress, buffer.count)
      #endif
      if count >= 0 { return count }
      try waitOrThrow(descriptor, POLLIN)
    }
  }

  static func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    var rest = bytes
    while !rest.isEmpty {
      #if canImport(Glibc)
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
      #else
        let count = Darwin.write(descriptor, rest.baseAddress, rest.count)
      #endif
      if count >= 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      } else {
        try waitOrThrow(descriptor, POLLOUT)
      }
    }
  }

  static func sync(_ descriptor: Int32) throws(SystemError) {
    while fsync(descriptor) != 0 {
      if errno != EINTR { throw .last }
    }
  }

  static func close(_ descriptor: Int32) throws(SystemError) {
    #if canImport(Glibc)
      let result = Glibc.close(descriptor)
    #else
      let result = Darwin.close(descriptor)
    #endif
    // An interrupted close has closed: trying again could close a descriptor that another thread just got.
    if result != 0, errno != EINTR { throw .last }
  }

  static func status(_ descriptor: Int32) throws(SystemError) -> stat {
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw .last }
    return status
  }

  static func status(_ path: String) throws(SystemError) -> stat {
    var status = stat()
    if stat(path, &status) != 0 { throw .last }
    return status
  }

  /// After a call on a descriptor failed: waits if another process made the descriptor non-blocking, returns if the
  /// call is to be repeated, throws if it failed for good.
  private static func waitOrThrow(_ descriptor: Int32, _ event: some BinaryInteger) throws(SystemError) {
    let failed = SystemError.last
    switch failed.code {
    case EINTR: return
    case EAGAIN, EWOULDBLOCK:
      var awaited = pollfd(fd: descriptor, events: Int16(event), revents: 0)
      _ = poll(&awaited, 1, -1)
    default: throw failed
    }
  }
}

extension stat {
  var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
  var isRegularFile: Bool { st_mode & S_IFMT == S_IFREG }
}

/// The descriptor that `/dev/stdin`, `/dev/stdout`, `/dev/stderr`, `/dev/fd/N` and `/proc/self/fd/N` name.
///
/// Opened by its path, such a file would be another one than the descriptor: at its beginning, not where the shell's
/// redirection is, and impossible for sockets.
func descriptorNamed(by path: String) -> Int32? {
  switch path {
  case "/dev/stdin": return 0
  case "/dev/stdout": return 1
  case "/dev/stderr": return 2
  default:
    for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) {
      return Int32(path.dropFirst(folder.count))
    }
    return nil
  }
}
