// The options of raw2png for its output: a folder, an archive, a sheet or a terminal.
import ByteIO
import Charts
import CommandLine

/// `--directory`, `--tar`, `--cls`, `--sheet` and `--terminal`.
struct TargetOptions: ParsableArguments {
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

  /// Whether each record becomes a file, in a folder or an archive.
  var isFiles: Bool { directory != nil || tar != nil }

  /// Standard output, if images are shown there.
  var impliedFiles: [NamedFile] { terminal ? [NamedFile("--terminal", .output, "-")] : [] }

  /// Throws unless exactly one target is given, under a name that fits it. This check is not part of parsing, because
  /// those of other options come first.
  func check() throws {
    let targets = [directory != nil, tar != nil, sheet != nil, terminal].count { $0 }
    if targets == 0 {
      throw ValidationError("expected --directory DIR, --tar FILE.tar, --sheet FILE.png, or --terminal")
    }
    if targets > 1 {
      throw ValidationError("--directory, --tar, --sheet and --terminal: expected only one of them")
    }
    if cls, tar == nil { throw ValidationError("--cls is for archives; add --tar FILE.tar") }
    let compressed = [".gz", ".tgz", ".zst", ".xz", ".bz2"]
    if let tar, let ending = compressed.first(where: { tar.path.text.hasSuffix($0) }) {
      throw ValidationError(
        "--tar: raw2png does not compress, as '\(ending)' would suggest; name the archive .tar, or type, for example,"
          + " 'raw2png --tar - … | gzip > \(tar.path.displayed)'")
    }
    if let sheet, ChartFormat(fileName: sheet.path) == nil {
      throw ValidationError(
        "--sheet: expected a name that ends in .png or .svg, got '\(sheet.path.displayed)'")
    }
  }
}
