// Reads the names in a list, also while they arrive from a program that pipes lines through a command and waits for the
// answers. NameList.swift has lists that can be read again.
import ByteIO
import TensorStream

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Reads names that each end with a newline or a NUL, which the last name may lack. Removes what Windows adds to them
/// (``ListLeftovers``). Memory is constant, and as soon as a whole name has arrived, the reader waits for nothing more.
public final class ArrivingNames {
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

  /// Takes the next name if it is complete in the buffer: any bytes, possibly none. Of a name that is longer than
  /// ``StreamLimits/nameByteCount``, returns one byte more than that. Throws ``NameListError``.
  ///
  /// - Complexity: O(n) amortised for n bytes of the name.
  public func next() throws(NameListError) -> [UInt8]? {
    guard let end else { return nil }
    let bytes = buffer[start..<end].prefix(Self.keptByteCount)
    nameCount += 1
    let name = try leftovers.name(
      in: Array(bytes), isWhole: !isCut && bytes.endIndex == end, isFirst: nameCount == 1,
      of: source?.name ?? "", separator)
    start = min(end + 1, buffer.count)
    searched = start
    isCut = false
    self.end = nil
    findEnd()
    return Array(name.prefix(StreamLimits.nameByteCount + 1))
  }

  /// The bytes that are kept of a long name: one more than a name can have, which shows that it is too long, and a
  /// byte-order mark.
  private static let keptByteCount = StreamLimits.nameByteCount + 1 + byteOrderMark.count

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
    // An endless name must not fill the memory.
    let limit = start + Self.keptByteCount
    if buffer.count > limit {
      buffer.removeSubrange(limit...)
      isCut = true
    }
    searched = buffer.count
  }
}

/// Why a file is not a list of names.
public enum NameListError: Failure, Equatable {
  case utf16(name: String)
  case foreign(name: String, found: FoundContent)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .utf16(let name):
      "\(name): expected names in UTF-8 or other bytes, found UTF-16; convert the list with 'iconv -f UTF-16 -t UTF-8'"
    case .foreign(let name, let found): "\(name): expected names, one per line, found \(found)"
    }
  }
}

/// Removes what lists from Windows have besides names: a byte-order mark, and carriage returns at the ends of lines.
public struct ListLeftovers: Equatable, Sendable {
  /// The number of names that were followed by a carriage return.
  public private(set) var returnCount = 0
  /// The first list with a carriage return.
  public private(set) var listName = ""

  init() {}

  /// Joins the counts of several lists.
  init(joining lists: [ListLeftovers]) {
    returnCount = lists.reduce(0) { $0 + $1.returnCount }
    listName = lists.first { $0.returnCount > 0 }?.listName ?? ""
  }

  /// Returns the name in a part of a list, or the beginning of a name if the part is not whole. If a file with that
  /// exact name exists, the name stays as it is.
  mutating func name(
    in part: [UInt8], isWhole: Bool, isFirst: Bool, of list: String, _ separator: NameList.Separator
  ) throws(NameListError) -> [UInt8] {
    var name = part
    if isFirst, separator == .newline, !isThere(name) {
      if name.starts(with: [0xFF, 0xFE]) || name.starts(with: [0xFE, 0xFF]) { throw .utf16(name: list) }
      if FileKind(firstBytes: name).isNoPlainText { throw .foreign(name: list, found: FileKind.found(name)) }
      name = Array(name.withoutByteOrderMark)
    }
    if isWhole, separator == .newline, name.last == UInt8(ascii: "\r"), !isThere(name) {
      name.removeLast()
      if returnCount == 0 { listName = list }
      returnCount += 1
    }
    return name
  }

  private func isThere(_ name: [UInt8]) -> Bool {
    var status = stat()
    return !name.contains(0) && withCString(name) { lstat($0, &status) } == 0
  }

  /// The remark about carriage returns; `nil` if there were none.
  public var remark: String? {
    returnCount == 0
      ? nil
      : "\(listName): \(counted(returnCount, "line")) \(returnCount == 1 ? "ends" : "end") with a carriage return, as"
        + " on Windows (CR LF), which was not taken as part of the name"
  }
}
