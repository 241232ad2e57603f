// The options of fm-eval for the page for browsers, which is written beside the report.
import ByteIO
import CommandLine
import Evaluation
import Pictures
import ReportPage
import TensorStream

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
    return try ReportPage(report, title: title, origin: origin, mistakes: shown).html()
  }

  private func selection(_ stream: InputPath, _ wrong: WrongRecords, force: ForceOption) throws
    -> ImageSelection
  {
    let input = try InputFile(path: stream.path)
    try force.check(
      input, expected: "a tensor stream",
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
