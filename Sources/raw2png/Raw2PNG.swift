// raw2png makes pictures of records: a file for each, an archive of such files, a sheet, or text in a terminal.
import Archives
import ByteIO
import CommandLine
import ImageFiles
import Pictures
import TensorStream

@main struct Raw2PNG: Tool {
  static let configuration = CommandConfiguration.tool(
    "raw2png",
    abstract: "Make pictures of records: PNG files, a tar archive, a contact sheet, or text in a terminal.",
    usage: "(--directory|--tar|--sheet <path>|--terminal) [<stream>]",
    discussion: """
      --directory writes a PNG file for each record, with exactly its pixels. The file has the record's name, with the \
      folders in it, as long as it stays below the directory. Names that are absolute, that contain '..' or control \
      characters, or that another record has are replaced by the record's number (000042.png). Existing files are \
      refused without --force.

      --tar writes the same files as members of a tar archive, under the same names. With --cls, each label follows \
      its picture, as in WebDataset: KEY.png, then KEY.cls with the label's digits. Names with more dots than that of \
      .png or .jpg are then replaced by numbers, too. The same records give the same bytes.

      --sheet draws the images side by side, each with its true class and, with --predictions or --select, the \
      predicted class: blue if it is right, vermilion if it is wrong. --terminal shows the same as text, in letters if \
      there are no colours or NO_COLOR is set. Both take up to 4,096 images.

      Predictions and selections are tables as fm-predict and fm-eval --wrong write them. They are joined with the \
      records by name, or by number if there are no names. Anything that does not match is an error.
      """,
    examples: [
      "raw2png test.raw --limit 50 --sheet first.png",
      "raw2png test.raw --predictions predictions.tsv --limit 100 --sheet p.svg",
      "fm-eval predictions.tsv --wrong wrong.tsv",
      "raw2png test.raw --select wrong.tsv --limit 40 --sheet wrong.png",
      "raw2png test.raw --limit 6 --terminal",
      "fm-split data.raw --emit train | raw2png --directory images",
      "raw2png test.raw --tar - --cls | gzip > test.tar.gz",
    ])

  @Argument(help: "The stream of images; - is standard input.", completion: .streams)
  var stream: InputPath = "-"

  @Option(
    help: ArgumentHelp("Write a PNG file for each record into this directory.", valueName: "dir"),
    completion: .directory)
  var directory: OutputFolder?

  @Option(
    help: ArgumentHelp(
      "Write a tar archive with a PNG file for each record; - is standard output.", valueName: "file"),
    completion: .file(extensions: ["tar"]))
  var tar: OutputPath?

  @Flag(help: "With --tar: write each record's label after its picture, as a member KEY.cls.")
  var cls = false

  @Option(
    help: ArgumentHelp("Draw the images on one sheet; its name ends in .svg or .png.", valueName: "file"),
    completion: .file(extensions: ["png", "svg"]))
  var sheet: OutputPath?

  @Flag(help: "Show the images as text on standard output.")
  var terminal = false

  @OptionGroup var choice: RecordChoiceOptions
  @OptionGroup var grid: GridOptions

  @OptionGroup var reporting: QuietOption

  @Flag(
    name: [.short, .long],
    help: "Replace existing files in the directory, read from a terminal, and write an archive to one.")
  var force = false

  var impliedFiles: [NamedFile] { terminal ? [NamedFile("--terminal", .output, "-")] : [] }

  func validate() throws {
    let targets = [directory != nil, tar != nil, sheet != nil, terminal].count { $0 }
    if targets == 0 {
      throw ValidationError("expected --directory DIR, --tar FILE.tar, --sheet FILE.png, or --terminal")
    }
    if targets > 1 {
      throw ValidationError("--directory, --tar, --sheet and --terminal: expected only one of them")
    }
    try validateArchive()
    if let sheet, PictureFormat(fileName: sheet.path) == nil {
      throw ValidationError(
        "--sheet: expected a name that ends in .png or .svg, got '\(sheet.path.displayed)'")
    }
    try choice.validate()
    let isFiles = directory != nil || tar != nil
    if isFiles { try choice.validateForFiles() }
    try grid.validate(isFiles: isFiles, isSheet: sheet != nil)
  }

