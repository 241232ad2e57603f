// Decodes PNG and JPEG files, and folders of them, into a tensor stream. The command has two names: png2raw, from the
// time when it read only PNG files, and img2raw.
import ArchiveRemedies  // What to type after the errors of libraries.
import Archives
import ByteIO
import CommandLine
import DataRemedies
import ImageFiles
import RecipeOptions
import TensorStream

/// A name of the command.
public protocol PictureCommandName: Sendable {
  /// This name.
  static var text: String { get }
  /// The other name.
  static var other: String { get }
}

/// The command png2raw or img2raw. They differ only in the name, with which messages and the recorded command line
/// begin.
public struct PictureCommand<Name: PictureCommandName>: Tool {
  public static var configuration: CommandConfiguration {
    CommandConfiguration.tool(
      Name.text, abstract: "Decode PNG and JPEG files, and folders of them, into records.",
      usage: "[<options>] <path> ...",
      discussion: """
        Writes a tensor stream with one record per picture, named by the picture's path. A folder stands for all files \
        in it and its subfolders whose names end with .png, .jpg or .jpeg, in the order of the bytes of their paths; \
        hidden ones are passed over. Files that are named are read whatever their names. The content of a file decides \
        whether it is PNG or JPEG. Pictures must have the size of the images, unless a recipe makes them fit. \
        \(Name.other) is the same command under another name.

        With --tar, paths are tar archives, and each member that is a picture becomes a record with the member's name. \
        A member is a picture by the ending of its name or, if it has none, by its content. Archives are read once, \
        also from pipes, plain or compressed with gzip or zstd. An archive that is damaged or was cut short counts as a \
        file that cannot be used; the pictures before the damage are in the stream. docs/tar.md has the details.

        Files that cannot be used are skipped and named on standard error, with the reason. If there are any, the exit \
        status is 1, or 0 with --keep-going; the stream is complete and has all other pictures. If no picture can be \
        used, there is no stream, and the status is 65. Pictures of other formats in a folder, images that became \
        blank, and damage that no pixel depends on are reported, one line for each kind.
        """,
      examples: [
        "\(Name.text) --recipe fit photos | fm-predict --model cnn.safetensors",
        "\(Name.text) --label-from directory train > train.raw",
        "find . -name '*.jpg' -newer last -print0 | \(Name.text) --files0-from - > new.raw",
        "\(Name.text) --label-from truth.tsv --errors bad.tsv scans -o scans.raw",
        "\(Name.text) - < boot.png | fm-predict --model cnn.safetensors",
        "\(Name.text) --tar --label-from cls shard-*.tar > train.raw",
        "curl -s URL/shard.tar.gz | \(Name.text) --tar - > shard.raw",
      ])
  }

  public static var conductOptions: [String: Bool] { ["--errors": true, "--keep-going": false] }
  public static var manyArguments: WritableKeyPath<Self, [InputPath]>? { \.paths }

  @Argument(
    help: ArgumentHelp(
      "PNG and JPEG files and folders, or archives with --tar; - is standard input.", valueName: "path"),
    completion: .file(extensions: ["png", "jpg", "jpeg", "PNG", "JPG", "JPEG", "tar", "gz", "tgz", "zst"]))
  var paths: [InputPath] = []

  @Flag(help: "Read the paths as tar archives of pictures.")
  var tar = false

  @OptionGroup(title: "Images") var images: ImageShapeOptions
  @OptionGroup(title: "Recipe") var recipe: RecipeFlags
  @OptionGroup(title: "Damaged files") var damage: DamageOptions
  @OptionGroup(title: "Labels") var labels: LabelOptions
  @OptionGroup(title: "Choice of files") var choice: FileListOptions
  @OptionGroup(title: "Files that cannot be used") var errors: ErrorOptions

  @OptionGroup var output: OutputOption
  @OptionGroup var jobs: JobsOption
  @OptionGroup var reporting: ReportingOptions
  @OptionGroup var force: ForceOption

  public init() {}

