// Names as they arrive, from whatever pipes lines through a program and waits for the answers.

import ByteIO
import TensorStream

/// Reads names, each ended by a newline or by a NUL; the last may do without. What Windows adds to them is taken off
/// (``ListLeftovers``). In constant memory, and never waiting for more
/// than a name where one is there.
public final class ArrivingNames {
  /// A name as it is in the list: any bytes, or none.
  public struct Name: Equatable, Sendable {
    public var bytes: [UInt8]
    /// Whether it has more bytes than any path, and `bytes` are the first of them.
    public var isCut: Bool

    public init(bytes: [UInt8], isCut: Bool = false) {
      self.bytes = bytes
      self.isCut = isCut
    }
  }

  public let separator: NameList.Separator
  /// `nil` where all names are there.
  private let source: (any ByteSource)?
  private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
  private var buffer: [UInt8] = []
  /// Where the next name begins in the buffer.
  private var start = 0
  /// Where it ends, if that is known.
  private var end: Int?
  /// Up to where its end was looked for.
  private var searched = 0
  /// Whether bytes of it were dropped.
  private var isCut = false
  private var isAtEnd = false
  private var nameCount = 0
  /// What the list had besides names.
  public private(set) var leftovers = ListLeftovers()

  public init(_ source: any ByteSource, separator: NameList.Separator) {
    self.source = source
    self.separator = separator
  }

  /// Names that are there already, without NUL.
  public init(_ names: [[UInt8]]) {
    source = nil
    separator = .nul
    isAtEnd = true
    for name in names { buffer += name + [separator.rawValue] }
    findEnd()
  }

  deinit { piece.deallocate() }

  /// Whether a name is there without reading.
  public var holdsName: Bool { end != nil }

  /// Reads until a name is there, and returns `false` at the end of the list. Throws ``FileError``.
  public func waitForName() throws -> Bool {
    while end == nil {
      if isAtEnd { return false }
      try fill()
      findEnd()
    }
    return true
  }

  /// Takes the next name, if it is there without reading. Throws ``NameListError``.
  public func next() throws(NameListError) -> Name? {
    guard let end else { return nil }
    let bytes = buffer[start..<end].prefix(StreamLimits.nameByteCount)
    nameCount += 1
    let bare = try leftovers.name(
      in: Array(bytes), isFirst: nameCount == 1, of: source?.name ?? "", separator)
    let name = Name(bytes: bare, isCut: isCut || bytes.endIndex < end)
    start = min(end + 1, buffer.count)
    searched = start
    isCut = false
    self.end = nil
    findEnd()
    return name
  }

  /// Reads once.
  private func fill() throws {
    buffer.removeFirst(start)
    (start, searched) = (0, searched - start)
    let count = try source?.read(into: piece) ?? 0
    buffer.append(contentsOf: piece[..<count])
    isAtEnd = count == 0
  }

  private func findEnd() {
    if let found = buffer[searched...].firstIndex(of: separator.rawValue) {
      end = found
      return
    }
    if isAtEnd {
      if start < buffer.count { end = buffer.count }
      return
    }
    // A name without an end does not fill the memory: one byte more than there can be tells that it is too long.
    let limit = start + StreamLimits.nameByteCount
    if buffer.count > limit {
      buffer.removeSubrange(limit...)
      isCut = true
    }
    searched = buffer.count
  }
}