  private func validateArchive() throws {
    if cls, tar == nil { throw ValidationError("--cls is for archives; add --tar FILE.tar") }
    let compressed = [".gz", ".tgz", ".zst", ".xz", ".bz2"]
    if let tar, let ending = compressed.first(where: { tar.path.text.hasSuffix($0) }) {
      throw ValidationError(
        "--tar: raw2png does not compress, as '\(ending)' would suggest; name the archive .tar, or type for example"
          + " 'raw2png --tar - … | gzip > \(tar.path.displayed)'")
    }
  }

  func run() throws {
    let selection = try choice.selection()
    let input = try InputFile(path: stream.path)
    if input.isTerminal && !force {
      throw TerminalError.input(
        name: input.name, expected: "a tensor stream", instead: "raw2png --sheet sheet.png test.raw")
    }
    let reader = try TensorStreamReader(input)
    if let directory {
      try write(reader, select: selection, into: try ImageFolder(path: directory.path, overwrites: force))
    } else if let tar {
      try write(reader, select: selection, to: try OutputFile(path: tar.path))
    } else {
      var images = try ImageSelection(reader, select: selection, count: choice.limit)
      if let predictions = choice.predictions { try images.note(try InputFile(path: predictions.path)) }
      try draw(images)
    }
  }

  private func write(_ reader: TensorStreamReader, select: RecordSelection?, into folder: ImageFolder) throws
  {
    try visitImages(of: reader, select: select, count: choice.limit) { batch, row, number, _ in
      guard let shape = batch.format.imageShape else { return }
      try folder.write(
        batch.images[row * shape.byteCount..<(row + 1) * shape.byteCount], shape: shape,
        name: batch.format.hasNames ? batch.names[row] : nil, record: number)
    }
    noteRenamed(folder.renamedCount, of: reader)
  }

  private func write(_ reader: TensorStreamReader, select: RecordSelection?, to file: OutputFile) throws {
    if file.isTerminal && !force {
      throw TerminalError.output(name: file.name, instead: "raw2png test.raw --tar test.tar")
    }
    if cls, !reader.format.hasLabels { throw NoLabels(name: reader.name) }
    let shard = try TarShard(file, writesLabels: cls)
    try visitImages(of: reader, select: select, count: choice.limit) { batch, row, number, _ in
      guard let shape = batch.format.imageShape else { return }
      try shard.write(
        batch.images[row * shape.byteCount..<(row + 1) * shape.byteCount], shape: shape,
        name: batch.format.hasNames ? batch.names[row] : nil,
        label: batch.format.hasLabels ? batch.labels[row] : nil, record: number)
    }
    try shard.finish()
    try file.commit()
    noteRenamed(shard.renamedCount, of: reader)
  }

  private func noteRenamed(_ count: Int, of reader: TensorStreamReader) {
    guard count > 0, !reporting.quiet else { return }
    Self.say(
      "\(reader.name): \(grouped(count)) records have their number as file name,"
        + " because their names are unsafe or come twice")
  }

  private func draw(_ images: ImageSelection) throws {
    if let sheet, let format = PictureFormat(fileName: sheet.path) {
      let picture = ContactSheet(images, columns: grid.columns, scale: grid.scale).picture
      try picture.write(to: try OutputFile(path: sheet.path), as: format)
    } else {
      let output = try OutputFile(path: "-")
      try TerminalSheet(
        images, colors: grid.terminalColors, width: Terminal.width(of: 1) ?? 80, columns: grid.columns
      ).write(to: output)
      try output.commit()
    }
  }
}

/// The error for records without labels if labels are to be written.
private struct NoLabels: Failure {
  let name: String
  var kind: FailureKind { .badData }
  var description: String { "\(name): expected records with labels, found none; leave out --cls" }
}
