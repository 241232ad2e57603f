// fm-audit finds problems in labelled images: it writes a line for each finding, and gates decide the exit status.
import Auditing
import ByteIO
import CommandLine
import TensorStream

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
      the label's probability.
      """, valueName: "figure"))
  var rank = SuspectRank.margin

  @OptionGroup var search: SearchOptions
  @OptionGroup var outputs: FindingOutputOptions

  @Option(
    name: .customLong("max"),
    help: ArgumentHelp(
      """
      Fail if there are more than <n> findings of the kind, or if the imbalance (the size of the largest class divided \
      by that of the smallest) is more than <n>. Can be repeated.
      """, valueName: "kind=n"))
  var maxima: [String] = []

  @OptionGroup var jobs: JobsOption
  @OptionGroup var reporting: ReportingOptions
  @OptionGroup var force: ForceOption

  func validate() throws {
    try checkRepeatedStreams()
    if predictions.count > streams.count {
      throw ValidationError(
        "--predictions: expected at most one for each stream, got \(predictions.count) for \(streams.count)")
    }
    _ = try outputs.streamIndex(streams)
    let only = outputs.only.map { (option: "--only \($0.rawValue)", kind: $0) }
    for (option, kind) in only + (try gates().compactMap { Self.kind(of: $0) }) {
      if kind == .suspect, predictions.isEmpty {
        throw ValidationError("\(option): expected --predictions, to find suspect labels")
      }
      if kind.isBetweenStreams, streams.count < 2 {
        throw ValidationError("\(option): expected two streams or more to compare")
      }
      if kind.isNear, search.noNear { throw ValidationError("\(option): --no-near leaves these out") }
    }
  }

  func run() throws {
    let gates = try gates()
    let progress = AuditProgress(reporting)
    let settings = AuditSettings(
      kinds: wantedKinds(gates), near: search.limits, smallClass: search.smallClass, rank: rank)
    // An audit may take long, so its outputs are opened first, in case that fails.
    let table = try OutputFile(path: outputs.output.path)
    let summary = try outputs.summary.map { try OutputFile(path: $0.path) }
    let auditor = Auditor(settings, jobs: jobs.count, progress: progress.update)
    for stream in streams { try add(stream, to: auditor) }
    for (index, file) in predictions.enumerated() {
      try auditor.add(predictions: try open(file, "predictions"), ofStream: index)
    }
    let report = try auditor.report()
    progress.finish()
    let results = try gates.map { try $0.result(report) }
    try write(report, results, to: table, summary: summary)
    let failures = results.filter { !$0.isPassed }
    if !failures.isEmpty {
      let names = failures.map(\.description).joined(separator: "; ")
      throw NegativeAnswer(
        "\(gates.count == 1 ? "the gate" : "\(failures.count) of \(gates.count) gates") failed: \(names)")
    }
  }

  private func add(_ stream: InputPath, to auditor: Auditor) throws {
    let input = try open(stream, "a tensor stream")
    let again: (() throws -> TensorStreamReader)? =
      stream.canBeReadTwice(input) ? { try TensorStreamReader(try InputFile(path: stream.path)) } : nil
    try auditor.add(try TensorStreamReader(input), again: again)
  }

  private func open(_ file: InputPath, _ expected: String) throws -> InputFile {
    let input = try InputFile(path: file.path)
    try force.check(input, expected: expected, instead: "fm-audit train.raw test.raw")
    return input
  }

  /// The kinds that are written or judged; without --only, all that --no-near does not leave out.
  private func wantedKinds(_ gates: [AuditGate]) -> Set<FindingKind> {
    let judged = gates.compactMap { Self.kind(of: $0)?.kind }
    let kinds = outputs.only.isEmpty ? FindingKind.allCases : outputs.only + judged
    return Set(kinds.filter { !($0.isNear && search.noNear) })
  }

  private func write(
    _ report: AuditReport, _ results: [AuditGateResult], to table: OutputFile, summary: OutputFile?
  ) throws {
    if !reporting.quiet {
      for line in report.streamLines { Self.say(line) }
      for line in report.countLines { StandardError.print(line) }
    }
    if let summary {
      try summary.write(report.json(results).indentedText())
      try summary.commit()
    }
    try FindingTable(report, kinds: outputs.shownKinds, stream: try outputs.streamIndex(streams)).write(
      to: table)
    try table.commit()
  }

  /// The kind of finding that a gate limits, with the option as it was typed.
  private static func kind(of gate: AuditGate) -> (option: String, kind: FindingKind)? {
    guard case .findings(let kind) = gate.figure else { return nil }
    return ("--max \(kind.rawValue)", kind)
  }

  private func gates() throws -> [AuditGate] {
    try maxima.map { text in
      do throws(AuditGateSyntaxError) {
        return try AuditGate(parsing: text)
      } catch {
        throw ValidationError("--max: \(error)")
      }
    }
  }

  /// Refuses a stream that is given twice, since all of its images would be leaks.
  private func checkRepeatedStreams() throws {
    var identities: Set<FileIdentity> = []
    for stream in streams {
      guard let identity = FileIdentity(ofInput: stream.path) else { continue }
      if !identities.insert(identity).inserted {
        throw ValidationError("'\(stream.path.displayed)' is given twice, and would leak into itself")
      }
    }
  }
}
