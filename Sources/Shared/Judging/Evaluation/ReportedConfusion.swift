// The confusion matrix alone, of a JSON report or of predictions.
import ByteIO
import Predictions

/// A confusion matrix with the names of its classes.
public struct NamedConfusion: Equatable, Sendable {
  public var names: [String]
  public var matrix: ConfusionMatrix

  /// Reads a JSON report of ours, or predictions of any form, in constant memory. `classes` are the names that the user
  /// gave. Throws ``EvaluationError``, `PredictionError`, `StreamError` or `FileError`.
  public init(_ source: any ByteSource, classes: [String]? = nil, titles: [String]? = nil) throws {
    let source = PeekedSource(source)
    if try Baseline.isReport(source) {
      if titles != nil { throw EvaluationError.columnsOfReport(name: source.name) }
      // A report alone is merged with none, so that the names that were given count as they do there.
      let figures = try mergeReports([{ source }], classes: classes).figures
      self.init(names: figures.classes.map(\.name), matrix: figures.confusion)
    } else {
      let figures = try evaluate(source, classes: classes, titles: titles).figures
      self.init(names: figures.classes.map(\.name), matrix: figures.confusion)
    }
  }

  init(names: [String], matrix: ConfusionMatrix) { (self.names, self.matrix) = (names, matrix) }
}
