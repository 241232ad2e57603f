// Parses the rows of a table of labels, without knowing the classes.
import ByteIO
import TensorStream

/// Reads file names and classes from a table.
struct LabelTableReader {
  /// A class as it is written, and the line of its first appearance.
  typealias Text = (text: [UInt8], line: Int)

  let name: String
  /// The texts of the classes, in the order of their first appearance.
  private(set) var texts: [Text] = []
  /// The files, and the indices of their classes in `texts`.
  private(set) var files: [(name: [UInt8], line: Int, text: Int)] = []
  private var places: [[UInt8]: Int] = [:]
  private var columns = (name: 0, truth: 1)
  /// The number of columns that each row must have, if there is a header.
  private var columnCount: Int?

  init(name: String) { self.name = name }

  /// Reads the whole table. Throws a ``LabelTableError``.
  mutating func read(_ bytes: [UInt8]) throws(LabelTableError) {
    var text: TableText
    do {
      text = try TableText(content: bytes) { Self.columns(of: $0) != nil }
    } catch {
      throw .foreign(name: name, found: error.found)
    }
    var first: TableText.Row?
    while let row = try next(&text) {
      if row.byteCount > LabelTable.lineLimit { throw failure(row, .tooLong) }
      if let message = FailureLine.message(of: Array(row.fields.joined(separator: "\t".utf8))) {
        throw failure(row, .writerFailed(message))
      }
      if !row.isEnded { throw failure(row, .notEnded) }
      if first == nil {
        first = row
        if try takeHeader(row) { continue }
      }
      try take(row)
    }
    if files.isEmpty { throw .empty(name: name) }
    if columnCount == nil, let first { try checkThatItIsNoHeader(first) }
  }

  private func next(_ text: inout TableText) throws(LabelTableError) -> TableText.Row? {
    do throws(TableText.Problem) {
      return try text.next()
    } catch {
      throw .line(name: name, number: error.line, .quotes(error))
    }
  }

  private func failure(_ row: TableText.Row, _ problem: LabelTableError.Problem) -> LabelTableError {
    .line(name: name, number: row.line, problem)
  }

  // MARK: The header

  private static func columns(of fields: [[UInt8]]) -> (name: Int, truth: Int)? {
    let titles = fields.map { String(decoding: $0, as: UTF8.self) }
    guard let name = TableColumns.name(in: titles), let truth = TableColumns.truth(in: titles) else {
      return nil
    }
    return (name, truth)
  }

  /// Returns whether the first row is a header. Refuses a header with only one recognised column.
  private mutating func takeHeader(_ row: TableText.Row) throws(LabelTableError) -> Bool {
    if let found = Self.columns(of: row.fields) {
      (columns, columnCount) = (found, row.fields.count)
      return true
    }
    let titles = row.fields.map { String(decoding: $0, as: UTF8.self) }
    // A class can be called 'species', but a file is seldom called 'path'.
    let isTitle = TableColumns.name(in: titles) != nil && !row.fields.contains(where: isLikeAFile)
    if isTitle || row.fields.count != 2 && TableColumns.truth(in: titles) != nil {
      throw failure(row, .titles(titles.map { displayed($0) }))
    }
    return false
  }

  /// Refuses a first row that looks like a header of unknown words: all other names look like file names, but its own
  /// does not.
  private func checkThatItIsNoHeader(_ row: TableText.Row) throws(LabelTableError) {
    guard files.count > 1, !isLikeAFile(row.fields[0]), files.dropFirst().allSatisfy({ isLikeAFile($0.name) })
    else { return }
    throw failure(row, .titles(row.fields.map { displayed($0) }))
  }

  // MARK: Rows

  private mutating func take(_ row: TableText.Row) throws(LabelTableError) {
    guard row.fields.count == columnCount ?? 2 else {
      throw failure(row, .columns(row.fields.count, expected: columnCount))
    }
    let text = undisplayedBytes(row.fields[columns.truth][...])
    if places[text] == nil {
      guard className(text) != nil else { throw failure(row, .notAClass(displayed(text))) }
      // Numbers may stand for classes that other rows name, so there may be twice as many texts as classes.
      guard texts.count < 2 * StreamLimits.classCount else {
        throw failure(row, .tooManyClasses(limit: StreamLimits.classCount))
      }
      places[text] = texts.count
      texts.append((text, row.line))
    }
    files.append((undisplayedBytes(row.fields[columns.name][...]), row.line, places[text]!))
  }
}

/// Whether a name looks like that of a file: it has an ending or a folder.
private func isLikeAFile(_ name: [UInt8]) -> Bool {
  name.contains(UInt8(ascii: ".")) || name.contains(UInt8(ascii: "/")) || name.contains(UInt8(ascii: "\\"))
}
