// The options that choose files, besides those named on the command line.
import CommandLine
import ImageFiles

/// `--files-from`, `--files0-from`, `--shard`.
struct FileListOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Also read the files and folders in this list, one path per line; - is standard input.",
      valueName: "file"),
    completion: .file())
  var filesFrom: InputPath?

  @Option(
    name: .customLong("files0-from"),
    help: ArgumentHelp("The same with a NUL after each path, as find -print0 writes.", valueName: "file"),
    completion: .file())
  var files0From: InputPath?

  @Option(
    help: ArgumentHelp(
      """
      Read only every <n>th file, beginning with the <k>th. Use 1/<n> to <n>/<n> for <n> processes or machines that see \
      the same files.
      """, valueName: "k/n"), transform: NumberedPart.spelled)
  var shard: NumberedPart?

  /// Opens the lists for the command named `command`. Refuses to read one from a terminal unless forced.
  func lists(_ force: ForceOption, command: String) throws -> [NameList] {
    var lists: [NameList] = []
    for (path, separator) in [(filesFrom, NameList.Separator.newline), (files0From, .nul)] {
      guard let path else { continue }
      let list = try NameList(path: path.path, separator: separator)
      try force.check(
        list.input, expected: "a list of paths", instead: "find . -name '*.png' | \(command) --files-from -")
      lists.append(list)
    }
    return lists
  }
}

extension PicturePart {
  init(_ part: NumberedPart) { self.init(number: part.number, count: part.count) }
}
