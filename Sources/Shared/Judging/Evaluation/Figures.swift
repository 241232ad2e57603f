// All figures of an evaluation. What cannot be computed from the predictions is `nil` or empty.

/// What predictions are worth.
public struct Figures: Equatable, Sendable {
  public var records: Int
  /// Records whose predicted class is the true one.
  public var correct: Int
  /// Records without a predicted class; they are not correct.
  public var abstained: Int
  /// Files that gave no prediction. They are none of the records, and in no other figure.
  public var unanswered = 0
  /// Whether the report says how good the answers are, apart from the records without one.
  public var showsAnswered = false
  public var accuracy: Double
  public var accuracyInterval: Interval
  public var logLoss: Double?
  public var brier: Double?
  public var calibrationError: Double?
  public var kappa: Double?
  public var matthewsCorrelation: Double
  /// The share of the records whose true class is among the first 1, 2, … classes.
  public var topShares: [Double]
  public var macro: MeanFigures
  public var weighted: MeanFigures
  public var classes: [ClassFigures]
  /// In the order of `classes`.
  public var confusion: ConfusionMatrix
  /// What figures came from that the confusion matrix does not give.
  public var sums: FigureSums
  /// What every score is needed for, where it was asked for.
  public var scores = ScoreFigures()
  /// Intervals by resampling, where they were asked for.
  public var bootstrap: BootstrapIntervals?

  /// Records with a predicted class.
  public var answered: Int { records - abstained }

  /// The bins of the calibration error, empty where that cannot be computed.
  public var calibrationBins: [CalibrationBin] { sums.calibration?.shownBins ?? [] }

  /// The figures of at least one record, from what was added up over all.
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
