// fm-split divides a tensor stream into training, validation and test data.
import ByteIO
import CommandLine
import DataRemedies  // What to type after the errors of libraries.
import DataSplitting
import TensorStream

@main struct FMSplit: Tool {
  static let configuration = CommandConfiguration.tool(
    "fm-split",
    abstract: "Divide records into training, validation and test data.",
    usage: "[<options>] [<file>] (--train <file> ... | --emit <part>)",
    discussion: """
      Every record goes to exactly one part. Records keep their order, and the same seed gives the same bytes. Parts \
      that no option names are dropped. No file appears before the whole input has been accepted. A part without \
      records is an error, since no other command accepts one, unless --allow-empty.

      --by stratified (the default) and --by random give exact counts. Fractions are of all records, rounded half up. \
      A stratified part also gets its share of each class, rounded down or up. Both methods must know all records \
      before they write the first: they read a named regular file twice, and hold other input in memory, one byte per \
      pixel.

      --by hash assigns a record by a hash of its image and the seed, in constant memory. An image goes to the same \
      part whatever else is in the data: duplicates are never in different parts, and data can grow. Shares must be \
      fractions, and are met approximately.
      """,
    examples: [
      "idx2raw images.gz labels.gz | fm-split --validation 12000 \\",
      "  --train train.raw --held-out valid.raw",
      "fm-split all.raw --test 0.1 --train a.raw --held-out b.raw --test-out c.raw",
      "fm-split all.raw --fold 3/5 --train train.raw --held-out valid.raw",
      "fm-split all.raw --by hash --emit train | fm-train --arch cnn -o cnn.st",
    ])

  @Argument(help: "Divide this stream; - is standard input.", completion: .streams)
  var file: InputPath = "-"

  @OptionGroup var outputs: PartOutputOptions
  @OptionGroup var shares: ShareOptions
  @OptionGroup var reporting: QuietOption

  @OptionGroup var force: ForceOption

  var impliedFiles: [NamedFile] { outputs.impliedFiles }

  func validate() throws { try outputs.check(hasTest: shares.test != nil) }

  func run() throws {
    let rule = shares.rule
    try rule.check()
    let input = try force.open(
      file.path, expected: ForceOption.stream, instead: "fm-split --emit train all.raw")
    let files = try outputs.open(checking: force)
    let tally = try split(
      try TensorStreamReader(input), by: rule, into: files, commandLine: Self.recordedCommandLine,
      allowsEmpty: outputs.allowEmpty, again: file.reopening(input) { try TensorStreamReader($0) })
    // A full disk must show before the first file appears.
    for part in Part.allCases { try files[part]?.flush() }
    for part in Part.allCases { try files[part]?.commit() }
    if !reporting.quiet { for remark in tally.remarks { Self.say("\(file.path.inputName): \(remark)") } }
  }
}
