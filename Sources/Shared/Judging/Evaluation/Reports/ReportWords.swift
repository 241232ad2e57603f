// The phrases and sentences that several formats of the report share.
import ByteIO

extension Figures {
  /// `8,766 of 10,000 records answered, 87.66 %; 97.12 % of the answers right`; `nil` if not requested.
  var answeredWords: String? {
    guard showsAnswered else { return nil }
    let share =
      "\(grouped(answered)) of \(grouped(records)) records answered, \(percent(answeredCoverage, 2)) %"
    return share + (answeredAccuracy.map { "; \(percent($0, 2)) % of the answers right" } ?? "")
  }

  /// `2 files gave no prediction, and are not among the records`; `nil` if all gave one.
  var unansweredWords: String? {
    guard unanswered > 0 else { return nil }
    return unanswered == 1
      ? "1 file gave no prediction, and is not among the records"
      : "\(grouped(unanswered)) files gave no prediction, and are not among the records"
  }
}

extension EvaluationReport {
  /// Phrases on the records and figures that the report does not have, and on those that have an answer.
  package var remarks: [String] {
    [figures.answeredWords, figures.unansweredWords, leftOut?.words, figures.scores.unmergeableWords]
      .compactMap { $0 }
  }
}

extension LeftOut {
  /// `left out: 2 predictions without a true class, 1 true class without a prediction`; `nil` if nothing was left out.
  var words: String? {
    let parts = [
      withoutTruth == 0
        ? nil : "\(counted(withoutTruth, "prediction")) without a true class",
      notPredicted == 0
        ? nil : "\(counted(notPredicted, "true class", plural: "true classes")) without a prediction",
    ].compactMap { $0 }
    return parts.isEmpty ? nil : "left out: " + parts.joined(separator: ", ")
  }
}

extension Comparison {
  /// Returns the change from the baseline's accuracy to this one: `0.24 points better now`.
  package func change(to accuracy: Double) -> String {
    let points = (accuracy - self.accuracy) * 100
    return points == 0
      ? "the same accuracy"
      : "\(fixed(abs(points), decimals: 2)) points \(points > 0 ? "better" : "worse") now"
  }
}

extension Comparison.Pairs {
  /// `1 record not compared: only one of the two runs gave a prediction`.
  package var notComparedWords: String? {
    guard notCompared > 0 else { return nil }
    return
      "\(counted(notCompared, "record")) not compared: only one of the two"
      + " runs gave a prediction"
  }
}

extension GateResult {
  /// `accuracy 0.9231, wanted at least 0.9`.
  package var words: String {
    let name = displayed(gate.metric.description)
    func shown(_ value: Double) -> String {
      gateValue(value, limit: gate.limit, isRoundedToFloat: gate.metric.isOfProbabilities)
    }
    switch gate.kind {
    case .minimum: return "\(name) \(shown(value)), wanted at least \(plain(gate.limit))"
    case .maximum: return "\(name) \(shown(value)), wanted at most \(plain(gate.limit))"
    case .maximumDrop:
      let before = baseline ?? value
      let drop = gate.metric.isLoss ? value - before : before - value
      let words = drop > 0 ? "\(shown(drop)) worse than" : "no worse than"
      return "\(name) \(fixed(value, decimals: 4)), \(words) the baseline's \(fixed(before, decimals: 4)),"
        + " allowed \(plain(gate.limit))"
    }
  }
}

extension Gate {
  /// `accuracy at least 0.9`.
  var words: String {
    let name = displayed(metric.description)
    switch kind {
    case .minimum: return "\(name) at least \(plain(limit))"
    case .maximum: return "\(name) at most \(plain(limit))"
    case .maximumDrop: return "\(name) at most \(plain(limit)) worse than the baseline"
    }
  }
}

extension AreaFigures {
  /// `the mean is over 9 of 10 classes; the others have no records, or all`; `nil` if it is over all.
  package var meanWords: String? {
    guard meanCount < classes.count else { return nil }
    return "the mean is over \(meanCount) of \(classes.count) classes; the others have no records, or all"
  }
}

extension CoverageFigures {
  /// A line of a table of coverage.
  struct Row {
    let coverage: String
    let accuracy: String
    let threshold: String
  }

  var rows: [Row] {
    points.compactMap { $0 }.map { point in
      Row(
        coverage: percent(point.coverage, 2) + " %", accuracy: percent(point.accuracy, 2) + " %",
        threshold: "\(point.threshold) or more")
    }
  }

  /// `99 % right: 87.31 % of the records, of probability 0.93 or more`; `nil` if not requested.
  package var reachedWords: String? {
    guard let wantedAccuracy else { return nil }
    let wanted = "\(plainPercent(wantedAccuracy)) right"
    guard let reached else { return "\(wanted): no threshold reaches that" }
    return "\(wanted): \(percent(reached.coverage, 2)) % of the records, of probability"
      + " \(reached.threshold) or more"
  }
}

extension ScoreFigures {
  /// `not merged, because reports hold no scores: areas, coverage`; `nil` if merging lost nothing.
  var unmergeableWords: String? {
    guard !unmergeable.isEmpty else { return nil }
    let lost = MetricProperties.Source.allCases.filter { $0.lostKeys.contains(where: unmergeable.contains) }
    let names = withoutRepeats(lost.compactMap(\.lostName))
    return "not merged, because reports hold no scores: \(names.joined(separator: ", "))"
  }
}

// MARK: - The main figures

/// A figure as a page shows it.
package struct SummaryFigure {
  package let title: String
  package let value: Double
  /// The value as people read it.
  package let shown: String
  /// A short explanation, with the bootstrap interval if there is one.
  package let hint: String

  package init(title: String, value: Double, shown: String, hint: String) {
    (self.title, self.value, self.shown, self.hint) = (title, value, shown, hint)
  }
}

extension Figures {
  /// The shares of the records whose true class is among the 2, 3 and 5 likeliest, as far as they are known.
  package var mainTopShares: [(rank: Int, share: Double)] {
    [2, 3, 5].filter { $0 <= topShares.count }.map { ($0, topShares[$0 - 1]) }
  }

  /// Returns the main metrics that are shares, or the others, in the order of the table of metrics: first those that
  /// depend on classes alone. Metrics that cannot be computed are left out.
  package func summary(ofShares: Bool) -> [SummaryFigure] {
    let entries = MetricEntry.all.filter { ($0.properties.kind == .share) == ofShares }
    let onProbabilities = entries.filter { $0.summary?.column == .probabilities }
    let others = entries.filter { $0.summary?.column != .probabilities }
    return (others + onProbabilities).compactMap { entry in
      guard let summary = entry.summary, let value = entry.value(self) else { return nil }
      let interval = entry.bootstrapInterval(in: self)
      return SummaryFigure(
        title: summary.title, value: value, shown: entry.properties.shown(value),
        hint: summary.hint + (interval.map { ", " + entry.properties.shown($0) } ?? ""))
    }
  }
}
