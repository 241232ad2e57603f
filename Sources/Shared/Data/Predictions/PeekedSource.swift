// Looking at an input's first bytes without taking them.
import ByteIO

/// A source whose first bytes can be looked at, and are still read in their turn: a pipe cannot be rewound.
public final class PeekedSource: ByteSource {
  public let name: String
  private let source: any ByteSource
  private var peeked: [UInt8] = []
  private var replayed = 0

  public init(_ source: any ByteSource) {
    self.source = source
    name = source.name
  }

  /// The first bytes up to and with the first line feed; at most about `limit`, fewer where the input ends. Nothing may
  /// have been read yet.
  public func firstLine(limit: Int) throws -> ArraySlice<UInt8> {
    precondition(replayed == 0, "looked at after reading")
    var searched = 0
    while true {
      if let end = peeked[searched...].firstIndex(of: UInt8(ascii: "\n")) { return peeked[...end] }
      searched = peeked.count
      guard peeked.count < limit, try fill() else { return peeked[...] }
    }
  }

  /// Takes away the byte-order mark with which Windows begins texts.
  public func dropByteOrderMark() throws {
    while peeked.count < 3, [0xEF, 0xBB, 0xBF].starts(with: peeked), try fill() {}
    if peeked.starts(with: [0xEF, 0xBB, 0xBF]) { peeked.removeFirst(3) }
  }

  /// The first bytes, at least one if there are any: as many as one read yields.
  public func firstBytes() throws -> ArraySlice<UInt8> {
    precondition(replayed == 0, "looked at after reading")
    if peeked.isEmpty { _ = try fill() }
    return peeked[...]
  }

  /// The first `count` bytes, fewer where the input ends.
  public func firstBytes(_ count: Int) throws -> ArraySlice<UInt8> {
    precondition(replayed == 0, "looked at after reading")
    while peeked.count < count, try fill() {}
    return peeked.prefix(count)
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard replayed < peeked.count else { return try source.read(into: buffer) }
    let count = min(buffer.count, peeked.count - replayed)
    buffer.copyBytes(from: peeked[replayed..<replayed + count])
    replayed += count
    // Nothing is kept longer than it is needed.
    if replayed == peeked.count { (peeked, replayed) = ([], 0) }
    return count
  }

  private func fill() throws -> Bool {
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { piece.deallocate() }
    let count = try source.read(into: piece)
    peeked.append(contentsOf: piece[..<count])
    return count > 0
  }
}

extension PeekedSource {
  /// Words for what the first bytes are if they are no text that a table could be; `nil` for text, and for no bytes.
  func foundNoText() throws -> String? {
    let bytes = try firstBytes()
    let kind = FileKind(firstBytes: Array(bytes.prefix(FileKind.byteCount)))
    return !bytes.isEmpty && (kind.isNoPlainText || kind == .utf16) ? FileKind.found(bytes) : nil
  }
}
