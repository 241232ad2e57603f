// The audit of fm-audit: reads streams and predictions, shows progress, and writes the findings.
import Auditing
import ByteIO
import CommandLine
import TensorStream

extension FMAudit {
  /// Reads all streams and predictions, and returns what is wrong with them.
  func audit() throws -> AuditReport {
    let settings = AuditSettings(
      kinds: try wantedKinds(), near: search.limits, smallClass: search.smallClass ?? 20,
      rank: rank ?? .margin)
    let progress = AuditProgress(reporting)
    let auditor = Auditor(settings, jobs: jobs.count, progress: progress.update)
    for stream in streams {
      let input = try open(stream, ForceOption.stream)
      try auditor.add(
        try TensorStreamReader(input), again: stream.reopening(input) { try TensorStreamReader($0) })
    }
    for (index, file) in predictions.enumerated() {
      try auditor.add(predictions: try open(file, "predictions"), ofStream: index)
    }
    let report = try auditor.report()
    progress.finish()
    return report
  }

  /// Opens an input. Throws if it is a terminal, unless forced. `expected` is what it should contain.
  private func open(_ file: InputPath, _ expected: String) throws -> InputFile {
    try force.open(file.path, expected: expected, instead: "fm-audit train.raw test.raw")
  }

  /// The kinds that are written or judged; without --only, all that --no-near does not leave out.
  func wantedKinds() throws -> Set<FindingKind> {
    let limited = try gateOptions.limitedKinds().map(\.kind)
    let kinds = outputs.only.isEmpty ? FindingKind.allCases : outputs.only + limited
    return Set(kinds.filter { !($0.isNear && search.noNear) })
  }

  /// Writes the counts to standard error and to the summary, and the findings to the table.
  func write(
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
}

/// The progress of an audit, one line for each stage.
private final class AuditProgress {
  private let reporting: ReportingOptions
  private var reading: Progress?
  private var comparing: Progress?

  init(_ reporting: ReportingOptions) { self.reporting = reporting }

  func update(_ stage: AuditStage) {
    switch stage {
    case .reading(let count):
      let progress = reading ?? Progress(reporting, label: "reading", unit: "records")
      reading = progress
      progress.update(count)
    case .comparing(let count, let total):
      reading?.finish()
      let progress = comparing ?? Progress(reporting, label: "comparing", unit: "images", total: total)
      comparing = progress
      progress.update(count)
    }
  }

  func finish() {
    reading?.finish()
    comparing?.finish()
  }
}
