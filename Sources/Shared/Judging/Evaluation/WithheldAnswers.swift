// Answers that are withheld because their class's threshold is not reached.
import ByteIO
import Predictions

/// Takes back the predicted class of rows that do not reach its threshold, as fm-predict would have left it empty.
struct WithheldAnswers {
  private let thresholds: ClassThresholds
  /// By the number of the class, as far as classes have been met.
  private var minimums: [Float?] = []

  init(_ thresholds: ClassThresholds) { self.thresholds = thresholds }

  /// Judges a row that `reader` has just read.
  mutating func judge(_ row: inout PredictionRow, _ reader: PredictionReader) throws {
    guard let predicted = row.predicted else { return }
    guard let probability = row.probability ?? row.probability(of: predicted) else {
      throw EvaluationError.noProbabilities(name: reader.name)
    }
    if minimums.isEmpty, reader.format == .raw, !reader.areClassesGiven {
      do {
        _ = try thresholds.minimums(of: reader.classes.names)
      } catch {
        // A stream of predictions names its classes at its end, which is too late.
        throw EvaluationError.thresholdsNeedClasses(name: reader.name, error)
      }
    }
    while minimums.count <= predicted { minimums.append(nil) }
    let minimum = minimums[predicted] ?? thresholds.minimum(of: reader.classes.names[predicted])
    minimums[predicted] = minimum
    if probability < minimum { row.predicted = nil }
  }

  /// Throws where thresholds are of classes that there are not. Where the classes are those that occur, says in a line which
  /// of them did not.
  func finish(_ classes: ClassTable) throws(ThresholdError) -> String? {
    guard !classes.areKnown else {
      _ = try thresholds.minimums(of: classes.names)
      return nil
    }
    let others = thresholds.others(than: classes.names)
    guard !others.isEmpty else { return nil }
    let listed = others.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
    return "\(thresholds.name): no record has or was given the class \(listed)"
      + (others.count > 5 ? " or \(others.count - 5) more" : "")
  }
}
