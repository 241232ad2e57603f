// Options that choose the records, and the predictions for their captions.
import ByteIO
import CommandLine
import Pictures

struct RecordChoiceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Take the records that this table of predictions names in its column name or record, in its order. fm-eval \
      --wrong writes such a table. (default: all, in the order of the stream)
      """, valueName: "file"), completion: .predictions)
  var select: InputPath?

  @Option(
    help: ArgumentHelp("Take at most <n> records, or rows of --select. (default: all)", valueName: "n"))
  var limit: Int?

  @Option(
    help: ArgumentHelp(
      "Show these predictions of the records in the captions; any format of fm-predict.", valueName: "file"),
    completion: .predictions)
  var predictions: InputPath?

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit: expected 1 or more, got \(limit)") }
  }

  func validateForFiles() throws {
    if predictions != nil {
      throw ValidationError(
        "--predictions is for captions, which the files of --directory and --tar do not have")
    }
  }

  func selection() throws -> RecordSelection? {
    try select.map { try RecordSelection(try InputFile(path: $0.path), limit: limit ?? .max) }
  }
}
