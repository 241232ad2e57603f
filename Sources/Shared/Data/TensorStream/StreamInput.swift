// A buffer in front of a source. It grows only when bytes that have arrived fill it, so a false header cannot make it
// large.
import ByteIO

/// Buffers the bytes that have been read from a source and not yet used.
final class StreamInput {
  let source: any ByteSource
  private var buffer: UnsafeMutableRawBufferPointer
  /// The range of `buffer` that holds unused bytes of the source.
  private var used = 0..<0
  private var isAtEnd = false
  /// The offset of the first unused byte in the whole input.
  private(set) var offset = 0

  /// The buffer's initial size holds a writer's chunk, so that a read from a file fetches about one chunk.
  private static let initialByteCount = StreamLimits.chunkByteCount

  init(_ source: any ByteSource) {
    self.source = source
    buffer = .allocate(byteCount: Self.initialByteCount, alignment: MemoryLayout<UInt64>.alignment)
  }

  deinit { buffer.deallocate() }

  /// The number of bytes in the buffer.
  var count: Int { used.count }

  /// The bytes in the buffer. Valid until the next call of `fill` or `require`.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[used]) }

  /// Reads until the buffer has `byteCount` bytes. Returns `false` if the input ends before.
  ///
  /// - Complexity: O(n) amortised for n bytes. Memory is ``initialByteCount``, or at most twice the
  ///   unused bytes that have arrived.
  func require(_ byteCount: Int) throws -> Bool {
    while count < byteCount {
      guard try fill() else { return false }
    }
    return true
  }

  /// Reads once, waiting if necessary. Returns `false` at the end of the input.
  func fill() throws -> Bool {
    if isAtEnd { return false }
    makeRoom()
    let free = UnsafeMutableRawBufferPointer(rebasing: buffer[used.upperBound...])
    let readCount = try source.read(into: free)
    isAtEnd = readCount == 0
    used = used.lowerBound..<used.upperBound + readCount
    return !isAtEnd
  }

  /// Drops bytes from the front.
  func consume(_ byteCount: Int) {
    used = used.lowerBound + byteCount..<used.upperBound
    offset += byteCount
  }

  /// Moves the unused bytes to the front of the buffer, or to a buffer of twice its size if they fill it.
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
