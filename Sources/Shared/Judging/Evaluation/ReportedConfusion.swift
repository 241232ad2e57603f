// Reads only the confusion matrix, from a JSON report or from predictions.
import ByteIO
import Predictions

/// A confusion matrix with the names of its classes.
public struct NamedConfusion: Equatable, Sendable {
  public var names: [String]
  public var matrix: ConfusionMatrix

  /// Reads a JSON report of fm-eval, or predictions in any format, in constant memory. `classes` are the names that the
  /// user gave. Throws ``EvaluationError``, `PredictionError`, `StreamError` or `FileError`.
  public init(_ source: any ByteSource, classes: [String]? = nil, titles: [String]? = nil) throws {
    let source = PeekedSource(source)
    if try Baseline.isReport(source) {
      if titles != nil { throw EvaluationError.columnsOfReport(name: source.name) }
      // Merging a single report applies the given names in the same way as merging several.
      let figures = try mergeReports([{ source }], classes: classes).figures
      self.init(names: figures.classes.map(\.name), matrix: figures.confusion)
    } else {
      let figures = try evaluate(source, classes: classes, titles: titles).figures
      self.init(names: figures.classes.map(\.name), matrix: figures.confusion)
    }
  }

  init(names: [String], matrix: ConfusionMatrix) { (self.names, self.matrix) = (names, matrix) }
}
