// Reads names as they arrive from a program that pipes lines through a command and waits for the answers.

import ByteIO
import TensorStream

/// Reads names that each end with a newline or a NUL, which the last name may lack. Removes what Windows adds to them
/// (``ListLeftovers``). Memory is constant, and as soon as a whole name has arrived, the reader waits for nothing more.
public final class ArrivingNames {
  /// A name as it is in the list: any bytes, possibly none.
  public struct Name: Equatable, Sendable {
    public var bytes: [UInt8]
    /// Whether the name is longer than any path can be, so that `bytes` holds only its beginning.
    public var isCut: Bool

    public init(bytes: [UInt8], isCut: Bool = false) {
      self.bytes = bytes
      self.isCut = isCut
    }
  }

  public let separator: NameList.Separator
  /// `nil` if all names are in the buffer.
  private let source: (any ByteSource)?
  private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
  private var buffer: [UInt8] = []
  /// The start of the next name in the buffer.
  private var start = 0
  /// The end of the next name, if it is known.
  private var end: Int?
  /// The end of the part of the buffer that was searched for a separator.
  private var searched = 0
  /// Whether bytes of the next name were dropped.
  private var isCut = false
  private var isAtEnd = false
  private var nameCount = 0
  /// The bytes of the list that are not part of names.
  public private(set) var leftovers = ListLeftovers()

  public init(_ source: any ByteSource, separator: NameList.Separator) {
    self.source = source
    self.separator = separator
  }

  /// Gives out names that are already known. They must not contain a NUL.
  public init(_ names: [[UInt8]]) {
    source = nil
    separator = .nul
    isAtEnd = true
    for name in names { buffer += name + [separator.rawValue] }
    findEnd()
  }

  deinit { piece.deallocate() }

  /// Whether the next name is complete in the buffer.
  public var holdsName: Bool { end != nil }

  /// Reads until a name is complete. Returns `false` at the end of the list. Throws ``FileError``.
  public func waitForName() throws -> Bool {
    while end == nil {
      if isAtEnd { return false }
      try fill()
      findEnd()
    }
    return true
  }

  /// Takes the next name if it is complete in the buffer. Throws ``NameListError``.
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

  /// Reads one piece from the source.
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
    // An endless name must not fill the memory: one byte beyond the limit shows that the name is too long.
    let limit = start + StreamLimits.nameByteCount
    if buffer.count > limit {
      buffer.removeSubrange(limit...)
      isCut = true
    }
    searched = buffer.count
  }
}
