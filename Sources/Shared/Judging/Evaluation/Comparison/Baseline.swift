// The baseline of a comparison: an earlier report, or earlier predictions of the same records.
import ByteIO
import JSON
import Predictions
import TensorStream

/// An earlier evaluation.
public struct Baseline {
  /// The baseline's name in messages.
  let name: String
  /// The earlier report, with all its figures.
  let report: JSONValue
  /// The earlier predictions; `nil` if the baseline is a report.
  let predictions: BaselinePredictions?

  /// Reads a JSON report of fm-eval, or predictions in any format. Predictions stay in memory: 8 bytes and the name for
  /// each record. `classes` are the names that the user gave, `truths` are the true classes for predictions that have
  /// none, and `wanted` are figures besides those of every report.
  public init(
    _ source: any ByteSource, name: String? = nil, classes: [String]? = nil, titles: [String]? = nil,
    truths: Truths? = nil, settings: IntervalSettings = IntervalSettings(),
    wanted: WantedFigures = WantedFigures()
  ) throws {
    let source = PeekedSource(source)
    self.name = name ?? source.name
    if try Self.isReport(source) {
      report = try Self.verifiedReport(source, name: self.name, classes: classes)
      predictions = nil
      return
    }
    let rows = try JudgedRows(source, classes: classes, titles: titles, truths: truths, prefersOwn: true)
    let reader = rows.reader
    var evaluator = Evaluator(columns: reader.columns, settings: settings, wanted: wanted)
    var kept = BaselinePredictions(name: self.name, reader)
    var row = PredictionRow()
    while let truth = try rows.next(&row, unanswered: { kept.append($0, truth: nil, $1) }) {
      evaluator.add(row, truth: truth)
      kept.append(row, truth: truth, reader)
    }
    kept.classNames = reader.classes.names
    var figures = try evaluator.figures(reader.classes)
    try rows.checkClasses(figures)
    figures.unanswered = rows.unanswered
    report = .object(figures.members)
    predictions = kept
  }

  var place: BaselinePlace { BaselinePlace(name: name, isReport: predictions == nil) }

  /// Whether the source looks like a JSON report. JSON Lines of predictions also begin with `{`, but their first line
  /// is a complete object with a class.
  static func isReport(_ source: PeekedSource) throws -> Bool {
    try source.dropByteOrderMark()
    guard try source.firstBytes().first == UInt8(ascii: "{") else { return false }
    try source.checkFailure()
    let line = try source.firstLine(limit: 1 << 20)
    return (try? JSONValue(parsing: line))?["class"] == nil
  }

  /// Whether the first bytes look like a report of fm-eval rather than predictions. Complete lines of predictions have
  /// a class and no figures.
  static func isWrittenReport(_ source: PeekedSource) throws -> Bool {
    guard try isReport(source) else { return false }
    let line = try source.firstLine(limit: 1 << 20)
    if let value = try? JSONValue(parsing: line) {
      return value["accuracy"] != nil && value["classes"] != nil
    }
    // A report of many lines has this key in one of the first.
    return String(decoding: try source.firstBytes(400), as: UTF8.self).contains("\"accuracy\"")
  }

  /// Reads a report and checks that its figures follow from its counts. Nothing in a report without counts could be
  /// checked, so it is refused. `classes` are the names that the user gave; they replace numbers in the report.
  private static func verifiedReport(
    _ source: any ByteSource, name: String, classes: [String]?
  ) throws -> JSONValue {
    let report = try readReport(source)
    let stored = try StoredReport(report, name: name)
    guard let classes else { return report }
    return try renamed(report, stored.names(among: classes))
  }

  /// Returns the report with its classes renamed to `names`, in order.
  private static func renamed(_ report: JSONValue, _ names: [String]) throws -> JSONValue {
    func replacing(_ key: String, in value: JSONValue, by new: JSONValue) -> JSONValue {
      guard case .object(let members) = value else { return value }
      return .object(members.map { $0.key == key ? .init(key, new) : $0 })
    }
    let classes = zip(report["classes"]?.arrayValue ?? [], names)
      .map { replacing("name", in: $0, by: .string($1)) }
    return replacing("classes", in: report, by: .array(classes))
  }

  /// Throws if an earlier report has other classes than `figures`. A report of fewer or more records may lack some of
  /// the classes.
  func checkClasses(_ figures: Figures) throws(EvaluationError) {
    guard predictions == nil else { return }
    let earlier = report["classes"]?.arrayValue ?? []
    let names = (
      earlier: earlier.compactMap { $0["name"]?.stringValue }, now: figures.classes.map(\.name)
    )
    let truths = (
      earlier: earlier.filter { $0["support"]?.integerValue != 0 }.compactMap { $0["name"]?.stringValue },
      now: figures.classes.filter { $0.support > 0 }.map(\.name)
    )
    func lacks(_ names: [String], _ some: [String]) -> Bool {
      !Set(names.map { Array($0.utf8) }).isSuperset(of: some.map { Array($0.utf8) })
    }
    let isAbsent = (here: lacks(names.now, truths.earlier), there: lacks(names.earlier, truths.now))
    let isSameCount = report["records"]?.integerValue == figures.records
    guard isAbsent.here && isAbsent.there || isSameCount && (isAbsent.here || isAbsent.there) else { return }
    throw .baselineClasses(baseline: name, ClassDifference(found: names.earlier, wanted: names.now))
  }

  /// Reads a source as JSON, and checks that it has the main keys of a report.
  static func readReport(_ source: any ByteSource) throws -> JSONValue {
    // The confusion matrix of 1,024 classes has a million numbers.
    let content = try source.readAll(limit: 64 << 20)
    // Programs on Windows begin text files with a byte-order mark.
    let bytes = content.withoutByteOrderMark
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

/// The true class of each of the baseline's records, and whether its prediction was right.
struct BaselinePredictions {
  let name: String
  /// The records' names; empty if they have none.
  private(set) var names: [[UInt8]] = []
  /// The records' numbers; `nil` if some have none, or one of more than 32 bits.
  private(set) var numbers: [UInt32]?
  private(set) var truths: [UInt16] = []
  private(set) var isCorrect: [Bool] = []
  /// Whether each record has a prediction. If not, its true class is unknown.
  private(set) var isAnswered: [Bool] = []
  var classNames: [String] = []
  private let hasNames: Bool

  init(name: String, _ reader: PredictionReader) {
    self.name = name
    hasNames = reader.columns.hasNames
    numbers = reader.hasNumbers ? [] : nil
  }

  var count: Int { truths.count }

  /// Adds a record that `reader` has just read. `truth` is `nil` if the record has no prediction.
  mutating func append(_ row: PredictionRow, truth: Int?, _ reader: PredictionReader) {
    if hasNames { names.append(row.name) }
    if let number = reader.number(of: row).flatMap({ UInt32(exactly: $0) }) {
      numbers?.append(number)
    } else {
      numbers = nil
    }
    // There are at most ClassTable.limit classes.
    truths.append(UInt16(truth ?? 0))
    isCorrect.append(truth != nil && row.predicted == truth)
    isAnswered.append(truth != nil)
  }
}
