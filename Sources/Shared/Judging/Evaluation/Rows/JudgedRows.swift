// Reads predictions with their true classes, whether these are in the rows or in a separate file.
import ByteIO
import Predictions

/// Reads predictions row by row, each with its true class, from the row itself or from a file of true classes.
final class JudgedRows {
  let reader: PredictionReader
  /// The numbers of names that the join left out; known after ``next(_:unanswered:)`` has returned `nil`.
  private(set) var leftOut: LeftOut?
  /// The number of rows of files that gave no prediction.
  private(set) var unanswered = 0
  private var join: TruthJoin?
  private var count = 0

  /// `truths` are for predictions without true classes. If predictions have their own, `truths` are refused, or ignored
  /// if `prefersOwn` is true.
  init(
    _ source: any ByteSource, classes: [String]?, titles: [String]? = nil, truths: Truths?,
    prefersOwn: Bool = false
  ) throws {
    reader = try PredictionReader(source, classes: classes, titles: titles)
    if reader.columns.hasTruth {
      if truths != nil && !prefersOwn { throw EvaluationError.ownTruth(name: reader.name) }
    } else {
      guard let truths else { throw EvaluationError.noTruth(name: reader.name) }
      guard reader.columns.hasNames else { throw EvaluationError.noNames(name: reader.name) }
      join = TruthJoin(truths)
    }
  }

  /// Replaces `row` with the next one to judge and returns its true class, or `nil` at the end of the input. Throws if
  /// there was no row to judge. `unanswered` receives the rows of files that gave no prediction.
  func next(
    _ row: inout PredictionRow,
    unanswered take: (PredictionRow, PredictionReader) throws -> Void = { _, _ in }
  ) throws -> Int? {
    while try reader.next(&row) {
      if row.isUnanswered {
        unanswered += 1
        join?.passOver(row)
        try take(row, reader)
        continue
      }
      let truth = join == nil ? row.truth : try join?.truth(of: row, reader)
      guard let truth else { continue }
      count += 1
      return truth
    }
    guard reader.rowCount > 0 else { throw EvaluationError.noRows(name: reader.name) }
    leftOut = try join?.finish(reader)
    if count == 0, unanswered > 0 {
      throw EvaluationError.allUnanswered(name: reader.name, count: unanswered)
    }
    guard count > 0 else { throw EvaluationError.nothingJoined(name: reader.name) }
    return nil
  }

  /// Throws if true and predicted classes turn out to be named in different ways.
  func checkClasses(_ figures: Figures) throws(EvaluationError) {
    let areKnown = reader.format == .raw || reader.areClassesGiven || reader.columns.hasProbabilities
    guard !areKnown else { return }
    try ClassAgreement(figures.classes).check(
      name: reader.name, areOfOneTool: join == nil && reader.columns.hasProbability)
  }
}
