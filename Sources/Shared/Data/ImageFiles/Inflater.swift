// Inflates gzip files in two ways: piece by piece with zlib, or in memory in one call of libdeflate, which is twice as
// fast. Files with several members and damaged files are left to zlib, whose messages say what is wrong.
import CLibDeflate
import CZlib

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Inflates pieces of a file with zlib, one member at a time. zlib keeps a pointer to its `z_stream`, so the stream must
/// never move.
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

/// The decompressed bytes of a gzip file with one member.
final class WholeGzip {
  private let bytes: UnsafeMutableRawBufferPointer
  /// The bytes that were not yet returned.
  private var rest: UnsafeRawBufferPointer

  /// The limit of 256 MiB of decompressed bytes: five times the largest file of MNIST and its relatives, and an amount
  /// that machines have to spare.
  private static let largest = 256 << 20
  /// The best compression of deflate: its shortest code for its longest run, 258 bytes, has two bits (RFC 1951).
  private static let mostBytesPerByte = 1032
  /// The size of the header and trailer without optional parts (RFC 1952).
  private static let smallestByteCount = 18

  deinit { munmap(bytes.baseAddress, bytes.count) }

  /// Inflates `file`. Returns `nil` unless it is exactly one whole and undamaged member that fits in memory.
  init?(_ file: UnsafeRawBufferPointer) {
    guard file.count >= Self.smallestByteCount else { return nil }
    // The flag FHCRC announces a checksum of the header, which zlib verifies and libdeflate does not.
    guard file[3] & 0x02 == 0 else { return nil }
    // The last four bytes claim the length of the data. We never allocate more than the file could fill.
    let claim = UInt32(littleEndian: file.loadUnaligned(fromByteOffset: file.count - 4, as: UInt32.self))
    let byteCount = Int(claim)
    guard byteCount <= min(Self.largest, file.count * Self.mostBytesPerByte) else { return nil }
    guard let decompressor = libdeflate_alloc_decompressor() else { return nil }
    defer { libdeflate_free_decompressor(decompressor) }
    // malloc would end the process if memory is short (CSystem/memory.c), though zlib could continue with next to none.
    let memory = mmap(nil, max(1, byteCount), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
    guard let memory, memory != MAP_FAILED else { return nil }
    bytes = UnsafeMutableRawBufferPointer(start: memory, count: max(1, byteCount))
    rest = UnsafeRawBufferPointer(rebasing: bytes[..<byteCount])
    var readCount = 0
    // Passing no place for the byte count makes libdeflate require the claimed one.
    let result = libdeflate_gzip_decompress_ex(
      decompressor, file.baseAddress, file.count, bytes.baseAddress, byteCount, &readCount, nil)
    if result != LIBDEFLATE_SUCCESS || readCount != file.count { return nil }
  }

  /// Copies the next bytes and returns their number, which is 0 only at the end.
  func read(into target: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(rest.count, target.count)
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    return count
  }
}
