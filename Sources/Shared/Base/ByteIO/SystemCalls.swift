// Wrappers for read(2), write(2) and other system calls that handle interruptions and short counts. They throw error
// numbers; the caller knows the file's name.
//
// A call that a signal interrupts is repeated, unless the signal is a noted request to stop (Signals.swift). Then it
// fails with EINTR; otherwise a process that waits for the other end of a pipe could not be stopped.
import CSystem

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The error number of a system call that failed.
struct SystemError: Error {
  let code: Int32
  /// The error of the last failed system call, from errno.
  static var last: SystemError { SystemError(code: errno) }
}

enum SystemCalls {
  /// Opens a file. If `flags` create it, its mode is 0666 less the umask.
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

  /// Opens a special file for writing. Opening a FIFO waits for a reader, except after a request to stop.
  static func openSpecial(_ path: FilePath) throws(SystemError) -> Int32 {
    guard isStopping else { return try open(path, O_WRONLY) }
    let descriptor: Int32
    do {
      descriptor = try open(path, O_WRONLY | O_NONBLOCK)
    } catch {
      // ENXIO: a FIFO without a reader.
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

  /// Reads at least one byte, and returns the number of bytes; 0 only at the end.
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

  /// Fills the buffer with the bytes from `offset` on, and returns their number. It is less than `buffer.count` only at
  /// the end of the file.
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

  /// Advises the system that a part of a file will be read soon, so that it can read ahead.
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
        // A pipe accepted a part, and then a signal arrived: writing the remaining bytes could block again.
        if !rest.isEmpty, isStopping, (try? status(descriptor))?.isRegularFile != true {
          throw SystemError(code: EINTR)
        }
      } else {
        try waitOrThrow(descriptor, POLLOUT)
      }
    }
  }

  /// Reserves disk space for `byteCount` bytes in a file, and keeps its contents.
  static func reserve(_ descriptor: Int32, byteCount: off_t) throws(SystemError) {
    #if canImport(Glibc)
      let old = try status(descriptor).st_size
      guard byteCount > 0 else { return }
      let code = posix_fallocate(descriptor, 0, byteCount)
      if code == 0 || code == EINVAL || code == EOPNOTSUPP { return }
      // A part may have been allocated.
      _ = ftruncate(descriptor, old)
      throw SystemError(code: code)
    #endif
  }

  /// Copies the remaining bytes of one file to another, each from its current position.
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
    // An interrupted close has closed the descriptor. Trying again could close one that another thread has just opened.
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

  /// Like ``status(_:)``, but returns `nil` if nothing exists at the path. An impossible name still throws.
  static func statusIfThere(_ path: FilePath) throws(SystemError) -> stat? {
    do {
      return try status(path)
    } catch {
      if error.code == ENOENT { return nil }
      throw error
    }
  }

  /// Handles a failed call on a descriptor: waits if another process made the descriptor non-blocking, returns if the
  /// call should be repeated, and throws if it failed for good.
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

  /// The time when the contents were last modified.
  var modificationTime: timespec {
    #if canImport(Darwin)
      st_mtimespec
    #else
      st_mtim
    #endif
  }
}
