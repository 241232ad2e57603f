// fm-plot draws logs, predictions and reports: curves, a heat map, a reliability diagram, a comparison of models.
import ByteIO
import ClassOptions
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
      curves: the loss and accuracy of each epoch, from logs of fm-train --log, all in one picture. Logs whose names \
      differ only after the last dash, such as cnn-0.jsonl and cnn-1.jsonl, share a colour. Logs of fm-train --lr-find \
      give the loss over the learning rate.

      confusion: which classes were taken for which, from predictions in any form or a JSON report of fm-eval.

      reliability: how often predictions are right, by their confidence, from predictions in any form.

      compare: the accuracy of several models on the same records, with intervals, from predictions in any form or \
      JSON reports of fm-eval. Each model is compared with the first one, record by record, by McNemar's exact test, \
      corrected for the number of tests by Holm's method. A report has this test if it was made with the first \
      file's predictions as --baseline. --to tsv, or an output that ends in .tsv, writes the figures as a table.

      With the same fonts and libraries, the same input gives the same picture, byte for byte.
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

  /// The formats of pictures, and of the table that comparisons can be.
  enum Form: String, CaseIterable, ExpressibleByArgument { case svg, png, tsv }

  @Argument(help: ArgumentHelp("What to draw.", valueName: "kind"))
  var kind: Kind

  static var manyArguments: WritableKeyPath<Self, [InputPath]>? { \.files }

  @Argument(
    help: ArgumentHelp(
      "The input: logs for curves, two or more files for compare, else one file; - is standard input.",
      valueName: "file"),
    completion: .file())
  var files: [InputPath]

  @Option(
    name: .longAndLetter("o"),
    help: ArgumentHelp("Write the picture to this file; - is standard output.", valueName: "file"),
    completion: .file(extensions: ["svg", "png", "tsv"]))
  var output: OutputPath = "-"

  @Option(
    help: ArgumentHelp(
      "The format; tsv is for compare. (default: the ending of the output's name)", valueName: "format"))
  var to: Form?

  @OptionGroup var classes: PredictedClassOptions

  @Option(
    help: ArgumentHelp(
      "The columns of a table without a header, such as name,truth,class,probability.",
      valueName: "titles"),
    completion: .list(ColumnTitles.known))
  var columns: String?

  @Flag(help: "Add a panel for the learning rate to curves.")
  var learningRate = false

  @Flag(
    help: """
      Redraw curves whenever a log grows, until all runs have ended: in the terminal, or in the file that --output \
      names. Wait for logs that do not exist yet.
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
    if kind == .curves && classes.classes != nil { throw ValidationError("--classes is not for curves") }
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
    // An SVG is text, so it does no harm to a terminal.
    if format == .png { try force.check(file, instead: "fm-plot \(kind.rawValue) FILE --output picture.png") }
    try picture.write(to: file, as: format)
  }

  private var form: Form {
    get throws {
      let name = output.path.text.lowercased()
      if let form = to ?? Form.allCases.first(where: { name.hasSuffix(".\($0.rawValue)") }) { return form }
      throw ValidationError(
        "expected a format: type --to svg or png, or an --output that ends in .svg or .png"
          + (kind == .compare ? "; tsv writes a table" : ""))
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
    get throws { try classes.names }
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

  /// Refuses a file that is given twice. A log that is drawn twice hides its own curve.
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
      "\(run.name): line \(line): the log ends inside the line, as if the run is still writing or was killed;"
        + " the picture leaves this line out")
  }

  private func open(_ file: InputPath, _ expected: String) throws -> InputFile {
    let input = try InputFile(path: file.path)
    try force.check(input, expected: expected, instead: "fm-plot \(kind.rawValue) FILE --output picture.svg")
    return input
  }
}
