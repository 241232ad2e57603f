// Figures as JSON. The keys are the names of the metrics, also for gates.
import JSON

extension Figures {
  /// The figures as members in a fixed order. Figures that cannot be computed are absent.
  var members: [JSONValue.Member] {
    let scores = MetricEntry.members.filter { $0.properties.kind == .score }
    var members = MetricEntry.members.filter { $0.properties.kind != .score }.compactMap(member)
    members.append(.init("accuracy_interval", accuracyInterval.json))
    members += bootstrap?.members ?? []
    if showsAnswered {
      let ofAnswers = [JSONValue.Member("records", .integer(answered))] + parts(of: "answered")
      members.append(.init("answered", .object(ofAnswers)))
    }
    members += scores.compactMap(member)
    if !topShares.isEmpty {
      let shares = topShares.enumerated().map { JSONValue.Member("\($0 + 1)", .double($1)) }
      members.append(.init("top_k", .object(shares)))
    }
    members += scoreMembers
    members += [
      .init("macro", .object(parts(of: "macro"))),
      .init("weighted", .object(parts(of: "weighted"))),
      .init("classes", .array(classes.indices.map { .object(classMembers($0)) })),
      .init("confusion", confusion.json),
      .init("confusions", .array(confusions.map(\.json))),
    ]
    if !sums.members.isEmpty { members.append(.init("sums", .object(sums.members))) }
    return members
  }

  /// Returns a metric as a member of its object; `nil` if it cannot be computed.
  func member(_ entry: MetricEntry) -> JSONValue.Member? {
    entry.value(self).map { value in
      .init(entry.memberKey, entry.properties.kind == .count ? .integer(Int(value)) : .double(value))
    }
  }

  /// Returns the metrics of an object in the report, such as `macro`, as its members.
  func parts(of group: String) -> [JSONValue.Member] {
    MetricEntry.all.filter { $0.group == group }.compactMap(member)
  }

  /// The figures of a class.
  func classMembers(_ index: Int) -> [JSONValue.Member] {
    classes[index].members + (scores.areas?.classes[index]?.members ?? [])
  }
}

extension Interval {
  var json: JSONValue {
    .object([
      .init("confidence", .double(confidence)), .init("lower", .double(lower)),
      .init("upper", .double(upper)),
    ])
  }
}

extension BootstrapIntervals {
  /// All intervals except the accuracy's, and the settings of the bootstrap.
  var members: [JSONValue.Member] {
    let drawing = JSONValue.object([
      .init("resamples", .integer(resampling.count)), .init("seed", .number(String(resampling.seed))),
    ])
    let intervals = MetricEntry.withInterval.compactMap { entry in
      entry.interval?(self).map { JSONValue.Member(entry.intervalKey, $0.json) }
    }
    return intervals + [.init("bootstrap", drawing)]
  }
}

extension ClassFigures {
  var members: [JSONValue.Member] {
    [
      .init("name", .string(name)), .init("support", .integer(support)),
      .init("precision", .double(precision)), .init("recall", .double(recall)), .init("f1", .double(f1)),
    ]
  }
}

extension ConfusionMatrix {
  /// The matrix as an array with a row for each true class.
  var json: JSONValue {
    .array(
      (0..<classCount).map { truth in
        .array((0..<classCount).map { .integer(self[truth, $0]) })
      })
  }
}

extension ConfusedPair {
  var json: JSONValue {
    .object([
      .init("truth", .string(truth)), .init("predicted", .string(predicted)), .init("count", .integer(count)),
      .init("share", .double(share)),
    ])
  }
}

// MARK: - Sums for merging

extension FigureSums {
  /// The known sums as members.
  var members: [JSONValue.Member] {
    let members: [(String, JSONValue?)] = [
      ("log_loss", (logLoss?.sum.json)), ("brier", brier?.sum.json),
      ("ece", calibration.map { .array($0.bins.map(\.json)) }),
      ("top_k", ranks.map { .array($0.counts.map(JSONValue.integer)) }),
    ]
    return members.compactMap { key, value in value.map { .init(key, $0) } }
  }
}

extension ExactSum {
  /// An array of numbers that add up to the sum exactly.
  var json: JSONValue { .array(components.map(JSONValue.double)) }
}

extension CalibrationError.Bin {
  var json: JSONValue {
    .object([
      .init("records", .integer(records)), .init("correct", .integer(correct)),
      .init("probabilities", probabilities.json),
    ])
  }
}
