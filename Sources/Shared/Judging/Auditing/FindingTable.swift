// Findings as TSV. docs/audit.md describes the columns.

import ByteIO

/// Writes findings, one per line, with the columns that `raw2png --select` reads.
public struct FindingTable {
  private let records: AuditedRecords
  private let findings: [Finding]
  // Whether the table has the optional columns.
  private let hasNames: Bool
  private let hasOtherNames: Bool
  private let hasTruth: Bool

  /// Selects the findings of a report that are of `kinds` and, if `stream` is given, in that stream.
  ///
  /// There are columns for names and labels if a stream in the table has them.
  public init(_ report: AuditReport, kinds: Set<FindingKind>, stream: Int? = nil) {
    records = report.records
    findings = report.findings.filter {
      kinds.contains($0.kind) && (stream == nil || $0.stream == stream)
    }
    let shown = stream.map { [report.streams[$0]] } ?? report.streams
    hasNames = shown.contains(where: \.hasNames)
    hasOtherNames = records.hasNames
    hasTruth = shown.contains(where: \.hasLabels)
  }

  /// Writes the table. Without findings, it is only a header. The sink is not committed.
  ///
  /// - Complexity: O(f log s) for f findings in s streams.
  public func write(to sink: any ByteSink) throws {
    try write(
      kind: "kind", stream: "stream", record: "record", name: Array("name".utf8), truth: "truth",
      label: "class", others: ["other_stream", "other_record"], otherName: Array("other_name".utf8),
      figures: ["distance", "bits", "count", "score"], to: sink)
    for finding in findings { try write(finding, to: sink) }
  }

  private func write(_ finding: Finding, to sink: any ByteSink) throws {
    let stream = records.streams[finding.stream]
    let otherStream = finding.other.map { records.streams[records.stream(of: $0)] }
    func number(_ record: Int?, _ stream: AuditedStream?) -> String {
      guard let record, let stream else { return "" }
      return "\(record - stream.records.lowerBound)"
    }
    func className(_ label: Int?) -> String { label.map { displayed(records.className($0)) } ?? "" }
    try write(
      kind: finding.kind.rawValue, stream: stream.name, record: number(finding.record, stream),
      name: name(finding.record), truth: className(finding.label), label: className(finding.otherLabel),
      others: [otherStream?.name ?? "", number(finding.other, otherStream)], otherName: name(finding.other),
      figures: [
        finding.distance.map { fixed($0, decimals: 3) } ?? "", finding.bits.map { "\($0)" } ?? "",
        finding.count.map { "\($0)" } ?? "", finding.score.map { "\(Float($0))" } ?? "",
      ], to: sink)
  }

  private func write(
    kind: String, stream: String, record: String, name: [UInt8], truth: String, label: String,
    others: [String], otherName: [UInt8], figures: [String], to sink: any ByteSink
  ) throws {
    var fields = [kind, stream, record].map { Array($0.utf8) }
    if hasNames { fields.append(name) }
    fields += ((hasTruth ? [truth] : []) + [label] + others).map { Array($0.utf8) }
    if hasOtherNames { fields.append(otherName) }
    fields += figures.map { Array($0.utf8) }
    try sink.write(Array(fields.joined(separator: [UInt8(ascii: "\t")])) + [UInt8(ascii: "\n")])
  }

  private func name(_ record: Int?) -> [UInt8] { record.map { displayedBytes(records.names[$0]) } ?? [] }
}
