// Reads the true classes of records by name, for predictions that do not have them. The file has one of the formats of
// predictions, and its classes stay names until the predictions say what theirs are. ImageFiles/LabelTable.swift reads
// the tables that give pictures their labels, and turns classes into labels immediately.
import ByteIO
import TensorStream

/// A file of true classes, which is read whole. It is TSV or CSV with a column of names and one of classes
/// (``TableColumns``), or a tensor stream whose records have names and labels.
///
/// Memory holds a name and a number for each record. Looking up a name takes constant time.
public final class TrueClasses {
  /// The file's name in messages.
  public let name: String
  /// The records' names in their displayed form, in the order of the file. All are different.
  public private(set) var names: [[UInt8]] = []
  /// The distinct labels in their displayed form.
  public private(set) var labels: [[UInt8]] = []
  /// Whether labels are indices of classes, as in a tensor stream.
  public private(set) var areNumbered = false
  /// The class names, if a tensor stream has them.
  public private(set) var classNames: [String]?

  private var positions: [[UInt8]: Int] = [:]
  /// The index of each name's label.
  private var labelIndices: [Int32] = []
  private var indices: [[UInt8]: Int32] = [:]
  private var repeated: (count: Int, name: [UInt8], first: RowPlace.Row, second: RowPlace.Row)?
  /// The line or record of each name, until all are read.
  private var rows: [Int] = []

  /// Reads the file. Throws a ``PredictionError``, `StreamError` or `FileError`.
  ///
  /// - Complexity: O(n) on average for n bytes of the file.
  public init(_ source: any ByteSource) throws {
    let source = PeekedSource(source)
    name = source.name
    let form = try Self.form(of: source)
    switch form {
    case .raw: try read(TensorStreamReader(source))
    case .tsv, .csv:
      let separator = try source.separator(of: form)
      try read(LineReader(source), separator: separator)
    case .jsonl: throw PredictionError.notTruth(name: name, found: FoundContent("JSON"))
    }
    if let repeated {
      throw PredictionError.truthTwice(
        RowPlace(name: name, row: repeated.second), record: String(decoding: repeated.name, as: UTF8.self),
        first: repeated.first, count: repeated.count)
    }
    if names.isEmpty { throw PredictionError.noTruths(name: name) }
    rows = []
  }

  /// Returns the position of a name in the file's order; `nil` if the file does not have the name.
  public func position(of name: [UInt8]) -> Int? { positions[name] }

  /// Returns the index in `labels` of the label at a position.
  public func labelIndex(at position: Int) -> Int { Int(labelIndices[position]) }

  // MARK: Reading

  /// Determines the format of the file, which is one of the formats of predictions.
  private static func form(of source: PeekedSource) throws -> PredictionFormat {
    do {
      return try PredictionFormat(of: source)
    } catch PredictionError.empty(let name) {
      throw PredictionError.notTruth(name: name, found: FoundContent("no bytes at all"))
    } catch PredictionError.jsonArray(let name) {
      throw PredictionError.notTruth(name: name, found: FoundContent("a JSON array"))
    } catch PredictionError.foreign(let name, let found) {
      throw PredictionError.notTruth(name: name, found: found)
    }
  }

  private func read(_ reader: TensorStreamReader) throws {
    guard reader.format.hasNames && reader.format.hasLabels else {
      throw PredictionError.truthLacksFields(name: name)
    }
    areNumbered = true
    // Labels are single bytes.
    labels = (0..<256).map { Array("\($0)".utf8) }
    var batch = RecordBatch(format: reader.format)
    while try reader.read(into: &batch, limit: 256) > 0 {
      for index in 0..<batch.count {
        var name: [UInt8] = []
        appendDisplayed(batch.names[index], to: &name)
        add(name, label: Int32(batch.labels[index]), .record(rows.count))
      }
    }
    classNames = reader.classes
    for (index, name) in (classNames ?? []).enumerated() { labels[index] = Array(displayed(name).utf8) }
  }

  private func read(_ lines: LineReader, separator: UInt8) throws {
    let reader = FieldReader(lines, separator: separator)
    let (nameColumn, labelColumn) = try columns(reader.header(), lines)
    while try reader.next() {
      let label = cleaned(reader.name(labelColumn))
      if label.isEmpty {
        throw PredictionError.row(lines.place(column: reader.titles[labelColumn]), .labelEmpty)
      }
      let index = indices[label] ?? Int32(labels.count)
      if index == labels.count {
        guard labels.count < ClassTable.limit else {
          throw PredictionError.row(lines.place(), .tooManyClasses(limit: ClassTable.limit))
        }
        indices[label] = index
        labels.append(label)
      }
      add(cleaned(reader.name(nameColumn)), label: index, .line(lines.number))
    }
  }

  /// Finds the columns of names and of true classes.
  private func columns(_ titles: [String], _ lines: LineReader) throws(PredictionError) -> (
    name: Int, label: Int
  ) {
    guard let name = TableColumns.name(in: titles) else {
      throw .row(lines.place(), .columnMissing(PredictionColumn.name, found: titles))
    }
    guard let column = TableColumns.truth(in: titles) else {
      throw .row(lines.place(), .truthMissing(found: titles))
    }
    let isPredicted = PredictionColumn.Scale.allCases.contains { titles.contains($0.probability(1)) }
    if titles[column] == PredictionColumn.label(1), isPredicted {
      throw .row(lines.place(), .truthIsPredicted)
    }
    return (name, column)
  }

  private func add(_ name: [UInt8], label: Int32, _ row: RowPlace.Row) {
    if let position = positions[name] {
      let first: RowPlace.Row = areNumbered ? .record(rows[position]) : .line(rows[position])
      repeated = repeated.map { ($0.count + 1, $0.name, $0.first, $0.second) } ?? (1, name, first, row)
      return
    }
    positions[name] = names.count
    names.append(name)
    labelIndices.append(label)
    switch row {
    case .line(let number), .record(let number): rows.append(number)
    }
  }
}
