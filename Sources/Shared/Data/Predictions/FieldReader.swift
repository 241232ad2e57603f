// Rows of fields under a header, of TSV and of CSV; or without one, where the columns are known.
import ByteIO

/// Reads line after line into fields, one for each column.
final class FieldReader {
  let lines: LineReader
  /// Tab, comma or semicolon.
  private let separator: UInt8
  /// The fields of the row that was read last.
  private(set) var fields = Fields()
  /// The titles of the columns.
  private(set) var titles: [String] = [] {
    didSet { titleBytes = titles.map { Array($0.utf8) } }
  }
  /// As the header has them.
  private var titleBytes: [[UInt8]] = []
  /// How many headers there were.
  private(set) var headerCount = 0
  /// Whether the first line, which was read for the titles, is a row.
  private var holdsRow = false

  init(_ lines: LineReader, separator: UInt8) { (self.lines, self.separator) = (lines, separator) }

  var isTabbed: Bool { separator == UInt8(ascii: "\t") }

  /// Reads the titles, all different. `given` are those of an input without a header, which is not missed if it is there.
  /// Without them, the content tells which columns rows of fm-predict without a header have.
  func header(_ given: [String]? = nil) throws -> [String] {
    guard try readFields() else {
      titles = given ?? []
      return titles
    }
    var first = (0..<fields.count).map { String(decoding: fields[$0], as: UTF8.self) }
    if let given, first != given {
      titles = given
      switch HeaderWords(first, columns: given) {
      case .row:
        holdsRow = true
        try checkCount()
      case .sameColumns:
        headerCount = 1
        titleBytes = first.map { Array($0.utf8) }
      case .otherColumns:
        throw PredictionError.row(lines.place(), .columnsContradicted(given: given, found: first))
      }
    } else if given == nil, let told = HeaderlessColumns.titles(of: first) {
      holdsRow = true
      titles = told
    } else {
      // Blanks around titles are what people typed.
      first = first.map { String($0.drop { $0 == " " }) }
      titles = first
      headerCount = 1
    }
    var places: Set<String> = []
    for title in titles where !places.insert(title).inserted {
      if HeaderWords.areAbsent(in: titles) { throw PredictionError.row(lines.place(), .rowForHeader(title)) }
      throw PredictionError.row(lines.place(column: title), .columnTwice)
    }
    return titles
  }

  /// Reads a row, and returns `false` at the end of the input. Headers between rows are passed over: outputs of several
  /// commands were put together.
  func next() throws -> Bool {
    if holdsRow {
      holdsRow = false
      return true
    }
    while try readFields() {
      guard try isHeader else {
        try checkCount()
        return true
      }
      headerCount += 1
    }
    return false
  }

  /// A field that holds a name, without the apostrophe by which CSV keeps spreadsheets from running it.
  func name(_ column: Int) -> ArraySlice<UInt8> {
    isTabbed ? fields[column] : FormulaGuard.removed(from: fields[column])
  }

  private func checkCount() throws {
    guard fields.count != titles.count else { return }
    try lines.checkNextLine()
    let problem = RowProblem.fieldCount(expected: titles.count, found: fields.count)
    throw PredictionError.row(lines.place(), problem)
  }

  /// Whether the fields are the titles again. Throws where they are those of another table.
  private var isHeader: Bool {
    get throws {
      if titles.count > 1, fields.count == titles.count,
        titleBytes.indices.allSatisfy({ fields[$0].elementsEqual(titleBytes[$0]) })
      {
        return true
      }
      // Of rows, few have a field that is called so, and no other is looked at closer.
      guard (0..<fields.count).contains(where: { fields[$0].elementsEqual("class".utf8) }) else {
        return false
      }
      let known = (0..<fields.count).count { PredictionColumn.isTitle(fields[$0]) }
      guard known >= 2 else { return false }
      let found = (0..<fields.count).map { String(decoding: fields[$0], as: UTF8.self) }
      guard found.contains(PredictionColumn.label(1)), known == found.count else { return false }
      throw PredictionError.row(lines.place(), .otherHeader(expected: titles, found: found))
    }
  }

  private func readFields() throws -> Bool {
    guard try lines.advance() else { return false }
    if isTabbed {
      lines.withLine { fields.split(tabbed: $0) }
      return true
    }
    do {
      // A quoted field may go on after a line feed.
      while try !lines.withLine({ try fields.split($0, separator: separator) }) {
        guard try lines.extend() else { throw RowProblem.quoteNotClosed }
      }
      return true
    } catch let problem as RowProblem {
      try lines.checkNextLine()
      throw PredictionError.row(lines.place(), problem)
    }
  }
}
