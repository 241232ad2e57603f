// The options of fm-eval for charts of the confusion matrix, which are drawn beside the report.
import ByteIO
import CommandLine
import Evaluation
import Pictures

struct PictureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Draw the confusion matrix as a heat map, in an SVG file.", valueName: "file"),
    completion: .file(extensions: ["svg"]))
  var svg: OutputPath?

  @Option(
    help: ArgumentHelp("Draw it in a PNG file.", valueName: "file"), completion: .file(extensions: ["png"]))
  var png: OutputPath?

  private var files: [(format: PictureFormat, option: String, path: FilePath)] {
    let files: [(PictureFormat, String, OutputPath?)] = [(.svg, "--svg", svg), (.png, "--png", png)]
    return files.compactMap { format, option, path in path.map { (format, option, $0.path) } }
  }

  func validate() throws {
    // Standard output is for the report.
    for file in files where file.path.isStandardStream {
      throw ValidationError("\(file.option): expected a file, got standard output, which has the report")
    }
  }

  func write(_ figures: Figures) throws {
    if files.isEmpty { return }
    let picture = ConfusionPicture(names: figures.classes.map(\.name), matrix: figures.confusion).picture
    for file in files { try picture.write(to: try OutputFile(path: file.path), as: file.format) }
  }
}
