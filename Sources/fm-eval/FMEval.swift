// fm-eval judges predictions: it writes a report, and gates decide the exit status.
import ByteIO
import ClassOptions
import CommandLine
import Evaluation
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

  enum Format: String, CaseIterable, ExpressibleByArgument { case text, json, markdown, csv, junit }

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
  var format = Format.text

  @OptionGroup var classes: PredictedClassOptions

  @Option(
    help: ArgumentHelp(
      """
      The columns of a table without a header, such as name,truth,class,probability; - skips a column. The output \
      of fm-predict --no-header does not need this.
      """, valueName: "titles"), completion: .list(ColumnTitles.known))
  var columns: String?

  @Option(
    name: .customLong("min"),
    help: ArgumentHelp("Fail if the metric is less than <x>. Can be repeated.", valueName: "metric=x"))
  var minima: [String] = []

  @Option(
    name: .customLong("max"),
    help: ArgumentHelp("Fail if the metric is more than <x>. Can be repeated.", valueName: "metric=x"))
  var maxima: [String] = []

  @Option(
    name: .customLong("baseline"),
    help: ArgumentHelp(
      "Compare with earlier predictions of the same records, or with an earlier JSON report.",
      valueName: "file"), completion: .predictions)
  var baselines: [InputPath] = []

  private var baseline: InputPath? { baselines.first }

  @Option(
    name: .customLong("max-drop"),
    help: ArgumentHelp(
      "Fail if the metric is worse than the baseline's by more than <x>. Can be repeated.",
      valueName: "metric=x"))
  var maximumDrops: [String] = []

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

  @OptionGroup var pictures: PictureOptions
  @OptionGroup var page: PageOptions
  @OptionGroup var force: ForceOption

  func validate() throws {
    if merge {
      guard !inputs.isEmpty else { throw ValidationError("--merge: expected JSON reports to merge") }
      let needed = [
        ("--truth", truthOptions.truth != nil), ("--wrong", wrongOptions.wrong != nil),
        ("--columns", columns != nil && baseline == nil),
      ]
      if let option = needed.first(where: \.1)?.0 ?? figureOptions.optionOnPredictions
        ?? thresholdOptions.optionOnPredictions ?? page.optionOnPredictions
      {
        throw ValidationError("\(option): expected predictions; reports do not describe single records")
      }
    } else if inputs.count > 1 {
      throw ValidationError("expected one file of predictions, or --merge and JSON reports")
    }
    if baselines.count > 1 { throw ValidationError("--baseline: expected one, got \(baselines.count)") }
    try checkRepeatedInputs()
    _ = try titles
    if baseline == nil, let drop = maximumDrops.first {
      throw ValidationError("--max-drop \(drop): expected a --baseline to compare with")
    }
    _ = try gates()
  }

  var impliedFiles: [NamedFile] {
    inputs.isEmpty && !merge ? [NamedFile("<predictions>", .input, "-")] : []
  }

  func run() throws {
    let wrong = wrongRecords
    let report = try report(wrong)
    let page = try page.page(
      report, origin: merge ? .mergedReports : .predictions, wrong, force: force)
    for note in report.notes { StandardError.print("\(Self.name): \(note)") }
    try wrongOptions.write(wrong)
    try thresholdOptions.write(report.figures.scores)
    try pictures.write(report.figures)
    try self.page.write(page)
    let file = try OutputFile(path: output.path)
    switch format {
    case .text: try file.write(report.text(color: output.path.isStandardStream && Terminal.takesColor(1)))
    case .json: try file.write(report.json.indentedText())
    case .markdown: try file.write(report.markdown())
    case .csv: try file.write(report.csv())
    case .junit: try file.write(report.junit())
    }
    try file.commit()
    if !report.failures.isEmpty {
      let names = report.failures.map { displayed($0.gate.metric.description) }.joined(separator: ", ")
      let gates =
        report.gates.count == 1 ? "the gate" : "\(report.failures.count) of \(report.gates.count) gates"
      throw NegativeAnswer("\(gates) failed: \(names)")
    }
  }

  /// Collects as many wrong records as the table or the page shows; `nil` if neither shows any.
  private var wrongRecords: WrongRecords? {
    let count = max(wrongOptions.count, merge ? 0 : page.mistakeCount)
    return count == 0 ? nil : WrongRecords(limit: count == .max ? nil : count)
  }

  private func report(_ wrong: WrongRecords?) throws -> EvaluationReport {
    let names = try classes.names
    let settings = intervalOptions.settings
    let truths = try truthOptions.truths(open)
    let gates = try gates()
    var wanted = figureOptions.wanted
    wanted.costs = try figureOptions.costTable(open)
    wanted.add(neededBy: gates)
    let reference = try baseline.map {
      try Baseline(
        try open($0), classes: names, titles: titles, truths: truths, confidence: settings.confidence,
        wanted: wanted)
    }
    wanted.thresholdGoal = try thresholdOptions.goal
    wanted.curves = page.html != nil
    let thresholds = try thresholdOptions.thresholds(open)
    if merge {
      return try mergeReports(
        inputs.map { file in { try open(file) } }, classes: names, settings: settings,
        costs: wanted.costs, gates: gates, baseline: reference)
    }
    return try evaluate(
      try open(inputs.first ?? "-"), classes: names, titles: titles, truths: truths, settings: settings,
      wanted: wanted, thresholds: thresholds, gates: gates, baseline: reference, wrong: wrong)
  }

  private var titles: [String]? {
    get throws {
      do throws(ColumnTitlesError) {
        return try columns.map { text throws(ColumnTitlesError) in try ColumnTitles(parsing: text).titles }
      } catch {
        throw ValidationError("--columns: \(error)")
      }
    }
  }

  /// Refuses predictions as their own baseline, which would never fail, and reports that are merged twice, which would
  /// count twice.
  private func checkRepeatedInputs() throws {
    var identities: Set<FileIdentity> = []
    for input in inputs {
      guard let identity = FileIdentity(ofInput: input.path) else { continue }
      if !identities.insert(identity).inserted {
        throw ValidationError(
          "--merge: '\(input.path.displayed)' is given twice, and its records would count twice")
      }
      if let baseline, inputs.count == 1, FileIdentity(ofInput: baseline.path) == identity {
        throw ValidationError("--baseline: '\(baseline.path.displayed)' is also the file to be judged")
      }
    }
  }

  private func open(_ file: InputPath) throws -> InputFile {
    let input = try InputFile(path: file.path)
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
