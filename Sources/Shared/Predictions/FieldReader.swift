// Rows of fields under a header, of TSV and of CSV.

/// Reads line after line into fields, as many as the header has.
final class FieldReader {
  private let lines: LineReader
  private let isTabbed: Bool
  /// The fields of the row that was read last.
  private(set) var fields = Fields()
  /// The titles of the columns.
  private(set) var titles: [String] = []

  init(_ lines: LineReader, isTabbed: Bool) { (self.lines, self.isTabbed) = (lines, isTabbed) }

  /// Reads the titles, all different.
  func header() throws -> [String] {
    _ = try readFields()
    titles = (0..<fields.count).map { String(decoding: fields[$0], as: UTF8.self) }
    // Excel begins its CSV files with a byte-order mark.
    if titles.first?.unicodeScalars.first == "\u{FEFF}" { titles[0].unicodeScalars.removeFirst() }
    var places: Set<String> = []
    for title in titles where !places.insert(title).inserted {
      throw PredictionError.row(lines.place(column: title), .columnTwice)
    }
    return titles
  }

  /// Reads a row, and returns `false` at the end of the input.
  func next() throws -> Bool {
    guard try readFields() else { return false }
    guard fields.count == titles.count else {
      let problem = RowProblem.fieldCount(expected: titles.count, found: fields.count)
      throw PredictionError.row(lines.place(), problem)
    }
    return true
  }

  private func readFields() throws -> Bool {
    guard try lines.advance() else { return false }
    if isTabbed {
      lines.withLine { fields.split(tabbed: $0) }
      return true
    }
    do {
      // A quoted field may go on behind a line feed.
      while try !lines.withLine({ try fields.split(commaSeparated: $0) }) {
        guard try lines.extend() else { throw RowProblem.quoteNotClosed }
      }
      return true
    } catch let problem as RowProblem {
      throw PredictionError.row(lines.place(), problem)
    }
  }
}
