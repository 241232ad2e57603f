// Withholds answers that do not reach their class's threshold.
import ByteIO
import Predictions

/// Removes the predicted class of rows that do not reach its threshold. fm-predict would have left it empty.
struct WithheldAnswers {
  private let thresholds: ClassThresholds
  /// The threshold of each class, by its number; `nil` for classes that have not occurred yet.
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

  /// Throws if there are thresholds of unknown classes. If classes are known only by occurring, returns a line that
  /// names those that did not occur.
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
