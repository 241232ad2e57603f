// Inflates gzip files with zlib, one member at a time.
import CZlib

/// The state of a decompression. zlib keeps a pointer to its `z_stream`, so the stream must never move.
final class Inflater {
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  /// Whether the last member is whole and verified, and the next has not begun.
  private(set) var isBetweenMembers = false

  init() throws {
    stream.initialize(to: z_stream())
    // 16 asks for gzip's header and trailer, 15 for the largest window.
    let status = inflateInit2_(stream, 16 + 15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      stream.deallocate()
      throw GzipError.outOfMemory
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Prepares for the next member.
  func beginMember() throws {
    guard inflateReset(stream) == Z_OK else { throw GzipError.outOfMemory }
    isBetweenMembers = false
  }

  /// Inflates as much as fits into `target`. Stops early at the end of a member.
  func inflate(
    _ input: UnsafeMutableRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) -> (consumed: Int, produced: Int, problem: String?) {
    let inputCount = UInt32(clamping: input.count)
    let targetCount = UInt32(clamping: target.count)
    stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = inputCount
    stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = targetCount
    let status = CZlib.inflate(stream, Z_NO_FLUSH)
    isBetweenMembers = status == Z_STREAM_END
    // Z_BUF_ERROR only says that more input or more room is needed.
    let isFine = status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR
    return (
      Int(inputCount - stream.pointee.avail_in), Int(targetCount - stream.pointee.avail_out),
      isFine ? nil : stream.pointee.msg.map { String(cString: $0) } ?? "zlib status \(status)"
    )
  }
}
