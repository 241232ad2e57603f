// What predictions are compared with: an earlier report, or earlier predictions of the same records.
import ByteIO
import JSON
import Predictions

/// An earlier evaluation.
public struct Baseline {
  /// What messages call it.
  let name: String
  /// The earlier report, with all its figures.
  let report: JSONValue
  /// The earlier predictions, where they are there.
  let predictions: BaselinePredictions?

  /// Reads a JSON report of ours, or predictions of any form, which are kept in memory: a byte or two and the name a
  /// record. `classes` are the names that the user gave, `truths` the true classes of predictions that have none.
  public init(
    _ source: any ByteSource, name: String? = nil, classes: [String]? = nil, titles: [String]? = nil,
    truths: Truths? = nil, confidence: Double
  ) throws {
    let source = PeekedSource(source)
    self.name = name ?? source.name
    if try Self.isReport(source) {
      report = try Self.verifiedReport(source, name: self.name)
      predictions = nil
      return
    }
    let rows = try JudgedRows(source, classes: classes, titles: titles, truths: truths, prefersOwn: true)
    let reader = rows.reader
    var evaluator = Evaluator(columns: reader.columns, settings: IntervalSettings(confidence: confidence))
    var kept = BaselinePredictions(name: self.name, hasNames: reader.columns.hasNames)
    var row = PredictionRow()
    while let truth = try rows.next(&row) {
      evaluator.add(row, truth: truth)
      kept.append(row, truth: truth)
    }
    kept.classNames = reader.classes.names
    let figures = evaluator.figures(reader.classes)
    try rows.checkClasses(figures)
    report = .object(figures.members)
    predictions = kept
  }

  /// JSON Lines of predictions begin with a `{` too, but their first line is a whole object with a class.
  static func isReport(_ source: PeekedSource) throws -> Bool {
    try source.dropByteOrderMark()
    guard try source.firstBytes().first == UInt8(ascii: "{") else { return false }
    try source.checkFailure()
    let line = try source.firstLine(limit: 1 << 20)
    return (try? JSONValue(parsing: line))?["class"] == nil
  }

  /// A report whose figures are those of its counts. One that has no counts says nothing that can be believed.
  private static func verifiedReport(_ source: any ByteSource, name: String) throws -> JSONValue {
    let report = try readReport(source)
    _ = try StoredReport(report, name: name)
    return report
  }

  static func readReport(_ source: any ByteSource) throws -> JSONValue {
    // The confusion matrix of 1,024 classes has a million numbers.
    let content = try source.readAll(limit: 64 << 20)
    // Windows begins texts with a byte-order mark.
    let bytes = content.starts(with: [0xEF, 0xBB, 0xBF]) ? content.dropFirst(3) : content[...]
    guard FileKind.isJSON(bytes) else {
      throw EvaluationError.foreignReport(name: source.name, found: FileKind.found(bytes))
    }
    do {
      let report = try JSONValue(parsing: bytes)
      guard report["records"]?.integerValue != nil, report["accuracy"]?.doubleValue != nil else {
        throw EvaluationError.notAReport(name: source.name)
      }
      return report
    } catch let error as JSONError {
      throw EvaluationError.malformedReport(name: source.name, error)
    }
  }
}

/// Which records were right.
struct BaselinePredictions {
  let name: String
  /// The records' names, empty where there are none.
  private(set) var names: [[UInt8]] = []
  private(set) var truths: [UInt16] = []
  private(set) var isCorrect: [Bool] = []
  var classNames: [String] = []
  private let hasNames: Bool

  init(name: String, hasNames: Bool) {
    self.name = name
    self.hasNames = hasNames
  }

  var count: Int { truths.count }

  mutating func append(_ row: PredictionRow, truth: Int) {
    if hasNames { names.append(row.name) }
    // There are at most ClassTable.limit classes.
    truths.append(UInt16(truth))
    isCorrect.append(row.predicted == truth)
  }
}
