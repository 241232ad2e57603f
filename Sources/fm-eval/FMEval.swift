// fm-eval judges predictions: it writes a report, and gates decide the exit status.
import ByteIO
import ChartRemedies  // What to type after the errors of libraries.
import ClassOptions
import CommandLine
import DataRemedies
import Evaluation
import JudgingRemedies
import PictureRemedies
import Predictions
import TensorStream

@main struct FMEval: Tool {
  static let configuration = CommandConfiguration.tool(
    "fm-eval",
    abstract: "Judge predictions: accuracy, confusions between classes, and gates.",
    usage: "[<options>] [<predictions>] | --merge [<options>] <report> ...",
    discussion: """
      Reads the output of fm-predict for labelled records, in any of its formats, or \
      any TSV, CSV or JSON Lines with the columns truth and class. Probabilities are \
      judged if the input has them: write them with fm-predict --probabilities or \
      --format raw. For the log loss, probabilities below 2.2e-16 count as 2.2e-16. \
      If the input has logarithms instead (--log-probabilities), the log loss is \
      computed from them, exactly.

      The name of a metric is its path in the JSON report: accuracy, macro.f1, \
      'classes.Ankle boot.recall', accuracy_interval.lower.

      --html writes a page for browsers with all of this. The page shows each mistake \
      as a picture if --images names the stream that was predicted.

      The exit status is 0, 1 if a gate failed, and 65 if a gate cannot be judged or \
      the predictions are damaged.
      """,
    examples: [
      "fm-predict --model cnn.safetensors test.raw | fm-eval",
      "fm-eval predictions.tsv --min accuracy=0.91 --min classes.Shirt.recall=0.7",
      "fm-eval new.tsv --baseline old.tsv --max-drop accuracy=0.002",
      "fm-eval predictions.tsv --format json | jq .macro.f1",
      "fm-eval predictions.tsv --wrong wrong.tsv --interval bootstrap",
      "fm-eval predictions.tsv --areas --coverage-at 0.99",
      "fm-eval predictions.tsv --html report.html --images test.raw",
      "fm-eval held-out.tsv --choose-thresholds precision=0.95",
      "  --thresholds-out thresholds.tsv",
      "fm-eval unlabelled.tsv --truth truth.tsv --missing skip",
      "fm-eval --merge part1.json part2.json --format junit",
    ])

  static var manyArguments: WritableKeyPath<Self, [InputPath]>? { \.inputs }

  @Argument(
    help: ArgumentHelp(
      "The predictions, or with --merge the reports; - is standard input. (default: -)",
      valueName: "predictions"),
    completion: .predictions)
  var inputs: [InputPath] = []

  @Flag(help: "Merge several JSON reports into one, as if all records had been judged together.")
  var merge = false

  @Option(help: ArgumentHelp("Write the report in this format.", valueName: "format"))
  var format = ReportFormat.text

  @OptionGroup var classes: PredictedClassOptions
  @OptionGroup var columns: PredictionColumnOptions

  @OptionGroup var gateOptions: GateOptions
  @OptionGroup var truthOptions: TruthOptions
  @OptionGroup var wrongOptions: WrongOptions
  @OptionGroup var intervalOptions: IntervalOptions
  @OptionGroup var figureOptions: FigureOptions
  @OptionGroup var thresholdOptions: ThresholdOptions

  @Option(
    name: .longAndLetter("o"),
    help: ArgumentHelp("Write the report to this file; - is standard output.", valueName: "file"),
    completion: .file())
  var output: OutputPath = "-"

  @OptionGroup var charts: ChartOptions
  @OptionGroup var page: PageOptions
  @OptionGroup var force: ForceOption

  var impliedFiles: [NamedFile] {
    inputs.isEmpty && !merge ? [NamedFile("<predictions>", .input, "-")] : []
  }

  func validate() throws {
    if merge {
      try checkMerge()
    } else if inputs.count > 1 {
      throw ValidationError("expected one file of predictions, or --merge and JSON reports")
    }
    try checkRepeatedInputs()
    _ = try columns.titles
    _ = try gateOptions.gates()
  }

  func run() throws {
    let wrong = wrongRecords
    let report = try judge(collecting: wrong)
    let page = try page.page(
      report, origin: merge ? .mergedReports : .predictions, wrong, force: force)
    for note in report.notes { Self.say(note.line) }
    try wrongOptions.write(wrong)
    try thresholdOptions.write(report.figures.scores)
    try charts.write(report.figures)
    try self.page.write(page)
    let file = try OutputFile(path: output.path)
    try file.write(
      report.text(as: format, color: output.path.isStandardStream && Terminal.takesColor(1)))
    try file.commit()
    if !report.failures.isEmpty {
      throw NegativeAnswer(
        failedGates: report.failures.map { displayed($0.gate.metric.description) }, of: report.gates.count)
    }
  }
}

extension ReportFormat: ExpressibleByArgument {}
