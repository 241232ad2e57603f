// File descriptors that close themselves: files, pipes and terminals.
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A failed system call, after which a test cannot continue.
struct SystemFailure: Error, CustomStringConvertible {
  let description: String

  init(_ call: String, _ error: Int32 = errno) {
    description = "\(call): \(String(cString: strerror(error)))"
  }
}

/// Held while descriptors are made and while children start. Until FD_CLOEXEC is set, a new descriptor leaks into any
/// child that starts, and two children that hold the ends of each other's pipes wait forever.
let noChildStarts = NSRecursiveLock()

/// A descriptor that no child inherits by accident, and that closes with its last reference.
final class Descriptor {
  let number: Int32

  private init(_ number: Int32, _ call: String) throws {
    if number < 0 { throw SystemFailure(call) }
    self.number = number
    _ = fcntl(number, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(number) }

  static func opening(_ path: String, _ flags: Int32) throws -> Descriptor {
    try Descriptor(open(path, flags | O_CLOEXEC | O_NOCTTY, 0o666), "open \(path)")
  }

  static func copy(of number: Int32) throws -> Descriptor {
    try Descriptor(fcntl(number, F_DUPFD_CLOEXEC, 3), "dup")
  }

  static func pipe() throws -> (reader: Descriptor, writer: Descriptor) {
    noChildStarts.lock()
    defer { noChildStarts.unlock() }
    var ends: [Int32] = [-1, -1]
    #if canImport(Glibc)
      let result = Glibc.pipe(&ends)
    #else
      let result = Darwin.pipe(&ends)
    #endif
    if result != 0 { throw SystemFailure("pipe") }
    return (try Descriptor(ends[0], "pipe"), try Descriptor(ends[1], "pipe"))
  }

  /// A pseudo-terminal: bytes written to one end are read at the other.
  static func terminal() throws -> (ours: Descriptor, theirs: Descriptor) {
    noChildStarts.lock()
    defer { noChildStarts.unlock() }
    var (ours, theirs): (Int32, Int32) = (-1, -1)
    if openpty(&ours, &theirs, nil, nil, nil) != 0 { throw SystemFailure("openpty") }
    return (try Descriptor(ours, "openpty"), try Descriptor(theirs, "openpty"))
  }

  func makeNonblocking() throws {
    if fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK) != 0 { throw SystemFailure("fcntl") }
  }

  /// Writes all of the bytes, which must fit in the buffer of the other side: 64 KiB for a pipe.
  func write(_ bytes: ArraySlice<UInt8>) throws {
    #if canImport(Glibc)
      let count = bytes.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
    #else
      let count = bytes.withUnsafeBytes { Darwin.write(number, $0.baseAddress, $0.count) }
    #endif
    if count != bytes.count { throw SystemFailure("write") }
  }

  /// Appends the available bytes, up to 64 KiB. Returns false at the end.
  func read(into bytes: inout [UInt8]) throws -> Bool {
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    #if canImport(Glibc)
      let count = Glibc.read(number, &piece, piece.count)
    #else
      let count = Darwin.read(number, &piece, piece.count)
    #endif
    // Linux reports EIO if the other side of a terminal is closed.
    if count < 0 && errno == EIO { return false }
    if count < 0 && errno != EINTR { throw SystemFailure("read") }
    if count > 0 { bytes.append(contentsOf: piece[..<count]) }
    return count != 0
  }
}
