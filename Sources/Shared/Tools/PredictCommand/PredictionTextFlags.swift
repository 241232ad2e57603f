// The options for the output's format, and the writer that they select.

import ByteIO
import CommandLine
import Networks
import Inference
import ClassOptions
import Predictions
import TensorStream

extension PredictionFormat: ExpressibleByArgument {}
extension PredictionTextOptions.Labels: ExpressibleByArgument {}

struct PredictionTextFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp("Write tsv, csv, jsonl (one object per line) or raw (records).", valueName: "format"))
  var format = PredictionFormat.tsv

  @Option(help: ArgumentHelp("Name the <n> likeliest classes of each image.", valueName: "n"))
  var top = 1

  @Flag(help: "Write the probability of every class.")
  var probabilities = false

  @Flag(
    help: """
      Write the natural logarithm of every class's probability instead: precise even if the probability would be \
      rounded to 0 or 1.
      """)
  var logProbabilities = false

  @Option(help: ArgumentHelp("Write classes by name or by index.", valueName: "form"))
  var labels = PredictionTextOptions.Labels.name

  @Option(
    help: ArgumentHelp("Leave the class empty if it is less likely than this.", valueName: "probability"))
  var minProbability: Float = 0

  @OptionGroup var thresholds: ClassThresholdOptions

  @Flag(help: "Leave out the line with the names of the columns, to join several outputs.")
  var noHeader = false

  func validate() throws {
    if !(1...256).contains(top) { throw ValidationError("--top: expected 1 to 256, got \(top)") }
    if !(0...1).contains(minProbability) {
      throw ValidationError("--min-probability: expected 0 to 1, got \(minProbability)")
    }
    if probabilities, logProbabilities {
      throw ValidationError("--probabilities and --log-probabilities exclude each other; leave one out")
    }
    if noHeader, format == .jsonl || format == .raw {
      throw ValidationError("--no-header: --format \(format.rawValue) has no header to leave out")
    }
    guard format == .raw else { return }
    let isPlain =
      top == 1 && !probabilities && labels == .name && minProbability == 0 && thresholds.optionName == nil
    if !isPlain {
      throw ValidationError(
        "--format raw holds every probability; leave out --top, --probabilities, --labels, --min-probability and thresholds"
      )
    }
  }

  /// Returns the options for records with `classCount` classes. `classes` are their names; without them, classes are
  /// called by their numbers. Reads the table of thresholds.
  func options(classes: [String]?, classCount: Int) throws -> PredictionTextOptions {
    var options = PredictionTextOptions()
    options.top = top
    options.showsProbabilities = probabilities || logProbabilities
    options.labels = labels
    options.minimumProbability = minProbability
    options.hasHeader = !noHeader
    let names = classes ?? (0..<classCount).map(String.init)
    let single = try thresholds.single
    var all = try thresholds.thresholds.map { try ClassThresholds(InputFile(path: $0.path)) } ?? single
    // Both sources are checked before they are merged, so that an error about an unknown class names the source that
    // has it.
    _ = try (all.minimums(of: names), single.minimums(of: names))
    all.replace(by: single)
    options.minimumProbabilities = try all.minimums(of: names)
    return options
  }
}

/// Writes predictions in the chosen format.
struct PredictionWriter {
  private enum Form {
    case text(PredictionTextWriter)
    case records(TensorStreamWriter)
  }
  private let form: Form
  private let classes: [String]?

  init(
    _ sink: OutputFile, classifier: Classifier, classes: [String]?, options: PredictionTextFlags
  ) throws {
    self.classes = classes
    form =
      if options.format == .raw {
        .records(TensorStreamWriter(sink, format: classifier.predictionFormat))
      } else {
        .text(
          try PredictionTextWriter(
            sink, format: options.format, records: classifier.predictionFormat, classes: classes,
            options: options.options(
              classes: classes, classCount: classifier.predictionFormat.classCount ?? 0)))
      }
  }

  func write(_ batch: RecordBatch) throws {
    switch form {
    case .text(let writer): try writer.write(batch)
    case .records(let writer): try writer.append(batch)
    }
  }

  func finish(history: [String]) throws {
    switch form {
    case .text(let writer): try writer.finish()
    case .records(let writer): try writer.finish(classes: classes, history: history)
    }
  }
}
