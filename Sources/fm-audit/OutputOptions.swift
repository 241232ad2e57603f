// What is written, and where.
import Auditing
import ByteIO
import CommandLine

struct OutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Look for this kind of finding alone. Can be repeated. (default: all)", valueName: "kind"))
  var only: [FindingKind] = []

  @Option(
    name: .customLong("of"),
    help: ArgumentHelp(
      "Write the findings in this stream alone, named as among the streams. (default: all)",
      valueName: "stream"), completion: .streams)
  var stream: String?

  @Option(
    help: ArgumentHelp(
      "Write the counts there as JSON, with those of the classes and the gates.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var summary: OutputPath?

  @Option(
    name: .longAndLetter("o"),
    help: ArgumentHelp("Where to write the findings; - is standard output.", valueName: "file"),
    completion: .file(extensions: ["tsv"]))
  var output: OutputPath = "-"

  /// The kinds in the table.
  var shownKinds: Set<FindingKind> { only.isEmpty ? Set(FindingKind.allCases) : Set(only) }

  /// The index of the stream that is written; `nil` for all.
  func streamIndex(_ streams: [InputPath]) throws -> Int? {
    guard let stream else { return nil }
    let path = InputPath(argument: stream)
    guard let index = streams.firstIndex(of: path) else {
      throw ValidationError("--of: '\(path.path.displayed)' is none of the streams")
    }
    return index
  }
}

extension FindingKind: ExpressibleByArgument {}
