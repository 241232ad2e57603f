import ByteIO
import CZlib
import ImageFiles
import TensorStream

/// Bytes in memory that arrive in pieces, as from a pipe of unknown length or a file of known length.
final class MemorySource: ByteSource, CustomStringConvertible {
  let name: String
  let byteCount: Int?
  private var rest: ArraySlice<UInt8>
  private let piece: Int

  init(_ bytes: [UInt8], name: String = "sample", piece: Int = .max, byteCount: Int? = nil) {
    self.name = name
    self.piece = piece
    self.byteCount = byteCount
    rest = bytes[...]
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let bytes = rest.prefix(min(piece, buffer.count))
    rest = rest.dropFirst(bytes.count)
    buffer.copyBytes(from: bytes)
    return bytes.count
  }

  var description: String { "pieces of \(piece), byte count \(byteCount.map(String.init) ?? "unknown")" }

  /// Sources of the same bytes: a slow and a fast pipe, files, and files that grow or shrink after their size was
  /// queried.
  static func everyKind(_ bytes: [UInt8]) -> [MemorySource] {
    [
      MemorySource(bytes, piece: 1), MemorySource(bytes), MemorySource(bytes, byteCount: bytes.count),
      MemorySource(bytes, piece: 5, byteCount: bytes.count), MemorySource(bytes, byteCount: bytes.count / 2),
      MemorySource(bytes, byteCount: 2 * bytes.count),
    ]
  }
}

/// An IDX file of unsigned bytes. The sizes need not fit the data.
func idx(type: UInt8 = 8, sizes: [Int], data: [UInt8]) -> [UInt8] {
  [0, 0, type, UInt8(sizes.count)] + sizes.flatMap(bigEndian) + data
}

func bigEndian(_ number: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) } }

/// Bytes without a pattern that could hide a mistake. They repeat after 65,537, a prime beyond gzip's window of 32,768.
func sampleBytes(_ count: Int) -> [UInt8] {
  var state: UInt32 = 2_463_534_242
  var bytes = (0..<min(count, 65_537)).map { _ in
    // Marsaglia's xorshift.
    state ^= state << 13
    state ^= state >> 17
    state ^= state << 5
    return UInt8(truncatingIfNeeded: state >> 8)
  }
  while bytes.count < count { bytes += bytes.prefix(count - bytes.count) }
  return bytes
}

/// Compresses `bytes` to a member of a gzip file.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  let size = Int32(MemoryLayout<z_stream>.size)
  let begun = deflateInit2_(&stream, 6, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
  precondition(begun == Z_OK)
  defer { deflateEnd(&stream) }
  var input = bytes
  var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))) + 64)
  let count = input.withUnsafeMutableBufferPointer { input in
    output.withUnsafeMutableBufferPointer { output in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      stream.next_out = output.baseAddress
      stream.avail_out = UInt32(output.count)
      precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END)
      return output.count - Int(stream.avail_out)
    }
  }
  return Array(output[..<count])
}

/// Reads all records.
func readAll(images: any ByteSource, labels: (any ByteSource)? = nil) throws -> RecordBatch {
  let reader = try IDXReader(images: images, labels: labels)
  var all = RecordBatch(format: reader.format)
  var batch = RecordBatch(format: reader.format)
  while try reader.wait() {
    _ = try reader.fill(&batch, adding: false)
    all.append(0..<batch.count, of: batch)
  }
  return all
}
