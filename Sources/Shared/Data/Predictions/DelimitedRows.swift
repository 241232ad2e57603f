// Reads predictions from TSV or CSV.

/// Reads rows of fields under a header. Columns may come in any order, and unknown columns are ignored.
final class DelimitedRows: RowSource {
  private(set) var columns = PredictionColumns()
  /// The classes that are known beforehand.
  private(set) var classes = ClassTable()
  var place: RowPlace { lines.place() }

  private let lines: LineReader
  private let reader: FieldReader
  private let header: [String]
  private var fields: Fields { reader.fields }
  private var scale = PredictionColumn.Scale.plain
  // The indices of the known columns.
  private var name: Int?
  private var record: Int?
  private var truth: Int?
  private var error: Int?
  /// The number of records in the tables before the current one, the largest number so far plus 1, and the number of
  /// headers; see ``number(_:)``.
  private var (firstRecord, nextRecord, headerCount) = (0, 0, 0)
  private var ranked: [Int] = []
  private var probability: Int?
  /// The column of each rank's probability, if there is one.
  private var rankedProbabilities: [Int?] = []
  private var probabilities: [(column: Int, label: Int)] = []

  /// Reads the header. `given` are the class names that the user gave, if any; `titles` are the columns of a table
  /// without a header.
  init(_ reader: FieldReader, given: [String]?, titles: [String]?) throws {
    self.reader = reader
    lines = reader.lines
    header = try reader.header(titles)
    try findColumns()
    try findProbabilities(given)
  }

  // MARK: The header

  private func findColumns() throws {
    let places = Dictionary(uniqueKeysWithValues: zip(header, header.indices))
    guard let label = places[PredictionColumn.label(1)] else {
      let problem = RowProblem.columnMissing(PredictionColumn.label(1), found: header)
      throw PredictionError.row(lines.place(), problem)
    }
    do {
      scale = try PredictionColumn.Scale(of: header)
    } catch {
      throw PredictionError.row(lines.place(), error)
    }
    ranked = [label]
    while let runnerUp = places[PredictionColumn.label(ranked.count + 1)] { ranked.append(runnerUp) }
    rankedProbabilities = ranked.indices.map { places[scale.probability($0 + 1)] }
    name = places[PredictionColumn.name]
    record = places[PredictionColumn.record]
    truth = places[PredictionColumn.truth]
    probability = places[scale.probability(1)]
    error = places[PredictionColumn.error]
    columns.hasNames = name != nil
    columns.hasErrors = error != nil
    columns.hasRecords = record != nil
    columns.hasTruth = truth != nil
    columns.hasProbability = probability != nil
    columns.isLogarithmic = scale == .logarithmic
    columns.rankCount = ranked.count
  }

  private func findProbabilities(_ given: [String]?) throws {
    let shown = header.indices.filter { header[$0].hasPrefix(scale.classPrefix) }
    let labels = shown.map { Array(header[$0].utf8.dropFirst(scale.classPrefix.utf8.count)) }
    do throws(RowProblem) {
      classes = try ClassTable(given: given, shown: labels)
      for (column, label) in zip(shown, labels) {
        probabilities.append((column, try classes.index(of: label)))
      }
    } catch {
      throw PredictionError.row(lines.place(), error)
    }
    columns.hasProbabilities = !labels.isEmpty
  }

  // MARK: Rows

  func next(_ row: inout PredictionRow, _ classes: inout ClassTable) throws -> Bool {
    guard try reader.next() else { return false }
    if let name { row.name = cleaned(reader.name(name)) }
    if let record { row.record = number(fields[record]) }
    row.isUnanswered = try isUnanswered
    if row.isUnanswered {
      row.clear()
      return true
    }
    row.truth = try truth.map { try label($0, &classes) }
    row.predicted = fields[ranked[0]].isEmpty ? nil : try label(ranked[0], &classes)
    row.runnersUp.removeAll(keepingCapacity: true)
    for column in ranked.dropFirst() where !fields[column].isEmpty {
      row.runnersUp.append(try label(column, &classes))
    }
    row.probability = try probability.map(value)
    if ranked.count > 1 { try checkOrder() }
    if columns.hasProbabilities {
      if row.probabilities.count != classes.names.count {
        row.probabilities = [Float](repeating: 0, count: classes.names.count)
      }
      for (column, label) in probabilities {
        row.probabilities[label] = try value(column)
      }
    }
    return true
  }

  /// Whether the row has an error instead of a prediction. Throws if it has both.
  private var isUnanswered: Bool {
    get throws {
      guard let error, !fields[error].isEmpty else { return false }
      if fields[ranked[0]].isEmpty { return true }
      let text = String(decoding: fields[error], as: UTF8.self)
      throw PredictionError.row(lines.place(column: header[error]), .classBesideError(text))
    }
  }

  /// Throws if a class is less likely than the one after it.
  private func checkOrder() throws {
    var before: Float?
    for case let column? in rankedProbabilities where !fields[column].isEmpty {
      let value = try value(column)
      if let before, isAbove(value, before) {
        throw PredictionError.row(
          lines.place(column: header[column]), .rankOrder(header[column], value, before: before))
      }
      before = value
    }
  }

  /// Returns a record's number. Every table counts from 0 after its header. The numbers of a later table are shifted,
  /// so that they continue those of the tables before it, as in joined streams.
  private func number(_ field: ArraySlice<UInt8>) -> Int? {
    if reader.headerCount != headerCount { (firstRecord, headerCount) = (nextRecord, reader.headerCount) }
    guard let number = decimalValue(field), number < Int.max / 2 else { return nil }
    nextRecord = max(nextRecord, firstRecord + number + 1)
    return firstRecord + number
  }

  private func label(_ column: Int, _ classes: inout ClassTable) throws -> Int {
    do {
      return try classes.index(of: reader.name(column))
    } catch {
      throw PredictionError.row(lines.place(column: header[column]), error)
    }
  }

  private func value(_ column: Int) throws -> Float {
    do {
      return try Predictions.probability(fields[column], scale)
    } catch {
      throw PredictionError.row(lines.place(column: header[column]), error)
    }
  }
}
