// idx2raw decodes IDX files, the format of MNIST and Fashion-MNIST, into a tensor stream.
import ByteIO
import CommandLine
import ImageFiles
import TensorStream

@main struct Idx2Raw: Tool {
  static let configuration = CommandConfiguration.tool(
    "idx2raw",
    abstract: "Decode IDX files, the format of MNIST and Fashion-MNIST, into records.",
    usage: "[<options>] <images> [<labels>]",
    discussion: """
      Reads a file of images and, if given, the file of their labels, and writes a \
      tensor stream, a record an image. The files may be compressed with gzip. Both \
      are read and verified to their ends, whatever part of them is written.
      """,
    examples: [
      "idx2raw train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz \\",
      "  --classes fashion-mnist > train.raw",
      "idx2raw t10k-images-idx3-ubyte.gz | fm-predict --model cnn.safetensors",
      "curl -s https://example.org/images.gz | idx2raw - labels.gz > data.raw",
    ])

  @Argument(help: "The IDX file of the images; - is standard input.", completion: .file())
  var images: InputPath

  @Argument(
    help: "The IDX file of their labels; - is standard input. (default: no labels)", completion: .file())
  var labels: InputPath?

  @Option(
    help: ArgumentHelp(
      """
      The names of the classes: fashion-mnist, mnist, or a file with a name a line, in the order of the labels. \
      A label beyond them is refused. (default: no names)
      """, valueName: "names"), completion: .file())
  var classes: ClassesArgument?

  @Option(help: ArgumentHelp("Leave out the first <n> images.", valueName: "n"))
  var skip = 0

  @Option(help: ArgumentHelp("Write at most <n> images. (default: all)", valueName: "n"))
  var limit: Int?

  @Option(
    name: .longAndLetter("o"), help: ArgumentHelp("Where to write; - is standard output.", valueName: "file"),
    completion: .file())
  var output: OutputPath = "-"

  @OptionGroup var force: ForceOption

  func validate() throws {
    if skip < 0 { throw ValidationError("--skip: expected 0 or more, got \(skip)") }
    if let limit, limit < 1 { throw ValidationError("--limit: expected 1 or more, got \(limit)") }
  }

  func run() throws {
    let names = try classes.map { try ClassNames.names(for: $0.path) }
    let reader = try IDXReader(images: try open(images), labels: try labels.map(open))
    let file = try OutputFile(path: output.path)
    try force.check(file, instead: "idx2raw images.gz > images.raw")

    let writer = TensorStreamWriter(file, format: reader.format)
    let end = limit.map { skip.addingReportingOverflow($0) }
    let rows = skip..<(end?.overflow == false ? end!.partialValue : Int.max)
    try convertIDX(reader, rows: rows, classCount: names?.count, to: writer)
    try writer.finish(classes: names, history: [Self.recordedCommandLine])
    try file.commit()
  }

  private func open(_ file: InputPath) throws -> InputFile {
    let input = try InputFile(path: file.path)
    try force.check(input, expected: "an IDX file", instead: "gzip -dc images.gz | idx2raw -")
    return input
  }
}
