// fm-split divides a tensor stream into training, validation and test data.
import ByteIO
import CommandLine
import DataSplitting
import TensorStream

@main struct FMSplit: Tool {
  static let configuration = CommandConfiguration.tool(
    "fm-split",
    abstract: "Divide records into training, validation and test data.",
    usage: "[<options>] [<file>] (--train <file> ... | --emit <part>)",
    discussion: """
      The parts are disjoint and together the whole, records keep their order, and the same seed gives the same bytes. \
      Parts that no option asks for are dropped. No file appears before all input was accepted. A part without records \
      is refused, since no other command takes one, unless --allow-empty.

      --by stratified (the default) and random keep counts exactly; a fraction is of all records, rounded half up. \
      Stratified, each part also has its share of each class, rounded down or up. They must know all records before \
      the first is written: a named regular file is read twice, other input is held in memory, a byte a pixel.

      --by hash decides by a hash of the image and the seed alone: in constant memory, the same for the same image \
      whatever else is there, so duplicates never straddle parts and data can grow. Shares are fractions then, and \
      come out approximately.
      """,
    examples: [
      "idx2raw images.gz labels.gz | fm-split --validation 12000 \\",
      "  --train train.raw --held-out valid.raw",
      "fm-split all.raw --test 0.1 --train a.raw --held-out b.raw --test-out c.raw",
      "fm-split all.raw --fold 3/5 --train train.raw --held-out valid.raw",
      "fm-split all.raw --by hash --emit train | fm-train --arch cnn -o cnn.st",
    ])

  @Argument(help: "The stream to divide; - is standard input.", completion: .streams)
  var file: InputPath = "-"

  @OptionGroup var outputs: OutputOptions
  @OptionGroup var shares: ShareOptions
  @OptionGroup var reporting: QuietOption

  @OptionGroup var force: ForceOption

  var impliedFiles: [NamedFile] { outputs.impliedFiles }

  func validate() throws { try outputs.check(hasTest: shares.test != nil) }

  func run() throws {
    let rule = shares.rule
    try rule.check()
    let input = try InputFile(path: file.path)
    try force.check(input, expected: "a tensor stream", instead: "fm-split --emit train all.raw")
    let files = try outputs.open(checking: force)
    let tally = try split(
      try TensorStreamReader(input), by: rule, into: files, commandLine: Self.recordedCommandLine,
      allowsEmpty: outputs.allowEmpty,
      again: file.canBeReadTwice(input) ? { try TensorStreamReader(try InputFile(path: file.path)) } : nil)
    // What can still fail for want of room fails before the first file appears.
    for part in Part.allCases { try files[part]?.flush() }
    for part in Part.allCases { try files[part]?.commit() }
    if !reporting.quiet { for remark in tally.remarks { Self.say("\(file.path.inputName): \(remark)") } }
  }
}
