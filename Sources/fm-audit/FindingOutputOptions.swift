// The options of fm-audit for its output.
import Auditing
import ByteIO
import CommandLine

struct FindingOutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Look only for this kind of finding. Can be repeated. (default: all)", valueName: "kind"))
  var only: [FindingKind] = []

  @Option(
    name: .customLong("of"),
    help: ArgumentHelp(
      "Write only the findings in this stream, named as among the streams. (default: all)",
      valueName: "stream"), completion: .streams)
  var stream: String?

  @Option(
    help: ArgumentHelp(
      "Write the counts to this file as JSON, with those of classes, and the gates.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var summary: OutputPath?

  @Option(
    name: .longAndLetter("o"),
    help: ArgumentHelp("Write the findings to this file; - is standard output.", valueName: "file"),
    completion: .file(extensions: ["tsv"]))
  var output: OutputPath = "-"

  /// The kinds in the table.
  var shownKinds: Set<FindingKind> { only.isEmpty ? Set(FindingKind.allCases) : Set(only) }

  /// The index of the stream whose findings are written; `nil` for all.
  func streamIndex(_ streams: [InputPath]) throws -> Int? {
    guard let stream else { return nil }
    let path = InputPath(argument: stream)
    guard let index = streams.firstIndex(of: path) else {
      throw ValidationError("--of: '\(path.path.displayed)' is not among the streams")
    }
    return index
  }
}

extension FindingKind: ExpressibleByArgument {}
