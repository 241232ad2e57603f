// Which records are shown, and what is known of them.
import ByteIO
import CommandLine
import Pictures

struct ChoiceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Take the records that this table names by its column name or record, in its order; it is one of predictions, \
      such as fm-eval --wrong writes. (default: all, as they come)
      """, valueName: "file"), completion: .predictions)
  var select: InputPath?

  @Option(
    help: ArgumentHelp("Take at most <n> records, or rows of --select. (default: all)", valueName: "n"))
  var limit: Int?

  @Option(
    help: ArgumentHelp(
      "What fm-predict made of these records, in any of its formats, for the captions.", valueName: "file"),
    completion: .predictions)
  var predictions: InputPath?

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit: expected 1 or more, got \(limit)") }
  }

  func validateForFiles() throws {
    if predictions != nil {
      throw ValidationError(
        "--predictions are for captions, which files of --directory and --tar do not have")
    }
  }

  func selection() throws -> RecordSelection? {
    try select.map { try RecordSelection(try InputFile(path: $0.path), limit: limit ?? .max) }
  }
}
