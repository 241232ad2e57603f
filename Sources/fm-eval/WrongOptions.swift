// The options of fm-eval on the wrongly classified records.
import ByteIO
import CommandLine
import Evaluation

struct WrongOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Write the wrongly classified records there as TSV, the most probable mistakes first, with the columns record, \
      name (where there are names), truth, class, probability (where there are probabilities).
      """, valueName: "file"), completion: .file())
  var wrong: OutputPath?

  @Option(
    name: .customLong("wrong-limit"),
    help: ArgumentHelp("Write only the first <n> of --wrong. (default: all)", valueName: "n"))
  var limit: Int?

  func validate() throws {
    guard let limit else { return }
    guard wrong != nil else { throw ValidationError("--wrong-limit: expected --wrong FILE to limit") }
    guard limit > 0 else { throw ValidationError("--wrong-limit: expected 1 or more, got \(limit)") }
  }

  /// How many records the table has at most; 0 where none is wanted.
  var count: Int { wrong == nil ? 0 : limit ?? .max }

  /// Writes the records that were kept.
  func write(_ records: WrongRecords?) throws {
    guard let wrong, let records else { return }
    let file = try OutputFile(path: wrong.path)
    try records.write(to: file, limit: limit)
    try file.commit()
  }
}
