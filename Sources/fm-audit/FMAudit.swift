// fm-audit finds problems in labelled images: it writes a line for each finding, and gates decide the exit status.
import Auditing
import ByteIO
import CommandLine
import DataRemedies  // What to type after the errors of libraries.

@main struct FMAudit: Tool {
  static let configuration = CommandConfiguration.tool(
    "fm-audit",
    abstract: "Find problems in labelled images: duplicates, leaks, wrong labels.",
    usage: "[<options>] [<stream> ...]",
    discussion: """
      Reads streams of images, such as training and test data, and writes a line for each finding as TSV. The gravest \
      kinds come first, and within a kind, the worst findings. Standard error gets the counts. 'raw2png --select' reads \
      a table of one kind and one stream (--only, --of).

      A leak is an image that is also in an earlier stream. A duplicate is an image that occurs earlier in its own \
      stream. A contradiction is an image that has another label elsewhere. Images are nearly the same if their hashes \
      differ in few bits, and their pixels differ little on average. Confident learning finds suspect labels: give \
      --predictions of models that were not trained on these records.

      The exit status is 0 whatever is found, 1 if a gate failed, and 65 if a gate cannot be judged or the input is \
      damaged.
      """,
    examples: [
      "fm-audit train.raw test.raw > findings.tsv",
      "fm-audit train.raw test.raw --max leak=0 --max contradiction=0 > f.tsv",
      "fm-audit train.raw --predictions folds.tsv --only suspect > suspects.tsv",
      "raw2png train.raw --select suspects.tsv --limit 40 --sheet suspects.png",
      "fm-audit train.raw test.raw --only near-leak --of test.raw > near.tsv",
    ])

  @Argument(
    help: ArgumentHelp("Streams of images; - is standard input, and the default.", valueName: "stream"),
    completion: .streams)
  var streams: [InputPath] = ["-"]

  @Option(
    help: ArgumentHelp(
      """
      Find suspect labels of the first stream with these predictions, which need all probabilities (fm-predict \
      --probabilities or --format raw). Repeat the option for the second stream, and so on.
      """, valueName: "file"), completion: .predictions)
  var predictions: [InputPath] = []

  @Option(
    help: ArgumentHelp(
      """
      Rank suspects by margin, the label's probability minus that of the likeliest other class, or by self-confidence, \
      the label's probability. (default: margin)
      """, valueName: "figure"))
  var rank: SuspectRank?

  @OptionGroup var search: SearchOptions
  @OptionGroup var outputs: FindingOutputOptions
  @OptionGroup var gateOptions: AuditGateOptions
  @OptionGroup var jobs: JobsOption
  @OptionGroup var reporting: ReportingOptions
  @OptionGroup var force: ForceOption

  func validate() throws {
    // All images of a stream that is given twice would be leaks.
    if let path = streams.map(\.path).firstRepeatedInput {
      throw ValidationError("'\(path.displayed)' is given twice, and would leak into itself")
    }
    if predictions.count > streams.count {
      throw ValidationError(
        "--predictions: expected at most one for each stream, got \(predictions.count) for \(streams.count)")
    }
    _ = try outputs.streamIndex(streams)
    let only = outputs.only.map { (option: "--only \($0.rawValue)", kind: $0) }
    for (option, kind) in only + (try gateOptions.limitedKinds()) {
      if kind == .suspect, predictions.isEmpty {
        throw ValidationError("\(option): expected --predictions, to find suspect labels")
      }
      if kind.isBetweenStreams, streams.count < 2 {
        throw ValidationError("\(option): expected two streams or more to compare")
      }
      if kind.isNear, search.noNear { throw ValidationError("\(option): --no-near leaves these out") }
    }
    let kinds = try wantedKinds()
    try search.check(for: kinds)
    if rank != nil, predictions.isEmpty || !kinds.contains(.suspect) {
      throw ValidationError(
        "--rank is for suspect labels, "
          + (predictions.isEmpty ? "which need --predictions" : "which --only leaves out"))
    }
  }

  func run() throws {
    let gates = try gateOptions.gates()
    // An audit may take long, so its outputs are opened first, in case that fails.
    let table = try OutputFile(path: outputs.output.path)
    let summary = try outputs.summary.map { try OutputFile(path: $0.path) }
    let report = try audit()
    for kind in outputs.only where report.count(kind) == nil { throw AuditError.kindWithoutLabels(kind) }
    let results = try gates.map { try $0.result(report) }
    try write(report, results, to: table, summary: summary)
    let failures = results.filter { !$0.isPassed }
    if !failures.isEmpty {
      throw NegativeAnswer(
        failedGates: failures.map(\.description), of: gates.count, separator: "; ")
    }
  }
}
