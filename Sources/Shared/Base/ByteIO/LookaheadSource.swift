// Examines the first bytes of an input that is read in full afterwards.

/// A source whose first bytes can be examined before it is read. It yields them again: a pipe cannot be rewound.
public final class LookaheadSource: ByteSource {
  public let name: String
  /// The first bytes; fewer than requested only if the input is shorter.
  public let firstBytes: [UInt8]

  private let source: any ByteSource
  private var replayed = 0

  /// Reads the first `count` bytes, or all bytes if there are fewer.
  public init(_ source: any ByteSource, count: Int = FileKind.byteCount) throws {
    self.source = source
    name = source.name
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = try bytes.withUnsafeMutableBytes {
        try source.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[filled...]))
      }
      if got == 0 { break }
      filled += got
    }
    firstBytes = Array(bytes.prefix(filled))
  }

  /// The kind of file, recognized by the first bytes.
  public var kind: FileKind { FileKind(firstBytes: firstBytes) }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard replayed < firstBytes.count else { return try source.read(into: buffer) }
    let count = min(buffer.count, firstBytes.count - replayed)
    buffer.copyBytes(from: firstBytes[replayed..<(replayed + count)])
    replayed += count
    return count
  }
}
