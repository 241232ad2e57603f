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

extension Figures {
  /// The figures that need every score, besides those of classes and means, as members of the report itself.
  var scoreMembers: [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    if let areas = scores.areas {
      members.append(.init("areas", .object([.init("macro_classes", .integer(areas.meanCount))])))
    }
    members += MetricEntry.coverageMembers.compactMap(member)
    if let coverage = scores.coverage { members += coverageMembers(coverage) }
    if scores.cost != nil { members.append(.init("cost", .object(parts(of: "cost")))) }
    if !scores.unmergeable.isEmpty {
      members.append(
        .init(
          "not_merged",
          .object([
            .init("figures", .array(scores.unmergeable.map(JSONValue.string))),
            .init("reason", .string(ScoreFigures.reason)),
          ])))
    }
    return members
  }

  /// Returns `coverage` and `coverage_at`, as far as they are known. The table of metrics does not have the points of
  /// `coverage`, nor the parts of `coverage_at` that are not a metric.
  private func coverageMembers(_ coverage: CoverageFigures) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    let known = zip(CoverageFigures.shares, coverage.points).compactMap { share, point in
      point.map { JSONValue.Member("\(share)", $0.json) }
    }
    if !known.isEmpty { members.append(.init("coverage", .object(known))) }
    if let wanted = coverage.wantedAccuracy {
      var reachedParts = [JSONValue.Member("wanted", .double(wanted))] + parts(of: "coverage_at")
      if let reached = coverage.reached {
        reachedParts += [
          .init("accuracy", .double(reached.accuracy)), .init("threshold", .number("\(reached.threshold)")),
        ]
      }
      members.append(.init("coverage_at", .object(reachedParts)))
    }
    return members
  }
}
