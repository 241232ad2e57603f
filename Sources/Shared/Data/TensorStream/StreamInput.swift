// A buffer in front of a source. It grows only when it is full of bytes that arrived, so no claim can make it large.
import ByteIO

/// The bytes that were read from a source and not yet used.
final class StreamInput {
  let source: any ByteSource
  private var buffer: UnsafeMutableRawBufferPointer
  /// The bytes of `buffer` that are in use.
  private var used = 0..<0
  private var isAtEnd = false
  /// The place in the whole input of the first unused byte.
  private(set) var offset = 0

  /// A buffer that holds a writer's chunk: from a file, a read is then about a chunk.
  private static let initialByteCount = StreamLimits.chunkByteCount

  init(_ source: any ByteSource) {
    self.source = source
    buffer = .allocate(byteCount: Self.initialByteCount, alignment: MemoryLayout<UInt64>.alignment)
  }

  deinit { buffer.deallocate() }

  /// How many bytes are there without reading.
  var count: Int { used.count }

  /// The bytes that are there. Valid until the next call of `fill` or `require`.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[used]) }

  /// Reads until `byteCount` bytes are there, and returns whether the input has as many.
  func require(_ byteCount: Int) throws -> Bool {
    while count < byteCount {
      guard try fill() else { return false }
    }
    return true
  }

  /// Reads once, waiting if it must, and returns `false` at the end of the input.
  func fill() throws -> Bool {
    if isAtEnd { return false }
    makeRoom()
    let free = UnsafeMutableRawBufferPointer(rebasing: buffer[used.upperBound...])
    let readCount = try source.read(into: free)
    isAtEnd = readCount == 0
    used = used.lowerBound..<used.upperBound + readCount
    return !isAtEnd
  }

  /// Takes bytes off the front.
  func consume(_ byteCount: Int) {
    used = used.lowerBound + byteCount..<used.upperBound
    offset += byteCount
  }

  /// Moves the bytes that are there to the front of the buffer, of a larger one if they fill it.
  private func makeRoom() {
    if used.count == buffer.count {
      let larger = UnsafeMutableRawBufferPointer.allocate(
        byteCount: 2 * buffer.count, alignment: MemoryLayout<UInt64>.alignment)
      larger.copyMemory(from: bytes)
      buffer.deallocate()
      buffer = larger
    } else if used.lowerBound > 0 {
      buffer.copyMemory(from: bytes)
    }
    used = 0..<used.count
  }
}
