// The formats of predictions. All have the same columns:
//
//     name         the record's name, escaped; if records have no names, `record`, their number from 0
//     truth        the true class, if the records are labelled
//     class        the predicted class; empty (JSON: null) if less likely than the minimum or the class's threshold
//     probability  the predicted class's probability, even if the class is empty
//     class2       the second likeliest class, and so on up to the requested number
//     probability2
//     p:CLASS      the probability of CLASS, one column per class (JSON: one object, `probabilities`)
//     error        the reason if a row has no prediction, else empty (JSON: null). The columns between the name and
//                  this one are empty (JSON: null) if there is an error
//
// If records have logarithms, the columns of probabilities are `log_probability`, `log_probability2` …, `log_p:CLASS`
// and `log_probabilities`.

/// A format of predictions.
public enum PredictionFormat: String, CaseIterable, Sendable {
  /// A header, and one line per record, with fields separated by tabs.
  case tsv
  /// The same with commas and the quotes of RFC 4180. Lines end with a line feed only.
  case csv
  /// One JSON object per line.
  case jsonl
  /// A tensor stream (docs/stream-format.md).
  case raw
}

/// The content of predictions in the text formats.
public struct PredictionTextOptions: Equatable, Sendable {
  /// The text for a class: its name or its index.
  public enum Labels: String, CaseIterable, Sendable {
    case name
    case index
  }

  /// The number of classes that a row names, the likeliest first: 1 to the number of classes.
  public var top = 1
  /// Whether a row has the probability of every class.
  public var showsProbabilities = false
  /// The text for classes. Classes without names are always written as indices.
  public var labels = Labels.name
  /// The minimum probability for naming a class. Less likely classes are left empty; their probabilities are still
  /// shown.
  public var minimumProbability: Float = 0
  /// A minimum for each class, or empty if all have `minimumProbability`. The larger of both applies.
  public var minimumProbabilities: [Float] = []
  /// Whether the output begins with the names of the columns. JSON Lines never do.
  public var hasHeader = true
  /// Whether a row may have an error instead of a prediction. Records must then have names.
  public var showsErrors = false

  public init() {}
}
