// fm-plot draws what logs, predictions and reports hold: curves, a heat map, a reliability diagram, models side by side.
import ByteIO
import CommandLine
import Evaluation
import Pictures
import Predictions
import TensorStream

@main struct FMPlot: Tool {
  static let configuration = CommandConfiguration.tool(
    "fm-plot",
    abstract: "Draw training curves, a confusion matrix, a reliability diagram, or a comparison of models.",
    usage: "<kind> <file> ... --output <file> [<options>]",
    discussion: """
      curves: loss and accuracy, epoch by epoch, of logs that fm-train --log wrote, all in one picture. Logs whose names \
      differ only after the last dash, cnn-0.jsonl and cnn-1.jsonl, share a colour. Of logs of fm-train --lr-find the \
      loss is drawn over the learning rate.

      confusion: which class was taken for which, of predictions in any form or of a JSON report of fm-eval.

      reliability: how often predictions of a confidence are right, of predictions in any form.

      compare: the accuracy of several models on the same records, with intervals, of predictions in any form or of \
      JSON reports of fm-eval. The first file is what the others are compared with: by McNemar's exact test, record by \
      record, corrected for the number of tests by Holm's method. A report has such a test if it was made with the \
      first file's predictions as --baseline. --to tsv, or an output that ends in .tsv, has the figures as a table.

      The same input gives the same picture, byte by byte, where fonts and libraries are the same.
      """,
    examples: [
      "fm-train --arch cnn --log cnn.jsonl -o cnn.safetensors < train.raw",
      "fm-plot curves cnn.jsonl ffnn.jsonl --output curves.svg",
      "fm-plot curves cnn.jsonl --follow",
      "fm-plot confusion predictions.tsv --output confusion.png",
      "fm-plot compare ffnn.tsv cnn.tsv vgg.tsv --output models.svg",
      "fm-plot compare ffnn.tsv cnn.tsv vgg.tsv --to tsv | column -t",
      "fm-predict -m cnn.safetensors test.raw | fm-plot reliability - -o r.svg",
    ])

  enum Kind: String, CaseIterable, ExpressibleByArgument { case curves, confusion, reliability, compare }

  /// Pictures, and for comparisons a table.
  enum Form: String, CaseIterable, ExpressibleByArgument { case svg, png, tsv }

  @Argument(help: ArgumentHelp("What to draw.", valueName: "kind"))
  var kind: Kind

  static var manyArguments: WritableKeyPath<Self, [InputPath]>? { \.files }

  @Argument(
    help: ArgumentHelp(
      "What to draw it of: logs for curves, two files or more to compare, else one; - is standard input.",
      valueName: "file"),
    completion: .file())
  var files: [InputPath]

  @Option(
    name: .longAndLetter("o"),
    help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"),
    completion: .file(extensions: ["svg", "png", "tsv"]))
  var output: OutputPath = "-"

  @Option(
    help: ArgumentHelp(
      "The format; tsv is for compare. (default: what the output's name ends in)", valueName: "format"))
  var to: Form?

  @Option(
    help: ArgumentHelp(
      """
      The names of the classes in their order: fashion-mnist, mnist, or a file with a name a line. Numbers among \
      the predictions become names. (default: what the predictions name)
      """, valueName: "names"), completion: .classNames)
  var classes: ClassesArgument?

  @Option(
    help: ArgumentHelp(
      "The columns of predictions without a header, such as name,truth,class,probability.",
      valueName: "titles"),
    completion: .list(ColumnTitles.known))
  var columns: String?

  @Flag(help: "Draw the learning rate of curves too.")
  var learningRate = false

  @Flag(
    help: """
      Draw curves anew whenever a log grows, until all runs have ended: in the terminal, or in the file that --output \
      names. Logs that are not there yet are waited for.
      """)
  var follow = false

  @OptionGroup var force: ForceOption

