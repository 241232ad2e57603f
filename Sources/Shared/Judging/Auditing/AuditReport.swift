// The findings of an audit, and their counts.

import ByteIO
import JSON
import TensorStream

/// The findings of an audit, with the records that writing them needs.
public struct AuditReport {
  let records: AuditedRecords
  /// The kinds of findings that the audit looked for.
  public let kinds: [FindingKind]
  /// The findings, sorted by kind, the worst of a kind first.
  public let findings: [Finding]

  init(_ records: AuditedRecords, kinds: [FindingKind], findings: [Finding]) {
    (self.records, self.kinds, self.findings) = (records, kinds, findings)
  }

  public var streams: [AuditedStream] { records.streams }

  /// Returns the number of findings of a kind; `nil` if the audit did not look for it.
  ///
  /// - Complexity: O(f) for f findings
  public func count(_ kind: FindingKind) -> Int? {
    kinds.contains(kind) ? findings.count { $0.kind == kind } : nil
  }

  /// The largest imbalance among the streams; `nil` if none has labels.
  ///
  /// - Complexity: O(n) for n records; O(s n) for s streams if classes have no names
  public var imbalance: Double? {
    streams.indices.compactMap { records.classCounts(of: $0).flatMap(classImbalance) }.max()
  }

  // MARK: For people

  /// A line for each stream, with its numbers of records and classes.
  public var streamLines: [String] {
    streams.indices.map { "\(streams[$0].name): \(description(ofStream: $0))" }
  }

  /// A line for each kind, with its number of findings, in columns.
  public var countLines: [String] {
    let width = kinds.map(\.rawValue.count).max() ?? 0
    let counts = kinds.map { grouped(count($0) ?? 0) }
    let countWidth = counts.map(\.count).max() ?? 0
    return zip(kinds, counts).map { kind, count in
      "  \(padded(kind.rawValue, to: width))  \(padded(count, to: countWidth, .trailing))"
    }
  }

  private func description(ofStream index: Int) -> String {
    let count = counted(streams[index].records.count, "record")
    guard let counts = records.classCounts(of: index)?.filter({ $0 > 0 }), let least = counts.min(),
      let most = counts.max()
    else { return "\(count) without labels" }
    let classes = counted(counts.count, "class", plural: "classes")
    return "\(count), \(classes) of \(grouped(least))" + (least == most ? "" : " to \(grouped(most))")
  }

  // MARK: For programs

  /// Returns the report as JSON: the number of records of each class of each stream, the counts of findings, the
  /// imbalance, and the gates.
  ///
  /// - Complexity: O(n + f) for n records and f findings; O(s n + f) for s streams if classes have no names.
  public func json(_ gates: [AuditGateResult]) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("streams", .array(streams.indices.map(json(ofStream:)))),
      .init("findings", .object(kinds.map { .init($0.rawValue, .integer(count($0) ?? 0)) })),
    ]
    if let imbalance { members.append(.init("imbalance", .double(imbalance))) }
    if !gates.isEmpty { members.append(.init("gates", .array(gates.map(\.json)))) }
    return .object(members)
  }

  private func json(ofStream index: Int) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("name", .string(streams[index].name)),
      .init("records", .integer(streams[index].records.count)),
    ]
    if let counts = records.classCounts(of: index) {
      let classes = counts.enumerated().map { label, count in
        JSONValue.object([
          .init("name", .string(displayed(records.className(label)))), .init("records", .integer(count)),
        ])
      }
      members.append(.init("classes", .array(classes)))
    }
    return .object(members)
  }
}
