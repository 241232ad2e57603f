// Tables as spreadsheets and scripts write them: rows, fields between tabs, commas or semicolons, and the titles of
// columns.
import ByteIO

/// Splits a table that is in memory into rows.
///
/// The separator is a tab, a comma or a semicolon: one that splits the first row into known titles; else a tab, if the
/// first row has one; else one that splits the first row into two fields; else one that occurs in it; else a tab.
///
/// A field between commas or semicolons may be quoted, and then contain separators, line ends and doubled quotes
/// (RFC 4180). So may a field between tabs if the table begins with a quote. Blanks beside commas and semicolons do not
/// belong to a field unless they are quoted.
public struct TableText {
  public struct Row {
    /// The number of the row's first line, counted from 1.
    public var line: Int
    public var fields: [[UInt8]]
    /// Whether the row ends with a line end rather than with the table.
    public var isEnded: Bool
    public var byteCount: Int
  }
  /// The reason why a table cannot be split, and the line of the problem.
  public enum Problem: Error, Equatable, CustomStringConvertible {
    case quoteNotClosed(line: Int)
    case textAfterQuote(line: Int)

    public var line: Int {
      switch self {
      case .quoteNotClosed(let line), .textAfterQuote(let line): line
      }
    }

    public var description: String {
      switch self {
      case .quoteNotClosed: "expected a closing quote (\") after the opening one, found the end of the file"
      case .textAfterQuote:
        "expected a separator after a closing quote (\"), found other text; within quotes, double them"
      }
    }
  }

  /// The reason why a file is not the text of a table. Messages put `found` after "found".
  public struct Foreign: Error {
    public let found: FoundContent
  }

  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  private let separator: UInt8
  private let isQuoted: Bool

  /// Takes the content of a file: UTF-8, or UTF-16, which is converted. Skips a byte-order mark and chooses the
  /// separator. `isHeader` returns whether fields are known titles.
  ///
  /// - Complexity: O(n) for n bytes, in time and memory.
  public init(content: [UInt8], isHeader: ([[UInt8]]) -> Bool) throws(Foreign) {
    if FileKind(firstBytes: content).isNoPlainText { throw Foreign(found: FileKind.found(content)) }
    guard let text = convertedToUTF8(content), !text.contains(0) else {
      throw Foreign(found: FoundContent("UTF-16 or other bytes that are no text; save it as UTF-8"))
    }
    self.init(text, isHeader: isHeader)
  }

