// Reads predictions of any format row by row.
import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Reads predictions in constant memory. The first bytes determine the format: a tensor stream, JSON Lines, or a table
/// with tabs, commas or semicolons.
public final class PredictionReader {
  /// The input's name in error messages.
  public let name: String
  public let format: PredictionFormat
  public let columns: PredictionColumns
  /// The classes found so far. They are complete and have their names only after ``next(_:)`` has returned `false`.
  public private(set) var classes: ClassTable
  /// The number of rows read so far.
  public private(set) var rowCount = 0

  /// Whether the user gave the class names.
  public let areClassesGiven: Bool

  /// Whether semicolons separate the columns of a table. Spreadsheets write them if the decimal separator is a comma.
  public private(set) var isSeparatedBySemicolons = false

  private let rows: any RowSource

  /// Reads the header of the input, or its first row. `classes` are the class names in order. Without them, the input
  /// names its classes, or they are the classes that occur. `titles` are the columns of a table without a header.
  ///
  /// Throws a ``PredictionError``, `StreamError` or `FileError`.
  public init(_ source: any ByteSource, classes given: [String]? = nil, titles: [String]? = nil) throws {
    let source = source as? PeekedSource ?? PeekedSource(source)
    name = source.name
    areClassesGiven = given != nil
    format = try PredictionFormat(of: source)
    if titles != nil, format == .raw || format == .jsonl {
      throw PredictionError.columnsOfNoTable(name: name, format)
    }
    switch format {
    case .raw:
      let rows = try RecordRows(source, given: given)
      (self.rows, classes, columns) = (rows, rows.classes, rows.columns)
    case .jsonl:
      let rows = try JSONRows(LineReader(source), given: given)
      (self.rows, classes, columns) = (rows, rows.classes, rows.columns)
    case .tsv, .csv:
      let separator = try source.separator(of: format)
      isSeparatedBySemicolons = separator == UInt8(ascii: ";")
      let rows = try DelimitedRows(
        FieldReader(LineReader(source), separator: separator), given: given, titles: titles)
      (self.rows, classes, columns) = (rows, rows.classes, rows.columns)
    }
  }

  /// Replaces `row` with the next row. Returns `false` at the proper end of the input.
  ///
  /// - Complexity: O(n) for n bytes of the row.
  public func next(_ row: inout PredictionRow) throws -> Bool {
    guard try rows.next(&row, &classes) else { return false }
    rowCount += 1
    if row.isUnanswered { return true }
    if columns.isLogarithmic { computeProbabilities(&row) }
    if columns.hasProbabilities { try checkSum(row) }
    if format != .raw { try checkAgreement(row) }
    return true
  }

  /// Returns the class of a label from another source, in its displayed form, as if it were in a row.
  public func index(ofLabel label: [UInt8]) throws(RowProblem) -> Int { try classes.index(of: label) }

  /// Whether the classes have names; known after ``next(_:)`` has returned `false`.
  public var areClassesNamed: Bool { areClassesGiven || rows.namesClasses }

  /// Whether records have numbers: in a column, or by their place in a tensor stream.
  public var hasNumbers: Bool { columns.hasRecords || format == .raw }

  /// Returns the number of the record that was just read; `nil` if it has none.
  public func number(of row: PredictionRow) -> Int? { columns.hasRecords ? row.record : rowCount - 1 }

  /// The place of the latest row, for messages.
  public var place: RowPlace { rows.place }

  /// Moves the logarithms, which the input has in place of probabilities, to `logarithms` and computes the
  /// probabilities.
  private func computeProbabilities(_ row: inout PredictionRow) {
    func probability(_ logarithm: Float) -> Float { Float(exp(Double(logarithm))) }
    row.probability = row.probability.map(probability)
    swap(&row.logarithms, &row.probabilities)
    row.probabilities.removeAll(keepingCapacity: true)
    row.probabilities.append(contentsOf: row.logarithms.lazy.map(probability))
  }

  /// Throws if a row contradicts itself: its class has two probabilities that rounding to a few digits does not
  /// explain, or a class appears twice.
  private func checkAgreement(_ row: PredictionRow) throws {
    if let predicted = row.predicted, let value = row.probability, columns.hasProbabilities,
      abs(value - row.probabilities[predicted]) > 0.01
    {
      throw PredictionError.row(
        rows.place,
        .probabilityDiffers(classes.names[predicted], value, ofClass: row.probabilities[predicted]))
    }
    for (rank, label) in row.runnersUp.enumerated()
    where label == row.predicted || row.runnersUp[..<rank].contains(label) {
      throw PredictionError.row(rows.place, .rankTwice(classes.names[label]))
    }
  }

  /// Throws if the probabilities do not add up to 1. Metrics of scores that are not a distribution, such as logits,
  /// would be meaningless. The tolerance accepts probabilities that were rounded to a few digits.
  private func checkSum(_ row: PredictionRow) throws {
    let sum = row.probabilities.reduce(0.0) { $0 + Double($1) }
    if abs(sum - 1) > 0.01 { throw PredictionError.row(rows.place, .probabilitySum(sum)) }
  }
}