  func validate() throws {
    if kind == .compare && files.count < 2 {
      throw ValidationError("compare: expected two files or more, got 1")
    }
    if kind == .confusion || kind == .reliability, files.count > 1 {
      throw ValidationError("\(kind.rawValue): expected one file, got \(files.count)")
    }
    if kind == .curves && classes != nil { throw ValidationError("--classes is not for curves") }
    if kind == .curves && columns != nil { throw ValidationError("--columns is not for curves") }
    _ = try titles
    try checkRepeatedLogs()
    if kind != .curves && learningRate { throw ValidationError("--learning-rate is for curves") }
    if follow {
      try validateFollow()
      if output.path.descriptor(standardStream: 1) != nil { return }
    }
    if try form == .tsv, kind != .compare {
      throw ValidationError("tsv is for compare; \(kind.rawValue) is drawn as svg or png")
    }
  }

  func run() throws {
    if follow { return try followLogs() }
    if try form == .tsv { return try writeTable(comparison()) }
    try write(picture())
  }

  func write(_ picture: Picture) throws {
    guard let format = PictureFormat(rawValue: try form.rawValue) else { preconditionFailure("a table") }
    let file = try OutputFile(path: output.path)
    // An SVG is text, if long; a terminal that shows it is not harmed.
    if format == .png { try force.check(file, instead: "fm-plot \(kind.rawValue) FILE --output picture.png") }
    try picture.write(to: file, as: format)
  }

  private var form: Form {
    get throws {
      let name = output.path.text.lowercased()
      if let form = to ?? Form.allCases.first(where: { name.hasSuffix(".\($0.rawValue)") }) { return form }
      throw ValidationError(
        "say what to write: by --to svg or png, or by an --output that ends in one of them"
          + (kind == .compare ? "; or tsv for a table" : ""))
    }
  }

  private func comparison() throws -> ModelComparison {
    let comparison = try ModelComparison(
      files.map { file in { try open(file, "predictions or a report") } }, classes: names, titles: titles)
    for note in comparison.notes { Self.say(note) }
    return comparison
  }

  private func writeTable(_ comparison: ModelComparison) throws {
    let file = try OutputFile(path: output.path)
    try file.write(comparison.table)
    try file.commit()
  }

  private var names: [String]? {
    get throws { try classes.map { try ClassNames.names(for: $0.path) } }
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

  private func picture() throws -> Picture {
    switch kind {
    case .compare: return ComparisonPicture(try comparison()).picture
    case .curves:
      let runs = try files.map { try TrainingRun(try open($0, "a log of fm-train")) }
      for run in runs { tellCut(run) }
      return try trainingPicture(runs, names: files.map(\.path.displayed), showsRate: learningRate)
    case .confusion:
      let confusion = try NamedConfusion(
        try open(files[0], "predictions or a report"), classes: names, titles: titles)
      return ConfusionPicture(names: confusion.names, matrix: confusion.matrix).picture
    case .reliability:
      let input = try open(files[0], "predictions")
      let figures = try evaluate(input, classes: names, titles: titles).figures
      return try ReliabilityPicture(figures, name: input.name).picture
    }
  }

  /// A log that is drawn twice hides below itself.
  private func checkRepeatedLogs() throws {
    var identities: Set<FileIdentity> = []
    for file in files {
      guard let identity = FileIdentity(ofInput: file.path) else { continue }
      if !identities.insert(identity).inserted {
        throw ValidationError("\(kind.rawValue): '\(file.path.displayed)' is given twice")
      }
    }
  }

  private func tellCut(_ run: TrainingRun) {
    guard let line = run.cutLine else { return }
    Self.say(
      "\(run.name): line \(line): the log ends inside the line, as if the run is going on or was killed; it is drawn"
        + " without the line")
  }

  private func open(_ file: InputPath, _ expected: String) throws -> InputFile {
    let input = try InputFile(path: file.path)
    try force.check(input, expected: expected, instead: "fm-plot \(kind.rawValue) FILE --output picture.svg")
    return input
  }
}
