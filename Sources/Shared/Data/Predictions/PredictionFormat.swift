// The formats of predictions, and their recognition by the first bytes. All formats have the same columns:
//
//     name         the record's name, escaped; if records have no names, `record`, their number from 0
//     truth        the true class, if the records are labelled
//     class        the predicted class; empty (JSON: null) if less likely than the minimum or the class's threshold
//     probability  the predicted class's probability, even if the class is empty
//     class2       the second likeliest class, and so on up to the requested number
//     probability2
//     p:CLASS      the probability of CLASS, one column per class (JSON: one object, `probabilities`)
//     error        the reason if a row has no prediction, else empty (JSON: null). The columns between the name and
//                  this one are empty (JSON: null) if there is an error
//
// If records have logarithms, the columns of probabilities are `log_probability`, `log_probability2` …, `log_p:CLASS`
// and `log_probabilities`.
import ByteIO

/// A format of predictions.
public enum PredictionFormat: String, CaseIterable, Sendable {
  /// A header, and one line per record, with fields separated by tabs.
  case tsv
  /// The same with commas and the quotes of RFC 4180. Lines end with a line feed only.
  case csv
  /// One JSON object per line.
  case jsonl
  /// A tensor stream (docs/stream-format.md).
  case raw
}

/// The content of predictions in the text formats.
public struct PredictionTextOptions: Equatable, Sendable {
  /// The text for a class: its name or its index.
  public enum Labels: String, CaseIterable, Sendable {
    case name
    case index
  }

  /// The number of classes that a row names, the likeliest first: 1 to the number of classes.
  public var top = 1
  /// Whether a row has the probability of every class.
  public var showsProbabilities = false
  /// The text for classes. Classes without names are always written as indices.
  public var labels = Labels.name
  /// The minimum probability for naming a class. Less likely classes are left empty; their probabilities are still
  /// shown.
  public var minimumProbability: Float = 0
  /// A minimum for each class, or empty if all have `minimumProbability`. The larger of both applies.
  public var minimumProbabilities: [Float] = []
  /// Whether the output begins with the names of the columns. JSON Lines never do.
  public var hasHeader = true
  /// Whether a row may have an error instead of a prediction. Records must then have names.
  public var showsErrors = false

  public init() {}
}

// MARK: - Recognition

extension PredictionFormat {
  /// Determines the format from the first bytes.
  init(of source: PeekedSource) throws {
    try source.dropByteOrderMark()
    let bytes = try source.firstBytes()
    let kind = FileKind(firstBytes: bytes)
    let foreign = PredictionError.foreign(name: source.name, found: FileKind.found(bytes))
    switch bytes.first {
    case nil: throw PredictionError.empty(name: source.name)
    // One byte is enough: the stream's reader says what is wrong if the others do not follow.
    case FileKind.tensorStreamSignature[0]: self = .raw
    case UInt8(ascii: "[") where source.beginsArray(bytes):
      throw PredictionError.jsonArray(name: source.name)
    case UInt8(ascii: "{"):
      if kind == .utf16 { throw foreign }
      try source.checkFailure()
      self = .jsonl
    default:
      // The whole line must be text, not only the bytes that show the kind.
      let line = try source.firstLine(limit: LineReader.byteLimit)
      let isText = line.allSatisfy { $0 >= 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
      guard isText, kind != .html, kind != .xml, String(validating: line, as: UTF8.self) != nil else {
        throw foreign
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

  /// Returns a description of the first bytes if they cannot be a table's text; `nil` for text and for an empty input.
  func foundNoText() throws -> FoundContent? {
    let bytes = try firstBytes()
    let kind = FileKind(firstBytes: bytes)
    return !bytes.isEmpty && (kind.isNoPlainText || kind == .utf16) ? FileKind.found(bytes) : nil
  }
}
