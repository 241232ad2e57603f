// Reads predictions from JSON Lines.
import ByteIO
import JSON

/// Reads rows that are JSON objects. Keys may come in any order, and unknown keys are ignored. All objects must have
/// the keys of the first.
final class JSONRows: RowSource {
  private(set) var columns = PredictionColumns()
  /// The classes that are known beforehand.
  private(set) var classes = ClassTable()
  var place: RowPlace { lines.place() }

  private let lines: LineReader
  private var scale = PredictionColumn.Scale.plain
  /// The next rows: objects that were read ahead to find the columns. They are the first object with a prediction and
  /// all objects before it, which are of files without one.
  private var pending: ArraySlice<JSONValue> = []

  /// Reads the first object with a prediction. `given` are the class names that the user gave, if any.
  init(_ lines: LineReader, given: [String]?) throws {
    self.lines = lines
    guard try lines.advance() else { return }
    let object = try firstAnswer()
    guard object[PredictionColumn.label(1)] != nil else {
      throw problem(.keyMissing(PredictionColumn.label(1)))
    }
    do {
      scale = try PredictionColumn.Scale(of: keys(of: object))
    } catch {
      throw problem(error)
    }
    columns.isLogarithmic = scale == .logarithmic
    columns.hasNames = object[PredictionColumn.name] != nil
    columns.hasRecords = object[PredictionColumn.record] != nil
    columns.hasTruth = object[PredictionColumn.truth] != nil
    columns.hasErrors = object[PredictionColumn.error] != nil
    columns.hasProbability = object[scale.probability(1)] != nil
    columns.hasProbabilities = (object[scale.probabilities] ?? .null) != .null
    while object[PredictionColumn.label(columns.rankCount + 1)] != nil { columns.rankCount += 1 }
    let shown = columns.hasProbabilities ? try members(of: value(object, scale.probabilities)) : []
    do {
      classes = try ClassTable(given: given, shown: shown.map { Array($0.key.utf8) })
    } catch {
      throw problem(error, scale.probabilities)
    }
  }

  /// Returns the first object with a prediction, which shows the columns. If all objects are of files without a
  /// prediction, returns the last one.
  private func firstAnswer() throws -> JSONValue {
    while true {
      let object = try parse()
      pending.append(object)
      let error = object[PredictionColumn.error]
      let isAnswer = error == nil || error == .null || object[PredictionColumn.label(1)] != .null
      if isAnswer { return object }
      guard try lines.advance() else { return object }
    }
  }

  func next(_ row: inout PredictionRow, _ classes: inout ClassTable) throws -> Bool {
    let object: JSONValue
    if let first = pending.popFirst() {
      object = first
    } else {
      guard try lines.advance() else { return false }
      object = try parse()
    }
    if columns.hasNames {
      guard let name = try value(object, PredictionColumn.name).stringValue else {
        throw problem(.labelUnexpected, PredictionColumn.name)
      }
      row.name = cleaned(name.utf8)
    }
    if columns.hasRecords {
      // As in tables, a negative number is none.
      row.record = try value(object, PredictionColumn.record).integerValue.flatMap { $0 < 0 ? nil : $0 }
    }
    row.isUnanswered = try isUnanswered(object)
    if row.isUnanswered {
      row.clear()
      return true
    }
    row.truth = columns.hasTruth ? try label(object, PredictionColumn.truth, &classes) : nil
    row.predicted = try ranked(object, 1, &classes)
    row.runnersUp.removeAll(keepingCapacity: true)
    if columns.rankCount > 1 {
      row.runnersUp += try (2...columns.rankCount).compactMap { try ranked(object, $0, &classes) }
    }
    let key = scale.probability(1)
    row.probability = columns.hasProbability ? try probability(value(object, key), key) : nil
    if columns.rankCount > 1 { try checkOrder(object) }
    if columns.hasProbabilities { try readProbabilities(object, &row, &classes) }
    return true
  }

  private func readProbabilities(
    _ object: JSONValue, _ row: inout PredictionRow, _ classes: inout ClassTable
  ) throws {
    let key = scale.probabilities
    let members = try members(of: value(object, key))
    row.probabilities = [Float](repeating: .nan, count: classes.names.count)
    for member in members {
      do {
        row.probabilities[try classes.index(of: member.key.utf8)] = try probability(member.value, key)
      } catch let problem as RowProblem {
        throw self.problem(problem, key)
      }
    }
    if let missing = row.probabilities.firstIndex(where: \.isNaN) {
      throw problem(.classWithoutProbability(classes.names[missing]), key)
    }
  }

  /// Whether the object has an error instead of a prediction. Throws if it has both.
  private func isUnanswered(_ object: JSONValue) throws -> Bool {
    guard columns.hasErrors, let error = object[PredictionColumn.error], error != .null else { return false }
    let label = object[PredictionColumn.label(1)] ?? .null
    if label == .null { return true }
    if error == .string("") { return false }
    throw problem(.classBesideError(error.stringValue ?? error.compactText()), PredictionColumn.error)
  }

  /// Throws if a class is less likely than the one after it.
  private func checkOrder(_ object: JSONValue) throws {
    var before: Float?
    for key in (1...columns.rankCount).map(scale.probability) {
      guard let found = object[key], found != .null else { continue }
      let value = try probability(found, key)
      if let before, isAbove(value, before) { throw problem(.rankOrder(key, value, before: before), key) }
      before = value
    }
  }

  // MARK: Values

  private func parse() throws -> JSONValue {
    do {
      let value = try lines.withLine { try JSONValue(parsing: $0) }
      guard case .object = value else { throw problem(.notAnObject) }
      return value
    } catch let error as JSONError {
      try lines.checkNextLine()
      throw problem(.notJSON(error))
    }
  }

  private func value(_ object: JSONValue, _ key: String) throws -> JSONValue {
    guard let value = object[key] else { throw problem(.keyMissing(key)) }
    return value
  }

  private func keys(of object: JSONValue) -> [String] {
    guard case .object(let members) = object else { return [] }
    return members.map(\.key)
  }

  private func members(of value: JSONValue) throws -> [JSONValue.Member] {
    guard case .object(let members) = value else {
      throw problem(.notAnObject, scale.probabilities)
    }
    return members
  }

  /// Returns the class of a rank; `nil` if the model abstained.
  private func ranked(_ object: JSONValue, _ rank: Int, _ classes: inout ClassTable) throws -> Int? {
    let key = PredictionColumn.label(rank)
    return try value(object, key) == .null ? nil : label(object, key, &classes)
  }

  private func label(_ object: JSONValue, _ key: String, _ classes: inout ClassTable) throws -> Int {
    let value = try value(object, key)
    guard let text = value.stringValue ?? value.integerValue.map(String.init) else {
      throw problem(.labelUnexpected, key)
    }
    do {
      return try classes.index(of: text.utf8)
    } catch {
      throw problem(error, key)
    }
  }

  private func probability(_ value: JSONValue, _ key: String) throws -> Float {
    guard case .number(let text) = value else {
      let text = value.compactText()
      throw problem(scale == .plain ? .notAProbability(text) : .notALogarithm(text), key)
    }
    do {
      return try Predictions.probability(text.utf8, scale)
    } catch {
      throw problem(error, key)
    }
  }

  private func problem(_ problem: RowProblem, _ column: String? = nil) -> PredictionError {
    .row(lines.place(column: column), problem)
  }
}
