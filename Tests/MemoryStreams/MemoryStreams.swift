// Sources and sinks in memory, for tests of code that reads and writes streams.

import ByteIO

/// A source of bytes in memory that gives out at most `step` of them at a time, as a pipe may.
public final class MemorySource: ByteSource {
  public let name: String
  private var rest: ArraySlice<UInt8>
  private let step: Int
  public private(set) var readCount = 0

  public init(_ bytes: [UInt8], name: String = "stdin", step: Int = .max) {
    self.name = name
    self.step = step
    rest = bytes[...]
  }

  public convenience init(_ text: String, name: String = "stdin", step: Int = .max) {
    self.init(Array(text.utf8), name: name, step: step)
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    // A read into an empty buffer returns 0, which looks like the end of the input or makes the caller loop forever.
    precondition(!buffer.isEmpty, "cannot read into an empty buffer")
    readCount += 1
    let piece = rest.prefix(min(step, buffer.count))
    buffer.copyBytes(from: piece)
    rest = rest.dropFirst(piece.count)
    return piece.count
  }
}

/// A sink that keeps all bytes written to it.
public final class MemorySink: ByteSink {
  public let name = "stdout"
  public private(set) var bytes: [UInt8] = []
  public private(set) var writeCount = 0

  public init() {}

  public var text: String { String(decoding: bytes, as: UTF8.self) }

  public func write(_ bytes: UnsafeRawBufferPointer) {
    self.bytes += bytes
    writeCount += 1
  }
}