  public func validate() throws {
    if paths.isEmpty, choice.filesFrom == nil, choice.files0From == nil {
      throw ValidationError(
        tar
          ? "name tar archives, or - for standard input"
          : "name PNG or JPEG files or folders, or - for standard input")
    }
    try labels.check(isArchive: tar)
  }

  public func run() throws {
    let classes = try labels.classes?.names
    var search = PictureSearch(
      paths: paths.map(\.path.bytes), lists: try choice.lists(force, command: Name.text), entersFolders: !tar)
    let standardInput = paths.contains("-") ? try openStandardInput() : nil
    let report = try BadPictureReport(errors, isQuiet: reporting.quiet, say: Self.say)
    let file = try OutputFile(path: output.path)
    try force.check(file, instead: "\(Name.text) photos > photos.raw")
    // Class names come from the folders, so all folders are searched before the first picture is read.
    let scansFirst = labels.labelFrom == .directory && classes == nil
    if scansFirst { try search.holdIfNeeded() }
    let source = try labels.source(search, classes) { if !reporting.quiet { Self.say($0) } }

    let recipe = recipe.chosen(orElse: .exact)
    let maker = PictureMaker(recipe: recipe, shape: images.shape, isStrict: damage.strict)
    let conversion = PictureConversion(maker, labels: source)
    let writer = TensorStreamWriter(file, format: conversion.format)
    let progress = Progress(reporting, label: Name.text, unit: "files")
    let found = try search.pictures(again: scansFirst)
    let pictures: any PictureFinding =
      tar ? ArchivePictures(found, standardInput: standardInput, labels: labels.memberEnding) : found
    let count = try report.keepingTable {
      let count = try conversion.run(
        pictures, standardInput: standardInput, part: choice.shard.map(PicturePart.init) ?? .all,
        jobs: jobs.count, to: writer
      ) { event in
        if case .progress(let count) = event { progress.update(count) }
        try report.take(event)
      }
      progress.finish()
      try report.checkForPictures(count, pictures.passedOver, isArchive: tar, hint: source.hint)
      return count
    }
    try writer.finish(
      classes: source.classNames ?? classes, history: [Self.recordedCommandLine], recipe: recipe.record)
    try file.commit()
    // Only the first shard prints remarks that concern all files.
    if !reporting.quiet, choice.shard?.number ?? 1 == 1 {
      remark(on: pictures, namingClasses: scansFirst)
    }
    if !reporting.quiet, choice.shard == nil { noteUnused(source) }
    try report.finish(count)
  }

  /// Opens standard input. Throws if it is a terminal, unless forced.
  private func openStandardInput() throws -> InputFile {
    try tar
      ? force.open("-", expected: "a tar archive", instead: "\(Name.text) --tar - < pictures.tar")
      : force.open("-", expected: "a PNG or JPEG file", instead: "\(Name.text) - < picture.png")
  }

  /// Prints remarks about the things that the search passed over.
  private func remark(on pictures: any PictureFinding, namingClasses: Bool) {
    if let remark = pictures.passedOver.foreignRemark { Self.say(remark) }
    let empty = pictures.passedOver.empty
    if namingClasses, empty.count > 0 {
      Self.say(
        "\(counted(empty.count, "folder")) without pictures \(empty.count == 1 ? "is not a class" : "are not classes"),"
          + " such as \(displayed(empty.first))")
    }
    for remark in pictures.remarks { Self.say(remark) }
  }

  /// Reports files in the table of labels that are not among the pictures.
  private func noteUnused(_ source: LabelSource) {
    guard case .table(let table) = source, let unused = table.unused else { return }
    let (isOne, first) = (unused.count == 1, "'\(unused.first)' in line \(unused.line)")
    Self.say(
      "\(table.name): \(grouped(unused.count)) of its files \(isOne ? "was" : "were") not among the pictures,"
        + " \(isOne ? "" : "the first is ")\(first)")
  }
}

extension LabelSource {
  /// A hint why no picture has a label: the paths in the table may lack the folders that were named here, or have
  /// others.
  fileprivate var hint: String? {
    guard case .table(let table) = self, let unused = table.unused, unused.count == table.count else {
      return nil
    }
    return
      "paths in \(table.name) must equal those given or found here, and its first is '\(unused.first)'"
  }
}
