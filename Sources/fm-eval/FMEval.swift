// fm-eval judges predictions: a report, and gates that become the exit status.
import ByteIO
import CommandLine
import Evaluation
import TensorStream

@main struct FMEval: Tool {
  static let configuration = CommandConfiguration.tool(
    "fm-eval",
    abstract: "Judge predictions: accuracy, what is confused with what, and gates.",
    usage: "[<options>] [<predictions>]",
    discussion: """
      Reads what fm-predict writes of labelled records, in any of its formats, or any \
      TSV, CSV or JSON Lines with the columns truth and class. Probabilities are \
      judged where they are there: write them with fm-predict --probabilities or \
      --format raw. Where there are their logarithms instead (--log-probabilities), \
      the log loss is computed from these, exactly; of probabilities, those below \
      2.2e-16 count as that.

      A metric is named by its path in the JSON report: accuracy, macro.f1, \
      'classes.Ankle boot.recall', accuracy_interval.lower.

      The exit status is 0, 1 if a gate failed, and 65 if one cannot be judged or the \
      predictions are damaged.
      """,
    examples: [
      "fm-predict --model cnn.safetensors test.raw | fm-eval",
      "fm-eval predictions.tsv --min accuracy=0.91 --min classes.Shirt.recall=0.7",
      "fm-eval new.tsv --baseline old.tsv --max-drop accuracy=0.002",
      "fm-eval predictions.tsv --format json | jq .macro.f1",
    ])

  enum Format: String, CaseIterable, ExpressibleByArgument { case text, json, markdown }

  @Argument(help: "The predictions; - is standard input.", completion: .file())
  var predictions = "-"

  @Option(help: ArgumentHelp("How to write the report.", valueName: "format"))
  var format = Format.text

  @Option(
    help: ArgumentHelp(
      """
      The names of the classes in their order: fashion-mnist, mnist, or a file with a name a line. Numbers among \
      the predictions become names. (default: what the predictions name)
      """, valueName: "names"), completion: .file())
  var classes: String?

  @Option(
    name: .customLong("min"),
    help: ArgumentHelp("Fail if the metric is less. Can be repeated.", valueName: "metric=x"))
  var minima: [String] = []

  @Option(
    name: .customLong("max"),
    help: ArgumentHelp("Fail if the metric is more. Can be repeated.", valueName: "metric=x"))
  var maxima: [String] = []

  @Option(
    help: ArgumentHelp(
      "Earlier predictions of the same records, or an earlier JSON report, to compare with.",
      valueName: "file"), completion: .file())
  var baseline: String?

  @Option(
    name: .customLong("max-drop"),
    help: ArgumentHelp(
      "Fail if the metric is worse than the baseline's by more than <x>. Can be repeated.",
      valueName: "metric=x"))
  var maximumDrops: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      Write the wrongly classified records there as TSV, the most probable mistakes first, with the columns record, \
      name (where there are names), truth, class, probability (where there are probabilities).
      """, valueName: "file"), completion: .file())
  var wrong: String?

  @Option(
    help: ArgumentHelp("Write only the first <n> of --wrong. (default: all)", valueName: "n"))
  var wrongLimit: Int?

  @Option(help: ArgumentHelp("The confidence of intervals and tests.", valueName: "share"))
  var confidence = 0.95

  @Option(
    name: .longAndLetter("o"),
    help: ArgumentHelp("Where to write the report; - is standard output.", valueName: "file"),
    completion: .file())
  var output = "-"

  @OptionGroup var pictures: PictureOptions
  @OptionGroup var force: ForceOption

  func validate() throws {
    if predictions == "-" && baseline == "-" {
      throw ValidationError("only one of predictions and --baseline can be standard input")
    }
    guard confidence > 0 && confidence < 1 else {
      throw ValidationError("--confidence: expected a share between 0 and 1, got \(confidence)")
    }
    if baseline == nil, let drop = maximumDrops.first {
      throw ValidationError("--max-drop \(drop): expected a --baseline to compare with")
    }
    if let wrongLimit {
      guard wrong != nil else { throw ValidationError("--wrong-limit: expected --wrong FILE to limit") }
      guard wrongLimit > 0 else {
        throw ValidationError("--wrong-limit: expected 1 or more, got \(wrongLimit)")
      }
    }
    if let wrong, wrong == output {
      throw ValidationError("--wrong and --output: expected two files, got '\(displayed(wrong))' for both")
    }
    _ = try gates()
  }

  func run() throws {
    let names = try classes.map(ClassNames.names(for:))
    try pictures.check()
    let reference = try baseline.map {
      try Baseline(try open($0), classes: names, confidence: confidence)
    }
    try wrong.map(OutputFile.check(path:))
    let wrongRecords = wrong.map { _ in WrongRecords(limit: wrongLimit) }
    let report = try evaluate(
      try open(predictions), classes: names, confidence: confidence, gates: gates(), baseline: reference,
      wrong: wrongRecords)
    if let wrong, let wrongRecords {
      let file = try OutputFile(path: wrong)
      try wrongRecords.write(to: file)
      try file.commit()
    }
    try pictures.write(report.figures)
    let file = try OutputFile(path: output)
    switch format {
    case .text: try file.write(report.text(color: output == "-" && Terminal.takesColor(1)))
    case .json: try file.write(report.json.indentedText())
    case .markdown: try file.write(report.markdown())
    }
    try file.commit()
    if !report.failures.isEmpty {
      let names = report.failures.map { displayed($0.gate.metric.description) }.joined(separator: ", ")
      throw NegativeAnswer("\(report.failures.count) of \(report.gates.count) gates failed: \(names)")
    }
  }

  private func open(_ path: String) throws -> InputFile {
    let input = try InputFile(path: path)
    try force.check(
      input, expected: "predictions", instead: "fm-predict --model cnn.safetensors test.raw | fm-eval")
    return input
  }

  private func gates() throws -> [Gate] {
    func parsed(_ kind: Gate.Kind, _ option: String, _ texts: [String]) throws -> [Gate] {
      try texts.map { text in
        do throws(GateSyntaxError) {
          return try Gate(kind, parsing: text)
        } catch {
          throw ValidationError("\(option): \(error)")
        }
      }
    }
    return try parsed(.minimum, "--min", minima) + parsed(.maximum, "--max", maxima)
      + parsed(.maximumDrop, "--max-drop", maximumDrops)
  }
}
