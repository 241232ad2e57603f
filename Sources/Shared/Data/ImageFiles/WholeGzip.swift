// Inflates a gzip file in memory in one call of libdeflate, twice as fast as zlib does it piece by piece. Files with
// several members and damaged files are left to zlib, whose messages say what is wrong.
import CLibDeflate

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

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
