// The forms that predictions take. The columns are the same in each:
//
//     name         the record's name, escaped; `record`, counted from 0, where records have no names
//     truth        the true class, where the records are labelled
//     class        the predicted class; empty (JSON: null) where its probability is below the wanted minimum, or its class's
//     probability  the predicted class's probability, also where the class is empty
//     class2       the second likeliest class, and so on up to the wanted number
//     probability2
//     p:CLASS      the probability of CLASS, a column a class (JSON: one object, `probabilities`)
//     error        why there is no prediction, where rows may have none; else empty (JSON: null). The columns between
//                  the name and this one are then empty (JSON: null)
//
// Records with logarithms have `log_probability`, `log_probability2` …, `log_p:CLASS` and `log_probabilities` in place of
// the columns of probabilities.

/// A form of predictions.
public enum PredictionFormat: String, CaseIterable, Sendable {
  /// A header and a line a record, fields separated by tabs.
  case tsv
  /// The same with commas and RFC 4180's quotes; lines end in a line feed alone.
  case csv
  /// A JSON object a line.
  case jsonl
  /// A tensor stream (docs/stream-format.md).
  case raw
}

/// What the text forms of predictions show.
public struct PredictionTextOptions: Equatable, Sendable {
  /// How a class is written.
  public enum Labels: String, CaseIterable, Sendable {
    case name
    case index
  }

  /// How many classes a row names, the likeliest first; 1 to the number of classes.
  public var top = 1
  /// Whether a row has the probability of every class.
  public var showsProbabilities = false
  /// Classes without names are written as indices in any case.
  public var labels = Labels.name
  /// Classes less likely than this are left empty; their probabilities are shown nevertheless.
  public var minimumProbability: Float = 0
  /// The same for each class, where they differ; empty where not. The larger of both counts.
  public var minimumProbabilities: [Float] = []
  /// Whether there is a line with the names of the columns; JSON Lines have none.
  public var hasHeader = true
  /// Whether a row may have an error in place of a prediction; records then have names.
  public var showsErrors = false

  public init() {}
}
