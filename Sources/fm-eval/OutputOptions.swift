// The options of fm-eval for the files that it writes beside the report: mistakes, charts and a page for browsers.
import ByteIO
import Charts
import CommandLine
import Evaluation
import ReportPage
import TensorStream

/// `--wrong` and `--wrong-limit`, for the misclassified records.
struct WrongOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Write the misclassified records to this file as TSV, the most confident mistakes first, with the columns record, \
      name (if there are names), truth, class, probability (if there are probabilities).
      """, valueName: "file"), completion: .file())
  var wrong: OutputPath?

  @Option(
    name: .customLong("wrong-limit"),
    help: ArgumentHelp("Write only the first <n> records of --wrong. (default: all)", valueName: "n"))
  var limit: Int?

  func validate() throws {
    guard let limit else { return }
    guard wrong != nil else { throw ValidationError("--wrong-limit: expected --wrong FILE to limit") }
    guard limit > 0 else { throw ValidationError("--wrong-limit: expected 1 or more, got \(limit)") }
  }

  /// The most records in the table; 0 if no table is requested.
  var count: Int { wrong == nil ? 0 : limit ?? .max }

  /// Writes the kept records.
  func write(_ records: WrongRecords?) throws {
    guard let wrong, let records else { return }
    let file = try OutputFile(path: wrong.path)
    try records.write(to: file, limit: limit)
    try file.commit()
  }
}

/// `--svg` and `--png`, for charts of the confusion matrix.
struct ChartOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Draw the confusion matrix as a heat map, in an SVG file.", valueName: "file"),
    completion: .file(extensions: ["svg"]))
  var svg: OutputPath?

  @Option(
    help: ArgumentHelp("Draw it in a PNG file.", valueName: "file"), completion: .file(extensions: ["png"]))
  var png: OutputPath?

  /// The files that the options name, with their formats and options.
  private var files: [(format: ChartFormat, option: String, path: FilePath)] {
    let files: [(ChartFormat, String, OutputPath?)] = [(.svg, "--svg", svg), (.png, "--png", png)]
    return files.compactMap { format, option, path in path.map { (format, option, $0.path) } }
  }

  func validate() throws {
    // Standard output is for the report.
    for file in files where file.path.isStandardStream {
      throw ValidationError("\(file.option): expected a file, got standard output, which has the report")
    }
    for file in files {
      let name = file.path.text.lowercased()
      if let other = ["svg", "png"].first(where: { name.hasSuffix("." + $0) && "--" + $0 != file.option }) {
        throw ValidationError("\(file.option): '\(file.path.displayed)' ends with .\(other); use --\(other)")
      }
    }
  }

  /// Draws the confusion matrix into each file.
  func write(_ figures: Figures) throws {
    if files.isEmpty { return }
    let chart = ConfusionChart(names: figures.classes.map(\.name), matrix: figures.confusion).chart
    for file in files { try chart.write(to: try OutputFile(path: file.path), as: file.format) }
  }
}

/// `--html` and the options that belong to it, for the page for browsers.
struct PageOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Also write the report as a page for browsers: one file, with figures, confusion matrix, calibration, curves, and \
      the most confident mistakes. It shows all figures that the predictions allow, and needs 4 bytes of memory for \
      each probability.
      """, valueName: "file"),
    completion: .file(extensions: ["html"]))
  var html: OutputPath?

  @Option(
    help: ArgumentHelp(
      "Show the mistakes on the page of --html as pictures, from the stream that was predicted.",
      valueName: "stream"),
    completion: .streams)
  var images: InputPath?

  @Option(
    help: ArgumentHelp("Show the first <n> mistakes on the page, 0 to 1000. (default: 40)", valueName: "n"))
  var mistakes: Int?

  @Option(
    help: ArgumentHelp("The title of the page. (default: Evaluation of predictions)", valueName: "text"))
  var title: String?

  func validate() throws {
    if html == nil {
      let others = [("--images", images != nil), ("--mistakes", mistakes != nil), ("--title", title != nil)]
      if let option = others.first(where: \.1)?.0 {
        throw ValidationError("\(option): expected --html FILE, the page that it applies to")
      }
    }
    if let html, html.path.isStandardStream {
      throw ValidationError("--html: expected a file, got standard output, which has the report")
    }
    if let mistakes, !(0...1000).contains(mistakes) {
      throw ValidationError("--mistakes: expected 0 to 1000, got \(mistakes)")
    }
    if mistakes == 0, images != nil {
      throw ValidationError("--images: expected --mistakes of 1 or more, which the images show")
    }
  }

  /// The first given option that needs predictions; `nil` if none does.
  var optionOnPredictions: String? {
    images != nil ? "--images" : mistakes != nil ? "--mistakes" : nil
  }

  /// The number of wrong records that the page shows.
  var mistakeCount: Int { html == nil ? 0 : mistakes ?? 40 }

  /// Returns the page; `nil` if none is requested. Reads the stream of images to its end.
  func page(
    _ report: EvaluationReport, origin: ReportPage.Origin, _ wrong: WrongRecords?, force: ForceOption
  ) throws -> String? {
    guard html != nil else { return nil }
    var shown: ReportPage.Mistakes?
    if let wrong, mistakeCount > 0 {
      shown = ReportPage.Mistakes(
        wrong.worst(mistakeCount), images: try images.map { try selection($0, wrong, force: force) })
    }
    let advice = ReportPage.Advice(probabilities: "fm-predict --probabilities", images: "--images STREAM")
    return try ReportPage(report, title: title, origin: origin, mistakes: shown, advice: advice).html()
  }

  /// Finds the images of the mistakes in the stream that was predicted. Reads it to its end.
  private func selection(_ stream: InputPath, _ wrong: WrongRecords, force: ForceOption) throws
    -> ImageSelection
  {
    let input = try force.open(
      stream.path, expected: "a tensor stream",
      instead: "fm-eval predictions.tsv --html report.html --images test.raw")
    return try ImageSelection(
      try TensorStreamReader(input), select: RecordSelection(wrong, limit: mistakeCount))
  }

  /// Writes the page, if there is one.
  func write(_ page: String?) throws {
    guard let html, let page else { return }
    let file = try OutputFile(path: html.path)
    try file.write(page)
    try file.commit()
  }
}
