// From rows of predictions to figures, in constant memory.
import Predictions

/// Adds up what the figures need, row by row.
public struct Evaluator {
  private let columns: PredictionColumns
  private let confidence: Double
  private var confusion = ConfusionMatrix()
  private var ranks = TopRanks()
  private var logLoss = LogarithmicLoss()
  private var brier = BrierScore()
  private var calibration = CalibrationError()

  /// Prepares for rows with such columns; intervals are to have the given confidence, between 0 and 1.
  public init(columns: PredictionColumns, confidence: Double) {
    self.columns = columns
    self.confidence = confidence
  }

  /// Takes a row in. Rows without a true class say nothing and may not come here.
  public mutating func add(_ row: PredictionRow, truth: Int) {
    confusion.add(truth: truth, predicted: row.predicted)
    ranks.add(row, truth: truth)
    if let predicted = row.predicted, let probability = row.probability ?? row.probability(of: predicted) {
      calibration.add(probability, isCorrect: predicted == truth)
    }
    if columns.hasProbabilities {
      logLoss.add(row, truth: truth)
      brier.add(row.probabilities, truth: truth)
    }
  }

  /// The figures of all rows, of which there must be some, with the classes in the table's order.
  public func figures(_ table: ClassTable) -> Figures {
    var confusion = confusion
    confusion.grow(to: table.names.count)
    confusion = confusion.reordered(table.order)
    let classes = table.order.enumerated().map { index, label in
      ClassFigures(name: table.names[label], index: index, in: confusion)
    }
    let (records, correct) = (confusion.total, confusion.correct)
    return Figures(
      records: records, correct: correct, abstained: confusion.abstained.reduce(0, +),
      accuracy: ratio(correct, records),
      accuracyInterval: Interval(successes: correct, total: records, confidence: confidence),
      logLoss: logLoss.value, brier: brier.value, calibrationError: calibration.value,
      calibrationBins: calibration.bins,
      kappa: confusion.kappa, matthewsCorrelation: confusion.matthewsCorrelation,
      topShares: topShares(records, classCount: table.names.count),
      macro: .macro(classes), weighted: .weighted(classes), classes: classes, confusion: confusion)
  }

  /// The last rank is left out where it is that of the last class, whose share is 1 whatever the predictions are.
  private func topShares(_ records: Int, classCount: Int) -> [Double] {
    let known = columns.hasProbabilities ? TopRanks.limit : columns.rankCount
    let last = min(known, TopRanks.limit, classCount - 1)
    return last > 1 ? ranks.shares(of: records, last: last) : []
  }
}

extension PredictionRow {
  /// The probability of a class, where those of all classes are known.
  fileprivate func probability(of label: Int) -> Float? { probabilities.isEmpty ? nil : probabilities[label] }
}
