// A gzip file that is in memory, inflated at once by libdeflate, twice as fast as zlib does it piece by piece. Not for
// files of several members, nor for damaged ones: these are left to zlib, whose messages say what is wrong.
import CLibDeflate

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The bytes of a gzip file of one member.
final class WholeGzip {
  private let bytes: UnsafeMutableRawBufferPointer
  /// Those that were not yet handed out.
  private var rest: UnsafeRawBufferPointer

  /// 256 MiB of decompressed bytes: five times the largest file of MNIST and its relatives, and what a machine has to spare.
  private static let largest = 256 << 20
  /// Deflate's shortest code for its longest run, 258 bytes, has two bits (RFC 1951).
  private static let mostBytesPerByte = 1032
  /// Header and trailer without optional parts (RFC 1952).
  private static let smallestByteCount = 18

  deinit { munmap(bytes.baseAddress, bytes.count) }

  /// Inflates `file`; `nil` where it is not one member, whole and undamaged, with nothing after it, or too large for memory.
  init?(_ file: UnsafeRawBufferPointer) {
    guard file.count >= Self.smallestByteCount else { return nil }
    // FHCRC announces a sum of the header, which zlib verifies and libdeflate does not.
    guard file[3] & 0x02 == 0 else { return nil }
    // The last four bytes claim how long the data are. No claim makes us allocate what the file could not fill.
    let claim = UInt32(littleEndian: file.loadUnaligned(fromByteOffset: file.count - 4, as: UInt32.self))
    let byteCount = Int(claim)
    guard byteCount <= min(Self.largest, file.count * Self.mostBytesPerByte) else { return nil }
    guard let decompressor = libdeflate_alloc_decompressor() else { return nil }
    defer { libdeflate_free_decompressor(decompressor) }
    // Not of malloc, which ends the process where there is no memory (CSystem/memory.c): zlib needs next to none.
    let memory = mmap(nil, max(1, byteCount), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
    guard let memory, memory != MAP_FAILED else { return nil }
    bytes = UnsafeMutableRawBufferPointer(start: memory, count: max(1, byteCount))
    rest = UnsafeRawBufferPointer(rebasing: bytes[..<byteCount])
    var readCount = 0
    // Without a place for the count of bytes, it must be the one that is claimed.
    let result = libdeflate_gzip_decompress_ex(
      decompressor, file.baseAddress, file.count, bytes.baseAddress, byteCount, &readCount, nil)
    if result != LIBDEFLATE_SUCCESS || readCount != file.count { return nil }
  }

  /// Copies bytes that were not yet handed out, and returns how many; 0 only at the end.
  func read(into target: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(rest.count, target.count)
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    return count
  }
}
