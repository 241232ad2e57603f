// Figures that need every score, as members of the JSON report.
import JSON

extension AreaFigures.Areas {
  var members: [JSONValue.Member] {
    [.init("roc_auc", .double(roc)), .init("average_precision", .double(averagePrecision))]
  }
}

extension CoverageFigures.Point {
  var json: JSONValue {
    // The shortest number that reads back as the same Float, and so is the same threshold for fm-predict
    // --min-probability.
    .object([
      .init("coverage", .double(coverage)), .init("accuracy", .double(accuracy)),
      .init("threshold", .number("\(threshold)")),
    ])
  }
}

extension CoverageFigures {
  /// `aurc`, `coverage` and `coverage_at`, as far as they are known.
  var members: [JSONValue.Member] {
    var members: [JSONValue.Member] = area.map { [.init("aurc", .double($0))] } ?? []
    let known = zip(Self.shares, points).compactMap { share, point in
      point.map { JSONValue.Member("\(share)", $0.json) }
    }
    if !known.isEmpty { members.append(.init("coverage", .object(known))) }
    if let wantedAccuracy, let reachedCoverage {
      var parts: [JSONValue.Member] = [
        .init("wanted", .double(wantedAccuracy)), .init("coverage", .double(reachedCoverage)),
      ]
      if let reached {
        parts += [
          .init("accuracy", .double(reached.accuracy)), .init("threshold", .number("\(reached.threshold)")),
        ]
      }
      members.append(.init("coverage_at", .object(parts)))
    }
    return members
  }
}

extension CostFigures {
  var members: [JSONValue.Member] {
    [("answers", answers), ("decisions", decisions)].compactMap { key, cost in
      cost.map { .init(key, .double($0)) }
    }
  }
}

extension ScoreFigures {
  /// The members of the report itself, besides those of classes and means.
  var members: [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    if let areas {
      members.append(.init("areas", .object([.init("macro_classes", .integer(areas.meanCount))])))
    }
    members += coverage?.members ?? []
    if let cost { members.append(.init("cost", .object(cost.members))) }
    if !unmergeable.isEmpty {
      members.append(
        .init(
          "not_merged",
          .object([
            .init("figures", .array(unmergeable.map(JSONValue.string))),
            .init("reason", .string(Self.reason)),
          ])))
    }
    return members
  }
}
