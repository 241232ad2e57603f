// All figures of an evaluation. A figure that cannot be computed from the predictions is `nil` or empty.

/// The figures of an evaluation.
public struct Figures: Equatable, Sendable {
  public var records: Int
  /// The number of records whose predicted class is the true one.
  public var correct: Int
  /// The number of records without a predicted class. They count as wrong.
  public var abstained: Int
  /// The number of files that gave no prediction. They are not among the records, and in no other figure.
  public var unanswered = 0
  /// Whether the report has figures of the answers alone, without the records that have none.
  var showsAnswered = false
  public var accuracy: Double
  public var accuracyInterval: Interval
  public var logLoss: Double?
  public var brier: Double?
  public var calibrationError: Double?
  public var kappa: Double?
  public var matthewsCorrelation: Double
  /// The share of the records whose true class is among the first 1, 2, … classes.
  var topShares: [Double]
  public var macro: MeanFigures
  public var weighted: MeanFigures
  public var classes: [ClassFigures]
  /// The confusion matrix, in the order of `classes`.
  public var confusion: ConfusionMatrix
  /// The sums of the figures that do not follow from the confusion matrix.
  public var sums: FigureSums
  /// The requested figures that need every score.
  public var scores = ScoreFigures()
  /// Bootstrap intervals, if requested.
  public var bootstrap: BootstrapIntervals?

  /// The number of records with a predicted class.
  public var answered: Int { records - abstained }

  /// The share of the records with a predicted class.
  var answeredCoverage: Double { ratio(answered, records) }

  /// The share of the answers that are right; `nil` without answers.
  var answeredAccuracy: Double? { answered == 0 ? nil : ratio(correct, answered) }

  /// The bins of the calibration error; empty if that cannot be computed.
  public var calibrationBins: [CalibrationBin] { sums.calibration?.shownBins ?? [] }

  /// Computes the figures of at least one record from the counts and sums over all records.
  ///
  /// - Complexity: O(c²) for c classes, plus that of ``BootstrapIntervals`` if the settings ask for them
  init(classNames: [String], confusion: ConfusionMatrix, sums: FigureSums, settings: IntervalSettings) {
    let totals = ClassTotals(confusion)
    let (total, correct) = (totals.records, totals.correct.reduce(0, +))
    records = total
    self.correct = correct
    abstained = totals.abstained
    accuracy = ratio(correct, total)
    logLoss = sums.logLoss?.mean(of: total)
    brier = sums.brier?.mean(of: total)
    calibrationError = sums.calibration?.value
    kappa = totals.kappa
    matthewsCorrelation = totals.matthewsCorrelation
    topShares = sums.ranks?.shares(of: total, classCount: classNames.count) ?? []
    classes = classNames.enumerated().map { ClassFigures(name: $1, index: $0, in: totals) }
    macro = .macro(classes)
    weighted = .weighted(classes)
    self.confusion = confusion
    self.sums = sums
    accuracyInterval = Interval(successes: correct, total: total, confidence: settings.confidence)
    if case .bootstrap(let resampling) = settings.method {
      let intervals = BootstrapIntervals(confusion, resampling, confidence: settings.confidence)
      accuracyInterval = intervals.accuracy
      bootstrap = intervals
    }
  }
}
