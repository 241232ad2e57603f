// Predictions as TSV or CSV.

/// Reads rows of fields under a header. Columns may come in any order; those of other names are ignored.
final class DelimitedRows: RowSource {
  private(set) var columns = PredictionColumns()
  /// The classes that are known beforehand.
  private(set) var classes = ClassTable()
  var place: RowPlace { lines.place() }

  private let lines: LineReader
  private let isTabbed: Bool
  private var fields = Fields()
  private var header: [String] = []
  private var scale = PredictionColumn.Scale.plain
  // The columns that are wanted.
  private var name: Int?
  private var record: Int?
  private var truth: Int?
  private var ranked: [Int] = []
  private var probability: Int?
  private var probabilities: [(column: Int, label: Int)] = []

  /// Reads the header. `given` are the classes' names where the user gave them.
  init(_ lines: LineReader, isTabbed: Bool, given: [String]?) throws {
    self.lines = lines
    self.isTabbed = isTabbed
    _ = try readFields()
    header = (0..<fields.count).map { String(decoding: fields[$0], as: UTF8.self) }
    // Excel begins its CSV files with a byte-order mark.
    if header.first?.unicodeScalars.first == "\u{FEFF}" { header[0].unicodeScalars.removeFirst() }
    try findColumns()
    try findProbabilities(given)
  }

  // MARK: The header

  private func findColumns() throws {
    var places: [String: Int] = [:]
    for (index, column) in header.enumerated() where places.updateValue(index, forKey: column) != nil {
      throw PredictionError.row(lines.place(column: column), .columnTwice)
    }
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
    name = places[PredictionColumn.name]
    record = places[PredictionColumn.record]
    truth = places[PredictionColumn.truth]
    probability = places[scale.probability(1)]
    columns.hasNames = name != nil
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
    guard try readFields() else { return false }
    guard fields.count == header.count else {
      let problem = RowProblem.fieldCount(expected: header.count, found: fields.count)
      throw PredictionError.row(lines.place(), problem)
    }
    if let name { row.name = cleaned(fields[name]) }
    if let record { row.record = decimalValue(fields[record]) }
    row.truth = try truth.map { try label($0, &classes) }
    row.predicted = fields[ranked[0]].isEmpty ? nil : try label(ranked[0], &classes)
    row.runnersUp.removeAll(keepingCapacity: true)
    for column in ranked.dropFirst() where !fields[column].isEmpty {
      row.runnersUp.append(try label(column, &classes))
    }
    row.probability = try probability.map(value)
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

  private func label(_ column: Int, _ classes: inout ClassTable) throws -> Int {
    do {
      return try classes.index(of: fields[column])
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
