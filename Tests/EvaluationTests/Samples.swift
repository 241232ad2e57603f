// Inputs for the tests.
import ByteIO

/// Bytes in memory as a source.
final class MemorySource: ByteSource {
  let name: String
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8], name: String = "stdin") {
    rest = bytes[...]
    self.name = name
  }

  convenience init(_ text: String, name: String = "stdin") { self.init(Array(text.utf8), name: name) }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let piece = rest.prefix(buffer.count)
    buffer.copyBytes(from: piece)
    rest = rest.dropFirst(piece.count)
    return piece.count
  }
}

/// A sink that keeps what it is given.
final class MemorySink: ByteSink {
  let name = "stdout"
  private(set) var bytes: [UInt8] = []
  func write(_ bytes: UnsafeRawBufferPointer) { self.bytes += bytes }
}

/// The message of what `body` throws, `nil` if it throws nothing.
func message(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}
