// idx2raw decodes IDX files, the format of MNIST and Fashion-MNIST, into a tensor stream.
import ByteIO
import ClassOptions
import CommandLine
import DataRemedies  // What to type after the errors of libraries.
import ImageFiles
import PictureRemedies
import TensorStream

@main struct Idx2Raw: Tool {
  static let configuration = CommandConfiguration.tool(
    "idx2raw",
    abstract: "Decode IDX files, the format of MNIST and Fashion-MNIST, into records.",
    usage: "[<options>] <images> [<labels>]",
    discussion: """
      Reads a file of images and, if given, the file of their labels, and writes a \
      tensor stream with one record per image. The files may be compressed with gzip. \
      Both are read and verified to their ends, even if only a part of them is written.

      Images are grey (rank 3), or in colour with the 3 channels before or after rows and columns (rank 4). Values \
      may have any of the format's types: integers from 0 to 255 are pixels as they are, and --scale turns others \
      into pixels. Labels are whole numbers from 0 to 255, of any type.
      """,
    examples: [
      "idx2raw train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz \\",
      "  --classes fashion-mnist > train.raw",
      "idx2raw t10k-images-idx3-ubyte.gz | fm-predict --model cnn.safetensors",
      "idx2raw --transpose emnist-letters-train-images-idx3-ubyte.gz > e.raw",
      "idx2raw --scale 255 floats-from-0-to-1.idx labels.idx > data.raw",
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
      Use these class names, in the order of the labels: fashion-mnist, mnist, or a file with one name per line. \
      Labels beyond them are refused. (default: no names)
      """, valueName: "names"), completion: .classNames)
  var classes: ClassesArgument?

  @OptionGroup var imageOptions: ImageOptions
  @OptionGroup var output: OutputOption
  @OptionGroup var force: ForceOption

  func run() throws {
    let names = try classes?.names
    let reader = try IDXReader(
      images: try open(images), labels: try labels.map(open), options: imageOptions.options)
    let file = try OutputFile(path: output.path)
    try force.check(file, instead: "idx2raw images.gz > images.raw")

    let writer = TensorStreamWriter(file, format: reader.format)
    try convertIDX(reader, rows: imageOptions.rows, classCount: names?.count, to: writer)
    try writer.finish(classes: names, history: [Self.recordedCommandLine])
    try file.commit()
    if let remark = reader.remark { Self.say("\(remark); is --scale right?") }
  }

  /// Opens an input. Throws if it is a terminal, unless forced.
  private func open(_ file: InputPath) throws -> InputFile {
    try force.open(file.path, expected: "an IDX file", instead: "gzip -dc images.gz | idx2raw -")
  }
}
