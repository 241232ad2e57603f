// Reads rows of fields from TSV and CSV, under a header or with known columns.
import ByteIO

/// Reads rows one after the other and splits them into fields, one for each column.
final class FieldReader {
  let lines: LineReader
  /// The separator: tab, comma or semicolon.
  private let separator: UInt8
  /// The fields of the latest row.
  private(set) var fields = Fields()
  /// The titles of the columns.
  private(set) var titles: [String] = [] {
    didSet { titleBytes = titles.map { Array($0.utf8) } }
  }
  /// The titles as bytes, as the header has them.
  private var titleBytes: [[UInt8]] = []
  /// The number of headers read so far.
  private(set) var headerCount = 0
  /// Whether the first line, which was read to find the titles, is a row and has not been returned yet.
  private var holdsRow = false

  init(_ lines: LineReader, separator: UInt8) { (self.lines, self.separator) = (lines, separator) }

  var isTabbed: Bool { separator == UInt8(ascii: "\t") }

  /// Reads the titles and returns them. Throws if they are not all different.
  ///
  /// `given` are the titles of an input without a header. If the input does have a header, it must have the same
  /// columns. Without `given`, the columns of headerless output of fm-predict are recognised by the first row.
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
      // People type blanks before titles.
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

  /// Reads a row. Returns `false` at the end of the input. Headers between rows are skipped: the outputs of several
  /// commands may have been concatenated.
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

  /// Returns a field that holds a name, without the apostrophe that keeps spreadsheets from running CSV fields as
  /// formulas.
  func name(_ column: Int) -> ArraySlice<UInt8> {
    isTabbed ? fields[column] : FormulaGuard.removed(from: fields[column])
  }

  private func checkCount() throws {
    guard fields.count != titles.count else { return }
    try lines.checkNextLine()
    let problem = RowProblem.fieldCount(expected: titles.count, found: fields.count)
    throw PredictionError.row(lines.place(), problem)
  }

  /// Whether the fields repeat the titles. Throws if they are the titles of another table.
  private var isHeader: Bool {
    get throws {
      if titles.count > 1, fields.count == titles.count,
        titleBytes.indices.allSatisfy({ fields[$0].elementsEqual(titleBytes[$0]) })
      {
        return true
      }
      // Few rows have a field 'class'. The others need no closer look.
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
      // A quoted field may continue after a line feed.
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
