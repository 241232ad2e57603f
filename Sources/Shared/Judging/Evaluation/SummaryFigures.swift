// The main figures with their titles, for reports that show each one with an explanation.
import ByteIO

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
  /// Returns the main metrics that are shares, or the others, in the order of the table of metrics: first those that
  /// depend on classes alone. Metrics that cannot be computed are left out.
  package func summary(ofShares: Bool) -> [SummaryFigure] {
    let entries = MetricEntry.all.filter { ($0.properties.kind == .share) == ofShares }
    let onProbabilities = entries.filter { $0.summary?.column == .probabilities }
    let others = entries.filter { $0.summary?.column != .probabilities }
    return (others + onProbabilities).compactMap { entry in
      guard let summary = entry.summary, let value = entry.value(self) else { return nil }
      let interval = bootstrap.flatMap { entry.interval?($0) }
      return SummaryFigure(
        title: summary.title, value: value, shown: entry.properties.shown(value),
        hint: summary.hint + (interval.map { ", " + words($0, ofShare: ofShares) } ?? ""))
    }
  }

  private func words(_ interval: Interval, ofShare: Bool) -> String {
    ofShare
      ? "\(percent(interval.lower, 2)) to \(percent(interval.upper, 2)) %"
      : "\(fixed(interval.lower, decimals: 4)) to \(fixed(interval.upper, decimals: 4))"
  }
}
