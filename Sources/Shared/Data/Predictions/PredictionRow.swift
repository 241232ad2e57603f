// A prediction as it is read from any format.

/// The prediction of one record. Classes are indices into the reader's ``ClassTable``.
public struct PredictionRow: Equatable, Sendable {
  /// The record's name in its displayed form; empty if the input has no names.
  public var name: [UInt8] = []
  /// The record's number in the input; `nil` if the input has no number here.
  public var record: Int?
  /// The true class; `nil` if the input has none.
  public var truth: Int?
  /// The predicted class; `nil` if the field is empty: the model abstained because its probability was below the
  /// threshold.
  public var predicted: Int?
  /// The predicted class's probability; `nil` if the input has none.
  public var probability: Float?
  /// The classes after the predicted one, the likeliest first, as far as the input names them.
  public var runnersUp: [Int] = []
  /// The probability of each class; empty unless the input has them all.
  public var probabilities: [Float] = []
  /// The natural logarithms of `probabilities`, precise even where these underflow to 0; empty if the input has none.
  public var logarithms: [Float] = []

  /// Whether the row is for a file without a prediction; the column `error` then says why.
  public var isUnanswered = false

  public init() {}

  /// Clears everything but the name, the record's number and `isUnanswered`.
  mutating func clear() {
    (truth, predicted, probability) = (nil, nil, nil)
    runnersUp.removeAll(keepingCapacity: true)
    probabilities.removeAll(keepingCapacity: true)
    logarithms.removeAll(keepingCapacity: true)
  }
}

/// The columns that an input has.
public struct PredictionColumns: Equatable, Sendable {
  public var hasNames = false
  /// Whether the input numbers its records.
  public var hasRecords = false
  public var hasTruth = false
  /// Whether rows have the predicted class's probability.
  public var hasProbability = false
  /// Whether rows have the probabilities of all classes.
  public var hasProbabilities = false
  /// Whether the input has logarithms of probabilities, from which the probabilities are computed.
  public var isLogarithmic = false
  /// Whether rows may have an error instead of a prediction.
  public var hasErrors = false
  /// The number of classes that a row names, the likeliest first.
  public var rankCount = 1
}
