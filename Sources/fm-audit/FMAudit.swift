// fm-audit says what is wrong with data: a line for each finding, and gates that become the exit status.
import Auditing
import ByteIO
import CommandLine
import TensorStream

@main struct FMAudit: Tool {
  static let configuration = CommandConfiguration.tool(
    "fm-audit",
    abstract: "Find what is wrong with labelled images: duplicates, leaks, wrong labels.",
    usage: "[<options>] [<stream> ...]",
    discussion: """
      Reads streams of images, such as training and test data, and writes a line for each finding as TSV, \
      the gravest kinds first and the worst of a kind first; standard error gets the counts. 'raw2png --select' takes \
      the table of one kind and one stream (--only, --of).

      A leak is an image that an earlier stream has, too; a duplicate is one that its own stream had before. A contradiction \
      is an image that has another label elsewhere. Images are nearly the same if their hashes differ in few bits and \
      their pixels by little on average. Suspect labels are found by confident learning: give --predictions that models made of \
      records that they were not trained on.

      The exit status is 0 whatever is found, 1 if a gate failed, and 65 if one cannot be judged or the input is damaged.
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
      What models made of the first stream's records, with all probabilities (fm-predict --probabilities or --format \
      raw). Given again, of the second stream's, and so on.
      """, valueName: "file"), completion: .predictions)
  var predictions: [InputPath] = []

  @Option(
    help: ArgumentHelp(
      """
      Rank suspects by the margin between the label's probability and the likeliest other one, or by self-confidence, \
      the label's probability.
      """, valueName: "figure"))
  var rank = SuspectRank.margin

  @OptionGroup var search: SearchOptions
  @OptionGroup var outputs: OutputOptions

  @Option(
    name: .customLong("max"),
    help: ArgumentHelp(
      """
      Fail if there are more findings of the kind than <n>, or if the imbalance (of the largest class to the smallest) \
      is more. Can be repeated.
      """, valueName: "kind=n"))
  var maxima: [String] = []

  @OptionGroup var jobs: JobsOption
  @OptionGroup var reporting: ReportingOptions
  @OptionGroup var force: ForceOption

  func validate() throws {
    try checkRepeatedStreams()
    if predictions.count > streams.count {
      throw ValidationError(
        "--predictions: expected one for each stream at most, got \(predictions.count) for \(streams.count)")
    }
    _ = try outputs.streamIndex(streams)
    let only = outputs.only.map { (option: "--only \($0.rawValue)", kind: $0) }
    for (option, kind) in only + (try gates().compactMap { Self.kind(of: $0) }) {
      if kind == .suspect, predictions.isEmpty {
        throw ValidationError("\(option): expected --predictions, which tell suspect labels")
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
    // An audit may take long: whether there is a place for its results is known before it.
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

  /// What is written or judged; without --only, all that is not left out.
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

  /// The kind that a gate is about, with the option as it was typed.
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

  /// A stream given twice would be full of leaks.
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
