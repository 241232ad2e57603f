// A prediction as it is read, whatever form it has.

/// A record's prediction. Classes are indices into the reader's ``ClassTable``.
public struct PredictionRow: Equatable, Sendable {
  /// The record's name in its displayed form; empty where the input has no names.
  public var name: [UInt8] = []
  /// The record's number that the input gives it; `nil` where it gives none, or something that is no number.
  public var record: Int?
  /// The true class, `nil` where the input has none.
  public var truth: Int?
  /// The predicted class; `nil` where it is empty: the model abstained, being less sure than was asked for.
  public var predicted: Int?
  /// The predicted class's probability, `nil` where the input has none.
  public var probability: Float?
  /// The classes behind the predicted one, the likeliest first, as far as the input names them.
  public var runnersUp: [Int] = []
  /// The probability of each class, empty where the input does not have them all.
  public var probabilities: [Float] = []
  /// The natural logarithms of `probabilities`, precise where these are 0; empty where the input has none.
  public var logarithms: [Float] = []

  /// Whether the row stands for a file that gave no prediction, with the reason in the column `error`.
  public var isUnanswered = false

  public init() {}

  /// Takes away all but the name.
  mutating func clear() {
    (truth, predicted, probability) = (nil, nil, nil)
    runnersUp.removeAll(keepingCapacity: true)
    probabilities.removeAll(keepingCapacity: true)
    logarithms.removeAll(keepingCapacity: true)
  }
}

/// What the rows of an input have.
public struct PredictionColumns: Equatable, Sendable {
  public var hasNames = false
  /// Whether the input numbers its records.
  public var hasRecords = false
  public var hasTruth = false
  /// Whether the predicted class's probability is there.
  public var hasProbability = false
  /// Whether the probabilities of all classes are there.
  public var hasProbabilities = false
  /// Whether the input has the logarithms of probabilities, from which these are computed.
  public var isLogarithmic = false
  /// Whether a row may stand for a file that gave no prediction.
  public var hasErrors = false
  /// How many classes a row names, the likeliest first.
  public var rankCount = 1
}
