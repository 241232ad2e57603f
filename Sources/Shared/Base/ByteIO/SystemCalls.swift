// read(2), write(2) and their kin, with interruptions and short counts dealt with. They throw error numbers; who calls
// them knows the file's name.
//
// A call that a signal interrupts is repeated, unless the signal is a noted wish to stop (Signals.swift): then it fails
// with EINTR, or nothing would end a process that waits for the other end of a pipe.
import CSystem

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
      if errno != EINTR || isStopping { throw .last }
    }
  }

  static func open(_ path: FilePath, _ flags: Int32) throws(SystemError) -> Int32 {
    try path.withCString { (name) throws(SystemError) in try open(name, flags) }
  }

  /// Opens a file that is no regular one for writing. Of a FIFO this waits for a reader, but not after a wish to stop.
  static func openSpecial(_ path: FilePath) throws(SystemError) -> Int32 {
    guard isStopping else { return try open(path, O_WRONLY) }
    let descriptor: Int32
    do {
      descriptor = try open(path, O_WRONLY | O_NONBLOCK)
    } catch {
      // A FIFO without a reader.
      throw error.code == ENXIO ? SystemError(code: EINTR) : error
    }
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
    return descriptor
  }

  /// Whether a signal asked to stop.
  private static var isStopping: Bool { csystem_noted_signal() != 0 }

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

  /// Fills the buffer with the bytes from `offset` on, and returns how many there are: fewer only at the end of the file.
  static func read(
    _ descriptor: Int32, at offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> Int {
    var done = 0
    while done < buffer.count {
      let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
      if count == 0 { break }
      if count > 0 {
        done += count
      } else if errno != EINTR || isStopping {
        throw .last
      }
    }
    return done
  }

  /// Tells the system that a part of a file is read soon. It may read it in the meantime, or not.
  static func adviseNeed(_ descriptor: Int32, _ range: Range<Int>) {
    #if canImport(Glibc)
      _ = posix_fadvise(
        descriptor, off_t(range.lowerBound), off_t(range.count), Int32(POSIX_FADV_WILLNEED))
    #endif
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
        // A pipe took a part, and then a signal came: the rest would wait like the first.
        if !rest.isEmpty, isStopping, (try? status(descriptor))?.isRegularFile != true {
          throw SystemError(code: EINTR)
        }
      } else {
        try waitOrThrow(descriptor, POLLOUT)
      }
    }
  }

  /// Sees to it that there is room for `byteCount` bytes in a file, whose contents stay.
  static func reserve(_ descriptor: Int32, byteCount: off_t) throws(SystemError) {
    #if canImport(Glibc)
      let old = try status(descriptor).st_size
      guard byteCount > 0 else { return }
      let code = posix_fallocate(descriptor, 0, byteCount)
      if code == 0 || code == EINVAL || code == EOPNOTSUPP { return }
      // A part may have been added.
      _ = ftruncate(descriptor, old)
      throw SystemError(code: code)
    #endif
  }

  /// Copies from where one file is to where another is.
  static func copyAll(_ source: Int32, to target: Int32) throws(SystemError) {
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    defer { piece.deallocate() }
    while case let count = try read(source, into: piece), count > 0 {
      try writeAll(target, UnsafeRawBufferPointer(rebasing: piece[..<count]))
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

  static func status(_ path: FilePath) throws(SystemError) -> stat {
    var status = stat()
    if path.withCString({ stat($0, &status) }) != 0 { throw .last }
    return status
  }

  /// As ``status(_:)``; `nil` where there is nothing. A name that can never be one throws.
  static func statusIfThere(_ path: FilePath) throws(SystemError) -> stat? {
    do {
      return try status(path)
    } catch {
      if error.code == ENOENT { return nil }
      throw error
    }
  }

  /// After a call on a descriptor failed: waits if another process made the descriptor non-blocking, returns if the
  /// call is to be repeated, throws if it failed for good.
  private static func waitOrThrow(_ descriptor: Int32, _ event: some BinaryInteger) throws(SystemError) {
    let failed = SystemError.last
    switch failed.code {
    case EINTR: if isStopping { throw failed }
    case EAGAIN, EWOULDBLOCK:
      var awaited = pollfd(fd: descriptor, events: Int16(event), revents: 0)
      if poll(&awaited, 1, -1) < 0, errno == EINTR, isStopping { throw .last }
    default: throw failed
    }
  }
}

extension stat {
  var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
  var isRegularFile: Bool { st_mode & S_IFMT == S_IFREG }

  /// When the content was last changed.
  var modificationTime: timespec {
    #if canImport(Darwin)
      st_mtimespec
    #else
      st_mtim
    #endif
  }
}
