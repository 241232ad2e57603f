// raw2png makes pictures of records: a file for each, an archive of such files, a sheet, or text in a terminal.
import ArchiveRemedies  // What to type after the errors of libraries.
import ByteIO
import ChartRemedies
import Charts
import CommandLine
import DataRemedies
import ImageFiles
import JudgingRemedies
import PictureRemedies
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

  @OptionGroup var target: TargetOptions
  @OptionGroup var choice: RecordChoiceOptions
  @OptionGroup var grid: GridOptions

  @OptionGroup var reporting: QuietOption

  @Flag(
    name: [.short, .long],
    help: "Replace existing files in the directory, read from a terminal, and write an archive to one.")
  var force = false

  var impliedFiles: [NamedFile] { target.impliedFiles }

  func validate() throws {
    try target.check()
    if target.isFiles { try choice.checkForFiles() }
    try grid.check(isFiles: target.isFiles, isSheet: target.sheet != nil)
  }

  func run() throws {
    let selection = try choice.selection()
    let input = try InputFile(path: stream.path)
    if input.isTerminal && !force {
      throw TerminalError.input(
        name: input.name, expected: "a tensor stream", instead: "raw2png --sheet sheet.png test.raw")
    }
    let reader = try TensorStreamReader(input)
    if let directory = target.directory {
      try write(reader, select: selection, into: try ImageFolder(path: directory.path, overwrites: force))
    } else if let tar = target.tar {
      try write(reader, select: selection, to: try OutputFile(path: tar.path))
    } else {
      var images = try ImageSelection(reader, select: selection, count: choice.limit)
      if let predictions = choice.predictions { try images.note(try InputFile(path: predictions.path)) }
      try draw(images)
    }
  }

  /// Draws the images on a sheet or in the terminal.
  private func draw(_ images: ImageSelection) throws {
    if let sheet = target.sheet, let format = ChartFormat(fileName: sheet.path) {
      let chart = ContactSheet(images, columns: grid.columns, scale: grid.scale).chart
      try chart.write(to: try OutputFile(path: sheet.path), as: format)
    } else {
      let output = try OutputFile(path: "-")
      try TerminalSheet(
        images, colors: grid.terminalColors, width: Terminal.width(of: 1) ?? 80, columns: grid.columns
      ).write(to: output)
      try output.commit()
    }
  }
}
