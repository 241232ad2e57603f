// The options of fm-eval for the misclassified records.
import ByteIO
import CommandLine
import Evaluation

struct WrongOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Write the misclassified records to this file as TSV, the most confident mistakes first, with the columns record, \
      name (if there are names), truth, class, probability (if there are probabilities).
      """, valueName: "file"), completion: .file())
  var wrong: OutputPath?

  @Option(
    name: .customLong("wrong-limit"),
    help: ArgumentHelp("Write only the first <n> records of --wrong. (default: all)", valueName: "n"))
  var limit: Int?

  func validate() throws {
    guard let limit else { return }
    guard wrong != nil else { throw ValidationError("--wrong-limit: expected --wrong FILE to limit") }
    guard limit > 0 else { throw ValidationError("--wrong-limit: expected 1 or more, got \(limit)") }
  }

  /// The most records in the table; 0 if no table is requested.
  var count: Int { wrong == nil ? 0 : limit ?? .max }

  /// Writes the kept records.
  func write(_ records: WrongRecords?) throws {
    guard let wrong, let records else { return }
    let file = try OutputFile(path: wrong.path)
    try records.write(to: file, limit: limit)
    try file.commit()
  }
}
