// The fixed parts of rows: separators in delimited text, keys in JSON.
import TensorStream

extension PredictionTextWriter {
  /// The fixed parts of every row, built once.
  struct Keys {
    /// The line of column names; empty in JSON.
    private(set) var header: [UInt8] = []
    private(set) var identifier: [UInt8] = []
    private(set) var truth: [UInt8] = []
    /// The text before the class and before the probability of each rank.
    private(set) var ranked: [(label: [UInt8], probability: [UInt8])] = []
    /// The text before the probability of each class.
    private(set) var probabilities: [[UInt8]] = []
    /// The text in place of all probabilities in a row without a prediction.
    private(set) var noProbabilities: [UInt8] = []
    /// The text after all probabilities.
    private(set) var probabilitiesEnd: [UInt8] = []
    /// The text in place of a value in a row without a prediction.
    private(set) var noValue: [UInt8] = []
    private(set) var error: [UInt8] = []
    private(set) var end: [UInt8] = []

    init(
      format: PredictionFormat, records: RecordFormat, options: PredictionTextOptions, classes: [String]
    ) {
      let identifierName = records.hasNames ? PredictionColumn.name : PredictionColumn.record
      let scale = PredictionColumn.Scale(records.isLogarithmic)
      let ranks = (1...options.top).map { (PredictionColumn.label($0), scale.probability($0)) }
      guard format != .jsonl else {
        identifier = Array("{\"\(identifierName)\":".utf8)
        truth = Array(",\"\(PredictionColumn.truth)\":".utf8)
        ranked = ranks.map { (Array(",\"\($0.0)\":".utf8), Array(",\"\($0.1)\":".utf8)) }
        if options.showsProbabilities {
          probabilities = classes.enumerated().map { index, name in
            let opening = index == 0 ? ",\"\(scale.probabilities)\":{" : ","
            return Array(opening.utf8) + Self.field(name, format) + Array(":".utf8)
          }
          noProbabilities = Array(",\"\(scale.probabilities)\":null".utf8)
          probabilitiesEnd = [UInt8(ascii: "}")]
        }
        noValue = Array("null".utf8)
        error = Array(",\"\(PredictionColumn.error)\":".utf8)
        end = Array("}\n".utf8)
        return
      }
      let separator = UInt8(ascii: format == .tsv ? "\t" : ",")
      truth = [separator]
      ranked = ranks.map { _ in ([separator], [separator]) }
      probabilities = classes.map { _ in [separator] }
      if options.showsProbabilities { noProbabilities = Array(repeating: separator, count: classes.count) }
      error = [separator]
      end = [UInt8(ascii: "\n")]
      var columns = [identifierName]
      if records.hasLabels { columns.append(PredictionColumn.truth) }
      for rank in ranks { columns += [rank.0, rank.1] }
      if options.showsProbabilities { columns += classes.map { scale.classPrefix + $0 } }
      if options.showsErrors { columns.append(PredictionColumn.error) }
      header = Array(columns.map { Self.field($0, format) }.joined(separator: [separator])) + end
    }

    private static func field(_ text: String, _ format: PredictionFormat) -> [UInt8] {
      var field = RowBytes()
      field.append(name: Array(text.utf8), as: format)
      return field.bytes
    }
  }
}
