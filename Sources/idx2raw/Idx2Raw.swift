// idx2raw decodes IDX files, the format of MNIST and Fashion-MNIST, into a tensor stream.
import ByteIO
import ClassOptions
import CommandLine
import ImageFiles
import TensorStream

extension IDXImageOptions.ChannelPlace: ExpressibleByArgument {}

@main struct Idx2Raw: Tool {
  static let configuration = CommandConfiguration.tool(
    "idx2raw",
    abstract: "Decode IDX files, the format of MNIST and Fashion-MNIST, into records.",
    usage: "[<options>] <images> [<labels>]",
    discussion: """
      Reads a file of images and, if given, the file of their labels, and writes a \
      tensor stream with one record per image. The files may be compressed with gzip. \
      Both are read and verified to their ends, even if only a part of them is written.

      Images are grey (rank 3), or in color with the 3 channels before or after rows and columns (rank 4). Values \
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

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Multiply each value of the images by <x>, add --offset, and round to the nearest pixel from 0 to 255: 255 for values \
      from 0 to 1. Results outside that range are refused. (default: integers are pixels; floating point needs --scale)
      """, valueName: "x"))
  var scale: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With --scale, add <x>: --scale 127.5 --offset 127.5 for values from -1 to 1. (default: 0)",
      valueName: "x"))
  var offset: Double?

  @Flag(help: "Exchange the rows and columns of each image; EMNIST's files need it.")
  var transpose = false

  @Option(
    help: ArgumentHelp(
      "Expect the channels of color images first, as planes, or last, in pixels. (default: as the sizes show)",
      valueName: "place"))
  var channels: IDXImageOptions.ChannelPlace?

  @Option(help: ArgumentHelp("Skip the first <n> images.", valueName: "n"))
  var skip = 0

  @Option(help: ArgumentHelp("Write at most <n> images. (default: all)", valueName: "n"))
  var limit: Int?

  @Option(
    name: .longAndLetter("o"),
    help: ArgumentHelp("Write to this file; - is standard output.", valueName: "file"), completion: .file())
  var output: OutputPath = "-"

  @OptionGroup var force: ForceOption

  func validate() throws {
    for (option, value) in [("--scale", scale), ("--offset", offset)] {
      if let value, !value.isFinite { throw ValidationError("\(option): expected a number, got \(value)") }
    }
    if scale == 0 { throw ValidationError("--scale: expected a number other than 0") }
    if offset != nil, scale == nil {
      throw ValidationError("--offset belongs to --scale; to shift integers, add --scale 1")
    }
    if skip < 0 { throw ValidationError("--skip: expected 0 or more, got \(skip)") }
    if let limit, limit < 1 { throw ValidationError("--limit: expected 1 or more, got \(limit)") }
  }

  func run() throws {
    let names = try classes?.names
    let options = IDXImageOptions(
      scale: scale, offset: offset ?? 0, isTransposed: transpose, channelPlace: channels)
    let reader = try IDXReader(images: try open(images), labels: try labels.map(open), options: options)
    let file = try OutputFile(path: output.path)
    try force.check(file, instead: "idx2raw images.gz > images.raw")

    let writer = TensorStreamWriter(file, format: reader.format)
    let end = limit.map { skip.addingReportingOverflow($0) }
    let rows = skip..<(end?.overflow == false ? end!.partialValue : Int.max)
    try convertIDX(reader, rows: rows, classCount: names?.count, to: writer)
    try writer.finish(classes: names, history: [Self.recordedCommandLine])
    try file.commit()
    if let remark = reader.remark { Self.say(remark) }
  }

  private func open(_ file: InputPath) throws -> InputFile {
    let input = try InputFile(path: file.path)
    try force.check(input, expected: "an IDX file", instead: "gzip -dc images.gz | idx2raw -")
    return input
  }
}
