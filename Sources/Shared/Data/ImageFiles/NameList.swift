// A list of file names that can be read more than once: one name per line, or each ended by a NUL, as `find -print0`
// writes them. ArrivingNames.swift reads the names.
import ByteIO

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

  /// Starts to read the list. `again` says that it was read before.
  func open(again: Bool) throws -> ArrivingNames {
    let source: any ByteSource =
      if let held { HeldInput(name: first.name, held) } else if again { try InputFile(path: path) } else {
        first
      }
    return ArrivingNames(source, separator: separator)
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
