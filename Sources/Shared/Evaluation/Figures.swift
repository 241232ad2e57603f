// All figures of an evaluation. What cannot be computed from the predictions is `nil` or empty.

/// What predictions are worth.
public struct Figures: Equatable, Sendable {
  public var records: Int
  /// Records whose predicted class is the true one.
  public var correct: Int
  /// Records without a predicted class; they are not correct.
  public var abstained: Int
  public var accuracy: Double
  public var accuracyInterval: Interval
  public var logLoss: Double?
  public var brier: Double?
  public var calibrationError: Double?
  /// The bins of the calibration error, empty where that cannot be computed.
  public var calibrationBins: [CalibrationBin]
  public var kappa: Double?
  public var matthewsCorrelation: Double
  /// The share of the records whose true class is among the first 1, 2, … classes.
  public var topShares: [Double]
  public var macro: MeanFigures
  public var weighted: MeanFigures
  public var classes: [ClassFigures]
  /// In the order of `classes`.
  public var confusion: ConfusionMatrix
}