  /// Chooses the separator of `bytes`, which are UTF-8 without a byte-order mark.
  private init(_ bytes: [UInt8], isHeader: ([[UInt8]]) -> Bool) {
    let first = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 1).first ?? []
    func fields(_ separator: UInt8) -> [[UInt8]] {
      var text = TableText(Array(first) + [UInt8(ascii: "\n")], separator: separator)
      return (try? text.next())??.fields ?? []
    }
    let (tab, comma, semicolon) = (UInt8(ascii: "\t"), UInt8(ascii: ","), UInt8(ascii: ";"))
    let known = [tab, comma, semicolon].first { isHeader(fields($0)) }
    let likely =
      first.contains(tab)
      ? tab
      : [comma, semicolon].first { fields($0).count == 2 } ?? [comma, semicolon].first(where: first.contains)
    self.init(bytes, separator: known ?? likely ?? tab)
  }

  private init(_ bytes: [UInt8], separator: UInt8) {
    self.bytes = bytes
    self.separator = separator
    isQuoted = separator != UInt8(ascii: "\t") || bytes.first == UInt8(ascii: "\"")
  }

  /// Returns the next row that is not empty, or `nil` at the end of the table.
  ///
  /// - Complexity: O(n) for n bytes of the row and of empty lines before it.
  public mutating func next() throws(Problem) -> Row? {
    while position < bytes.count {
      let row = try takeRow()
      if row.fields != [[]] { return row }
    }
    return nil
  }

  private mutating func takeRow() throws(Problem) -> Row {
    let start = position
    var row = Row(line: line, fields: [], isEnded: false, byteCount: 0)
    while true {
      row.fields.append(try takeField())
      guard position < bytes.count else { break }
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\n") {
        line += 1
        row.isEnded = true
        break
      }
    }
    row.byteCount = position - start
    return row
  }

  /// Reads a field up to a separator, a line end or the table's end.
  private mutating func takeField() throws(Problem) -> [UInt8] {
    if separator != UInt8(ascii: "\t") { skipBlanks() }
    if isQuoted, position < bytes.count, bytes[position] == UInt8(ascii: "\"") { return try takeQuoted() }
    let start = position
    while position < bytes.count, bytes[position] != separator, bytes[position] != UInt8(ascii: "\n") {
      position += 1
    }
    var field = bytes[start..<position]
    // Windows ends lines with CR LF.
    if isAtLineEnd, field.last == UInt8(ascii: "\r") { field.removeLast() }
    if separator != UInt8(ascii: "\t") { while field.last == UInt8(ascii: " ") { field.removeLast() } }
    return Array(field)
  }

  private mutating func skipBlanks() {
    while position < bytes.count, bytes[position] == UInt8(ascii: " ") { position += 1 }
  }

  private var isAtLineEnd: Bool { position == bytes.count || bytes[position] == UInt8(ascii: "\n") }

  private mutating func takeQuoted() throws(Problem) -> [UInt8] {
    let first = line
    var field: [UInt8] = []
    position += 1
    while true {
      guard position < bytes.count else { throw .quoteNotClosed(line: first) }
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") {
        // A doubled quote stands for one quote and does not close the field.
        guard position < bytes.count, bytes[position] == byte else { break }
        position += 1
      }
      if byte == UInt8(ascii: "\n") { line += 1 }
      field.append(byte)
    }
    skipBlanks()
    if position < bytes.count, bytes[position] == UInt8(ascii: "\r") { position += 1 }
    guard isAtLineEnd || bytes[position] == separator else { throw .textAfterQuote(line: line) }
    return field
  }
}

// MARK: - Titles

/// Finds the columns of a table of true classes by their titles. Case, blanks, hyphens, underscores and full stops are
/// ignored.
public enum TableColumns {
  /// Titles of a column of names. If a table has several of them, the one that comes first in this list is used.
  public static let names = [
    "name", "path", "file", "filename", "filepath", "image", "imagename", "imagepath", "imagefile", "img",
    "imgpath", "picture", "photo", "imageid", "id",
  ]
  /// Titles of a column of classes. If a table has several of them, the one that comes first in this list is used.
  public static let classes = [
    "truth", "trueclass", "truelabel", "groundtruth", "label", "class", "classname", "labelname",
    "classlabel",
    "category", "species", "breed", "target", "tag",
  ]

  /// Advice on titles, for messages.
  public static let advice =
    "name the columns 'name' (or path, file, filename, image) and 'class' (or label, truth, category)"

  /// Returns the index of the column of names; `nil` if no title is known.
  ///
  /// - Complexity: O(n) for n titles.
  public static func name(in titles: [String]) -> Int? { first(of: names, in: titles) }

  /// Returns the index of the column of classes; `nil` if no title is known.
  ///
  /// - Complexity: O(n) for n titles.
  public static func truth(in titles: [String]) -> Int? { first(of: classes, in: titles) }

  private static func first(of known: [String], in titles: [String]) -> Int? {
    let titles = titles.map(plain)
    return known.lazy.compactMap { titles.firstIndex(of: $0) }.first
  }

  /// Returns a title in lower case, without the characters that separate its words and without a byte-order mark.
  public static func plain(_ title: String) -> String {
    let separators: Set<Unicode.Scalar> = [" ", "_", "-", ".", "\u{FEFF}"]
    return String(
      String.UnicodeScalarView(title.lowercased().unicodeScalars.filter { !separators.contains($0) }))
  }
}
