// Which files are decoded, besides those that the command line names.
import CommandLine
import ImageFiles

/// `--files-from`, `--files0-from`, `--shard`.
struct ChoiceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Take the files and folders in this list too, a path a line; - is standard input.", valueName: "file"),
    completion: .file())
  var filesFrom: InputPath?

  @Option(
    name: .customLong("files0-from"),
    help: ArgumentHelp("The same with NUL behind each path, as find -print0 writes it.", valueName: "file"),
    completion: .file())
  var files0From: InputPath?

  @Option(
    help: ArgumentHelp(
      """
      Take every <n>th file only, beginning with the <k>th, from 1/<n> to <n>/<n>: for <n> processes or machines that see \
      the same files.
      """, valueName: "k/n"))
  var shard: ShardArgument?

  /// The open lists. Refuses to read one from a terminal unless forced.
  func lists(_ force: ForceOption) throws -> [NameList] {
    var lists: [NameList] = []
    for (path, separator) in [(filesFrom, NameList.Separator.newline), (files0From, .nul)] {
      guard let path else { continue }
      let list = try NameList(path: path.path, separator: separator)
      try force.check(
        list.input, expected: "a list of paths", instead: "find . -name '*.png' | png2raw --files-from -")
      lists.append(list)
    }
    return lists
  }
}

/// A shard and how many there are: `3/8`.
struct ShardArgument: ExpressibleByArgument {
  let shard: Shard

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.utf8.allSatisfy { 0x30...0x39 ~= $0 } }),
      let number = Int(parts[0]), let count = Int(parts[1]), 1 <= number, number <= count
    else { return nil }
    shard = Shard(number: number, count: count)
  }
}
