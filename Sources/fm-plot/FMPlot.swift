// fm-plot draws what logs, predictions and reports hold: curves, a heat map, a reliability diagram.
import ByteIO
import CommandLine
import Evaluation
import Pictures
import Predictions
import TensorStream

extension PictureFormat: ExpressibleByArgument {}

@main struct FMPlot: Tool {
  static let configuration = CommandConfiguration.tool(
    "fm-plot",
    abstract: "Draw training curves, a confusion matrix, or a reliability diagram, as SVG or PNG.",
    usage: "<kind> <file> ... --output <file> [<options>]",
    discussion: """
      curves: loss and accuracy, epoch by epoch, of logs that fm-train --log wrote, all in one picture. Logs whose names \
      differ only behind the last dash, cnn-0.jsonl and cnn-1.jsonl, share a colour. Of logs of fm-train --lr-find the \
      loss is drawn over the learning rate.

      confusion: which class was taken for which, of predictions in any form or of a JSON report of fm-eval.

      reliability: how often predictions of a confidence are right, of predictions in any form.

      The same input gives the same picture, byte by byte, where fonts and libraries are the same.
      """,
    examples: [
      "fm-train --arch cnn --log cnn.jsonl -o cnn.safetensors < train.raw",
      "fm-plot curves cnn.jsonl ffnn.jsonl --output curves.svg",
      "fm-plot confusion predictions.tsv --output confusion.png",
      "fm-predict -m cnn.safetensors test.raw | fm-plot reliability - -o r.svg",
    ])

  enum Kind: String, CaseIterable, ExpressibleByArgument { case curves, confusion, reliability }

  @Argument(help: ArgumentHelp("What to draw.", valueName: "kind"))
  var kind: Kind

  static var manyArguments: WritableKeyPath<Self, [InputPath]>? { \.files }

  @Argument(
    help: ArgumentHelp(
      "What to draw it of: logs for curves, else one file; - is standard input.", valueName: "file"),
    completion: .file())
  var files: [InputPath]

  @Option(
    name: .longAndLetter("o"),
    help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"),
    completion: .file(extensions: ["svg", "png"]))
  var output: OutputPath = "-"

  @Option(help: ArgumentHelp("The format. (default: what the output's name ends in)", valueName: "format"))
  var to: PictureFormat?

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

  @OptionGroup var force: ForceOption

  func validate() throws {
    if kind != .curves && files.count > 1 {
      throw ValidationError("\(kind.rawValue): expected one file, got \(files.count)")
    }
    if kind == .curves && classes != nil { throw ValidationError("--classes is not for curves") }
    if kind == .curves && columns != nil { throw ValidationError("--columns is not for curves") }
    _ = try titles
    try checkRepeatedLogs()
    if kind != .curves && learningRate { throw ValidationError("--learning-rate is for curves") }
    _ = try format
  }

  func run() throws {
    let format = try format
    let picture = try picture()
    let file = try OutputFile(path: output.path)
    // An SVG is text, if long; a terminal that shows it is not harmed.
    if format == .png { try force.check(file, instead: "fm-plot \(kind.rawValue) FILE --output picture.png") }
    try picture.write(to: file, as: format)
  }

  private var format: PictureFormat {
    get throws {
      if let format = to ?? PictureFormat(fileName: output.path) { return format }
      throw ValidationError(
        "say what to write: by --to svg or png, or by an --output that ends in one of them")
    }
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
    let names = try classes.map { try ClassNames.names(for: $0.path) }
    switch kind {
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
