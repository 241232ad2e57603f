// Turns records, pairs of records and classes into findings: duplicates, leaks, contradictions, blank images, suspects,
// missing and small classes.

extension AuditedRecords {
  /// Returns a finding on a record.
  private func finding(_ kind: FindingKind, _ record: Int, other: Int? = nil) -> Finding {
    var finding = Finding(kind, stream: stream(of: record))
    finding.record = record
    finding.label = labels[record].map(Int.init)
    finding.other = other
    finding.otherLabel = other.flatMap { labels[$0].map(Int.init) }
    return finding
  }

  /// Returns findings on records whose image occurred before. A record is a leak if an earlier stream has its image,
  /// and a duplicate if its own stream had it before; it may be both. It is a contradiction if its label differs from
  /// that of the first record with the image.
  ///
  /// Images with the most records come first. Equal ones are in the order of the records.
  ///
  /// - Complexity: O(n + f log n) for n records and f findings
  func findings(of duplicates: Duplicates) -> [Finding] {
    var found: [Finding] = []
    /// For the first record of each image, the image's first record in the current stream.
    var firstsInStream: [Int: Int] = [:]
    for (index, stream) in streams.enumerated() {
      firstsInStream.removeAll()
      for record in stream.records where duplicates.counts[duplicates.firsts[record]] > 1 {
        let first = duplicates.firsts[record]
        func add(_ kind: FindingKind, _ other: Int) {
          var finding = finding(kind, record, other: other)
          finding.distance = 0
          finding.bits = 0
          finding.count = duplicates.counts[first]
          found.append(finding)
        }
        if let label = labels[record], let firstLabel = labels[first], label != firstLabel {
          add(.contradiction, first)
        }
        if self.stream(of: first) != index { add(.leak, first) }
        if let earlier = firstsInStream[first] {
          add(.duplicate, earlier)
        } else {
          firstsInStream[first] = record
        }
      }
    }
    return found.sorted { one, other in
      one.count == other.count ? one.record! < other.record! : one.count! > other.count!
    }
  }

  /// Returns findings on records whose image is nearly the same as an earlier one. pairs: in the order of their later
  /// records. A record has at most one finding of each kind, with the nearest of the earlier records or, if several are
  /// equally near, the first.
  ///
  /// The nearest come first.
  ///
  /// - Complexity: O(p log n) for p pairs among n records
  func findings(of pairs: [NearPair]) -> [Finding] {
    var found: [Finding] = []
    var rest = pairs[...]
    while let record = rest.first?.later {
      let here = rest.prefix { $0.later == record }
      rest = rest[here.endIndex...]
      func add(_ kind: FindingKind, _ isOfKind: (NearPair) -> Bool) {
        let nearest = here.filter(isOfKind).min { ($0.distance, $0.earlier) < ($1.distance, $1.earlier) }
        guard let nearest else { return }
        var finding = finding(kind, record, other: nearest.earlier)
        finding.distance = nearest.distance
        finding.bits = nearest.bits
        found.append(finding)
      }
      let index = stream(of: record)
      add(.nearContradiction) { pair in
        guard let label = labels[record], let other = labels[pair.earlier] else { return false }
        return label != other
      }
      add(.nearLeak) { stream(of: $0.earlier) != index }
      add(.nearDuplicate) { stream(of: $0.earlier) == index }
    }
    return found.sorted { ($0.distance!, $0.record!) < ($1.distance!, $1.record!) }
  }

  /// The findings on records whose pixel values are all equal, in order.
  ///
  /// - Complexity: O(n) for n records
  var blankFindings: [Finding] {
    areBlank.indices.filter { areBlank[$0] }.map { finding(.blank, $0) }
  }

  /// Returns findings on the suspects of a stream. Suspects are counted within the stream.
  func findings(of suspects: [Suspect], stream: Int) -> [Finding] {
    suspects.map { suspect in
      var finding = finding(.suspect, streams[stream].records.lowerBound + suspect.record)
      finding.otherLabel = suspect.suggested
      finding.score = suspect.score
      return finding
    }
  }

  /// Returns findings for each stream: for the classes without a record, in order, then for those with fewer than
  /// `limit` records, the smallest first.
  func classFindings(fewerThan limit: Int) -> [Finding] {
    streams.indices.flatMap { stream -> [Finding] in
      guard let counts = classCounts(of: stream) else { return [] }
      let small = counts.indices.filter { counts[$0] == 0 || counts[$0] < limit }
      return small.sorted { (counts[$0], $0) < (counts[$1], $1) }.map { label in
        var finding = Finding(counts[label] == 0 ? .missingClass : .smallClass, stream: stream)
        finding.label = label
        finding.count = counts[label]
        return finding
      }
    }
  }
}
