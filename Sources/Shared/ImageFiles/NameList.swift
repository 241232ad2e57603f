// Lists of file names: a name a line, or each ended by NUL, as `find -print0` writes them.
import ByteIO
import TensorStream

/// The parts of an input between separators, one at a time, in constant memory.
final class SeparatedInput {
  private let source: any ByteSource
  private let separator: UInt8
  private let limit: Int
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
  private var pending = 0..<0
  /// Whether the last part was ended by a separator, and not by the input's end.
  private(set) var isEnded = true
  /// The number of the last part, counted from 1.
  private(set) var number = 0

  /// Of a part longer than `limit`, the first `limit` + 1 bytes are kept: enough to see that it is.
  init(_ source: any ByteSource, separator: UInt8, limit: Int) {
    self.source = source
    self.separator = separator
    self.limit = limit
  }

  deinit { buffer.deallocate() }

  /// The next part without its separator, `nil` at the end. Throws a `FileError`.
  func next() throws -> [UInt8]? {
    var part: [UInt8] = []
    isEnded = false
    var isBegun = false
    while !isEnded {
      if pending.isEmpty {
        pending = 0..<(try source.read(into: buffer))
        if pending.isEmpty { break }
      }
      isBegun = true
      let bytes = buffer[pending]
      let end = bytes.firstIndex(of: separator)
      let piece = bytes[..<(end ?? pending.upperBound)]
      part.append(contentsOf: piece.prefix(limit + 1 - part.count))
      isEnded = end != nil
      pending = (end.map { $0 + 1 } ?? pending.upperBound)..<pending.upperBound
    }
    if isBegun { number += 1 }
    return isBegun ? part : nil
  }
}

/// A list of names in a file, or in what arrives from somewhere else, that can be gone through again.
public struct NameList {
  /// What names are ended by.
  public enum Separator: UInt8, Sendable {
    case newline = 0x0A
    case nul = 0
  }
  private let path: FilePath
  private let separator: Separator
  /// What a list held that cannot be read twice.
  private var held: [UInt8]?
  private let first: InputFile

  /// Opens a list; `-` is standard input. Throws a `FileError`.
  public init(path: FilePath, separator: Separator) throws {
    self.path = path
    self.separator = separator
    first = try InputFile(path: path)
  }

  /// The open list, for those who have something to ask before it is read.
  public var input: InputFile { first }

  /// Sees to it that the list can be gone through twice: one that is no file, and does not come twice, is read into memory.
  public mutating func holdIfNeeded() throws {
    // A list of ten million names of a hundred letters.
    if first.byteCount == nil || path == "-" { held = try first.readAll(limit: 1 << 30) }
  }

  func open(again: Bool) throws -> SeparatedInput {
    let source: any ByteSource =
      if let held { HeldInput(name: first.name, held) } else if again { try InputFile(path: path) } else {
        first
      }
    return SeparatedInput(source, separator: separator.rawValue, limit: StreamLimits.nameByteCount)
  }
}

/// Bytes in memory.
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
