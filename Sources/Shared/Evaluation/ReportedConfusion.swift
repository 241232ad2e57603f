// The confusion matrix alone, of a JSON report or of predictions.
import ByteIO
import JSON
import Predictions

/// A confusion matrix with the names of its classes.
public struct NamedConfusion: Equatable, Sendable {
  public var names: [String]
  public var matrix: ConfusionMatrix

  /// Reads a JSON report of ours, or predictions of any form, in constant memory. `classes` are the names that the user
  /// gave. Throws ``EvaluationError``, `PredictionError`, `StreamError` or `FileError`.
  public init(_ source: any ByteSource, classes: [String]? = nil) throws {
    let source = PeekedSource(source)
    if try Baseline.isReport(source) {
      try self.init(report: try Baseline.readReport(source), name: source.name)
    } else {
      let figures = try evaluate(source, classes: classes).figures
      self.init(names: figures.classes.map(\.name), matrix: figures.confusion)
    }
  }

  init(names: [String], matrix: ConfusionMatrix) { (self.names, self.matrix) = (names, matrix) }

  /// Takes the matrix from a report, and believes nothing of it: what does not add up was not written by us.
  init(report: JSONValue, name: String) throws(EvaluationError) {
    let malformed = EvaluationError.reportedConfusion(name: name)
    guard let classes = report["classes"]?.arrayValue, let rows = report["confusion"]?.arrayValue,
      classes.count == rows.count, 1...ClassTable.limit ~= rows.count
    else { throw malformed }
    var counts: [[Int]] = []
    var abstained: [Int] = []
    names = []
    for (row, description) in zip(rows, classes) {
      // A sum of 1,024 · 1,024 numbers of this size still fits Int.
      let numbers = (row.arrayValue ?? []).compactMap(\.integerValue).filter { 0..<1 << 42 ~= $0 }
      guard numbers.count == rows.count, let name = description["name"]?.stringValue,
        let support = description["support"]?.integerValue,
        case let missing = support.subtractingReportingOverflow(numbers.reduce(0, +)), !missing.overflow,
        0..<1 << 42 ~= missing.partialValue
      else { throw malformed }
      names.append(name)
      counts.append(numbers)
      abstained.append(missing.partialValue)
    }
    matrix = ConfusionMatrix(counts: counts, abstained: abstained)
    guard matrix.total > 0, matrix.total == report["records"]?.integerValue else { throw malformed }
  }
}
