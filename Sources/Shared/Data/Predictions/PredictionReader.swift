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

extension PredictionFormat {
  /// Determines the format from the first bytes.
  init(of source: PeekedSource) throws {
    try source.dropByteOrderMark()
    let bytes = try source.firstBytes()
    switch bytes.first {
    case nil: throw PredictionError.empty(name: source.name)
    case 0x93: self = .raw
    case UInt8(ascii: "[") where source.beginsArray(bytes):
      throw PredictionError.jsonArray(name: source.name)
    case UInt8(ascii: "{"):
      let kind = FileKind(firstBytes: Array(bytes.prefix(FileKind.byteCount)))
      if kind == .utf16 { throw PredictionError.foreign(name: source.name, found: FileKind.found(bytes)) }
      try source.checkFailure()
      self = .jsonl
    default:
      let line = try source.firstLine(limit: LineReader.byteLimit)
      let isText = line.allSatisfy { $0 >= 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
      let kind = FileKind(firstBytes: Array(bytes.prefix(FileKind.byteCount)))
      guard isText, kind != .html, kind != .xml, String(validating: line, as: UTF8.self) != nil else {
        throw PredictionError.foreign(name: source.name, found: FileKind.found(bytes))
      }
      let isSeparated = line.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ";") }
      self = line.contains(UInt8(ascii: "\t")) || !isSeparated ? .tsv : .csv
    }
  }
}

extension PeekedSource {
  /// Whether bytes that begin with a bracket are the beginning of a JSON array of objects.
  fileprivate func beginsArray(_ bytes: ArraySlice<UInt8>) -> Bool {
    let next = bytes.dropFirst().first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    return next == nil || next == UInt8(ascii: "{") || next == UInt8(ascii: "]")
  }

  /// Returns the separator between the fields of a table. If the decimal separator is a comma, spreadsheets write
  /// semicolons between fields; the first line then has more semicolons than commas.
  func separator(of format: PredictionFormat) throws -> UInt8 {
    guard format == .csv else { return UInt8(ascii: "\t") }
    let line = try firstLine(limit: LineReader.byteLimit)
    let (commas, semicolons) = (
      line.count { $0 == UInt8(ascii: ",") }, line.count { $0 == UInt8(ascii: ";") }
    )
    return UInt8(ascii: semicolons > commas ? ";" : ",")
  }

  /// Throws if the first line reports that the command that wrote the input failed.
  public func checkFailure() throws {
    var line = try firstLine(limit: LineReader.byteLimit)
    if line.last == UInt8(ascii: "\n") { line.removeLast() }
    guard let message = FailureLine.message(of: line) else { return }
    throw PredictionError.row(RowPlace(name: name, row: .line(1)), .writerFailed(message))
  }
}

extension PeekedSource {
  /// Returns a description of the first bytes if they cannot be a table's text; `nil` for text and for an empty input.
  func foundNoText() throws -> String? {
    let bytes = try firstBytes()
    let kind = FileKind(firstBytes: Array(bytes.prefix(FileKind.byteCount)))
    return !bytes.isEmpty && (kind.isNoPlainText || kind == .utf16) ? FileKind.found(bytes) : nil
  }
}
