// Reads lists of file names: one name per line, or each ended by a NUL, as `find -print0` writes them.
import ByteIO
import TensorStream

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Splits an input at separators, one part at a time, in constant memory.
final class SeparatedInput {
  private let source: any ByteSource
  let separator: NameList.Separator
  private let limit: Int
  var name: String { source.name }
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
  private var pending = 0..<0
  /// The number of the last part, counted from 1.
  private(set) var number = 0

  /// If a part is longer than `limit`, only its first `limit` + 1 bytes are kept, which shows that it is.
  init(_ source: any ByteSource, separator: NameList.Separator, limit: Int) {
    self.source = source
    self.separator = separator
    self.limit = limit
  }

  deinit { buffer.deallocate() }

  /// Returns the next part without its separator, `nil` at the end. Throws a `FileError`.
  func next() throws -> [UInt8]? {
    var part: [UInt8] = []
    var (isBegun, isEnded) = (false, false)
    while !isEnded {
      if pending.isEmpty {
        pending = 0..<(try source.read(into: buffer))
        if pending.isEmpty { break }
      }
      isBegun = true
      let bytes = buffer[pending]
      let end = bytes.firstIndex(of: separator.rawValue)
      let piece = bytes[..<(end ?? pending.upperBound)]
      part.append(contentsOf: piece.prefix(limit + 1 - part.count))
      isEnded = end != nil
      pending = (end.map { $0 + 1 } ?? pending.upperBound)..<pending.upperBound
    }
    if isBegun { number += 1 }
    return isBegun ? part : nil
  }
}

/// A list of names, in a file or from a pipe, that can be read again.
public struct NameList {
  /// The byte that ends each name.
  public enum Separator: UInt8, Sendable {
    case newline = 0x0A
    case nul = 0
  }
  private let path: FilePath
  private let separator: Separator
  /// The content of a list that cannot be read twice.
  private var held: [UInt8]?
  private let first: InputFile

  /// Opens a list; `-` is standard input. Throws a `FileError`.
  public init(path: FilePath, separator: Separator) throws {
    self.path = path
    self.separator = separator
    first = try InputFile(path: path)
  }

  /// The open list, so that callers can check it before it is read.
  public var input: InputFile { first }

  /// Makes sure that the list can be read twice. If it cannot be opened again, reads it into memory.
  public mutating func holdIfNeeded() throws {
    // The limit is a list of ten million names of a hundred letters.
    if first.byteCount == nil || path == "-" { held = try first.readAll(limit: 1 << 30) }
  }

  func open(again: Bool) throws -> SeparatedInput {
    let source: any ByteSource =
      if let held { HeldInput(name: first.name, held) } else if again { try InputFile(path: path) } else {
        first
      }
    return SeparatedInput(source, separator: separator, limit: StreamLimits.nameByteCount)
  }
}

/// Why a file is not a list of names.
public enum NameListError: Failure, Equatable {
  case utf16(name: String)
  /// `found` describes the kind of file.
  case foreign(name: String, found: String)

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

  /// Returns the name in a part of a list. If a file with that exact name exists, the name stays as it is.
  mutating func name(
    in part: [UInt8], isFirst: Bool, of list: String, _ separator: NameList.Separator
  ) throws(NameListError) -> [UInt8] {
    var name = part
    if isFirst, separator == .newline, !isThere(name) {
      if name.starts(with: [0xFF, 0xFE]) || name.starts(with: [0xFE, 0xFF]) { throw .utf16(name: list) }
      if FileKind(firstBytes: name).isNoPlainText { throw .foreign(name: list, found: FileKind.found(name)) }
      if name.starts(with: [0xEF, 0xBB, 0xBF]) { name.removeFirst(3) }
    }
    if separator == .newline, name.last == UInt8(ascii: "\r"), !isThere(name) {
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

/// A source of bytes in memory.
private final class HeldInput: ByteSource {
  let name: String
  private var rest: ArraySlice<UInt8>

  init(name: String, _ bytes: [UInt8]) {
    self.name = name
    rest = bytes[...]
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let piece = rest.prefix(buffer.count)
    buffer.copyBytes(from: piece)
    rest = rest.dropFirst(piece.count)
    return piece.count
  }
}
