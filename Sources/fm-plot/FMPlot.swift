// fm-plot draws logs, predictions and reports: curves, a heat map, a reliability diagram, a comparison of models.
import ByteIO
import ChartRemedies  // What to type after the errors of libraries.
import Charts
import ClassOptions
import CommandLine
import DataRemedies

@main struct FMPlot: Tool {
  static let configuration = CommandConfiguration.tool(
    "fm-plot",
    abstract: "Draw training curves, a confusion matrix, a reliability diagram, or a comparison of models.",
    usage: "<kind> <file> ... --output <file> [<options>]",
    discussion: """
      curves: the loss and accuracy of each epoch, from logs of fm-train --log, all in one chart. Logs whose names \
      differ only after the last dash, such as cnn-0.jsonl and cnn-1.jsonl, share a colour. Logs of fm-train --lr-find \
      give the loss over the learning rate.

      confusion: which classes were taken for which, from predictions in any form or a JSON report of fm-eval.

      reliability: how often predictions are right, by their confidence, from predictions in any form.

      compare: the accuracy of several models on the same records, with intervals, from predictions in any form or \
      JSON reports of fm-eval. Each model is compared with the first one, record by record, by McNemar's exact test, \
      corrected for the number of tests by Holm's method. A report has this test if it was made with the first \
      file's predictions as --baseline. --to tsv, or an output that ends in .tsv, writes the figures as a table.

      With the same fonts and libraries, the same input gives the same chart, byte for byte.
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

  @Argument(help: ArgumentHelp("What to draw.", valueName: "kind"))
  var kind: Kind

  static var manyArguments: WritableKeyPath<Self, [InputPath]>? { \.files }

  @Argument(
    help: ArgumentHelp(
      "The input: logs for curves, two or more files for compare, else one file; - is standard input.",
      valueName: "file"),
    completion: .file())
  var files: [InputPath]

  @OptionGroup var output: PlotOutputOptions
  @OptionGroup var classes: PredictedClassOptions
  @OptionGroup var columns: PredictionColumnOptions

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
    if kind == .curves && columns.columns != nil { throw ValidationError("--columns is not for curves") }
    _ = try columns.titles
    // A log that is drawn twice hides its own curve.
    if let path = files.map(\.path).firstRepeatedInput {
      throw ValidationError("\(kind.rawValue): '\(path.displayed)' is given twice")
    }
    if kind != .curves && learningRate { throw ValidationError("--learning-rate is for curves") }
    if follow {
      try validateFollow()
      if output.path.descriptor(standardStream: 1) != nil { return }
    }
    if try output.form(of: kind) == .tsv, kind != .compare {
      throw ValidationError("tsv is for compare; \(kind.rawValue) is drawn as svg or png")
    }
  }

  func run() throws {
    if follow { return try followLogs() }
    if try output.form(of: kind) == .tsv { return try output.write(comparison().table) }
    try write(chart())
  }

  /// Writes a chart to the output.
  func write(_ chart: Chart) throws { try output.write(chart, of: kind, force: force) }
}
