// The options of fm-plot for the output, and how charts and tables are written.
import ByteIO
import Charts
import CommandLine

/// `--output` and `--to`.
struct PlotOutputOptions: ParsableArguments {
  /// The formats of charts, and of the table that comparisons can be.
  enum Form: String, CaseIterable, ExpressibleByArgument { case svg, png, tsv }

  @Option(
    name: .longAndLetter("o"),
    help: ArgumentHelp("Write the chart to this file; - is standard output.", valueName: "file"),
    completion: .file(extensions: ["svg", "png", "tsv"]))
  var output: OutputPath = "-"

  @Option(
    help: ArgumentHelp(
      "The format; tsv is for compare. (default: the ending of the output's name)", valueName: "format"))
  var to: Form?

  /// The file to write; `-` is standard output.
  var path: FilePath { output.path }

  /// Returns the form to write: that of `--to`, or else the one that the output's name ends in. Throws a
  /// ``ValidationError`` if neither says.
  func form(of kind: FMPlot.Kind) throws -> Form {
    let name = path.text.lowercased()
    if let form = to ?? Form.allCases.first(where: { name.hasSuffix(".\($0.rawValue)") }) { return form }
    throw ValidationError(
      "expected a format: type --to svg or png, or an --output that ends in .svg or .png"
        + (kind == .compare ? "; tsv writes a table" : ""))
  }

  /// Writes a chart. Throws if it is a PNG for a terminal, unless forced.
  func write(_ chart: Chart, of kind: FMPlot.Kind, force: ForceOption) throws {
    guard let format = ChartFormat(rawValue: try form(of: kind).rawValue) else {
      preconditionFailure("a table")
    }
    let file = try OutputFile(path: path)
    // An SVG is text, so it does no harm to a terminal.
    if format == .png { try force.check(file, instead: "fm-plot \(kind.rawValue) FILE --output chart.png") }
    try chart.write(to: file, as: format)
  }

  /// Writes a table.
  func write(_ table: String) throws {
    let file = try OutputFile(path: path)
    try file.write(table)
    try file.commit()
  }
}
