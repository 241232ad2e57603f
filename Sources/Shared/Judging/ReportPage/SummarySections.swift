// The first sections: gates, the comparison with a baseline, and the figures of all records.
import ByteIO
import Evaluation

extension ReportPage {
  /// A line that says whether the gates passed; `nil` without gates.
  var verdict: String? {
    let (count, failed) = (report.gates.count, report.failures.count)
    if count == 0 { return nil }
    let words =
      failed > 0
      ? "\(failed) of \(counted(count, "gate")) failed"
      : count == 1 ? "The gate passed" : "All \(count) gates passed"
    return
      "<p class=\"verdict \(failed > 0 ? "bad" : "good")\"><a href=\"#gates\">\(mark(failed == 0)) \(words)</a></p>"
  }

  var gatesSection: PageSection? {
    guard !report.gates.isEmpty else { return nil }
    let items = report.gates.map { result in
      "<li class=\"\(result.isPassed ? "good" : "bad")\">\(mark(result.isPassed))"
        + " <strong>\(result.isPassed ? "passed" : "failed"):</strong> <bdi>\(escapedXML(result.words))</bdi></li>"
    }
    return PageSection(
      id: "gates", title: "Gates", body: ["<ul class=\"gates\" role=\"list\">"] + items + ["</ul>"])
  }

  /// Returns a check mark or a cross for the eye. Words beside it say the same.
  private func mark(_ isGood: Bool) -> String { "<span aria-hidden=\"true\">\(isGood ? "✓" : "✗")</span>" }

  var comparisonSection: PageSection? {
    guard let comparison = report.comparison else { return nil }
    var body = [
      "<p>Compared with \(isolated(comparison.name)), where"
        + " \(data(comparison.accuracy, percent(comparison.accuracy, 2) + " %")) of"
        + " \(counted(comparison.records, "record")) were right: \(comparison.change(to: figures.accuracy)).</p>"
    ]
    if let pairs = comparison.pairs {
      let confidence = figures.accuracyInterval.confidence
      let isSignificant = pairs.isSignificant(at: confidence)
      body.append(
        "<p>\(counted(pairs.fixed, "record")) fixed, \(grouped(pairs.broken)) broken. McNemar’s test gives p ="
          + " \(data(pairs.probability, shortProbability(pairs.probability))): the difference is"
          + " \(isSignificant ? "" : "not ")significant at \(plainPercent(confidence)).</p>")
      if let words = pairs.notComparedWords { body.append(note(escapedXML(words) + ".")) }
    } else {
      body.append(note("The baseline is a report, which does not describe single records."))
    }
    return PageSection(id: "baseline", title: "Baseline", body: body)
  }

  var figuresSection: PageSection {
    let items = summaryFigures.map { figure in
      "<div><dt>\(figure.title.replacing("'", with: "’"))</dt><dd>\(data(figure.value, figure.shown)) <small>\(figure.hint)</small></dd></div>"
    }
    let abstained =
      figures.abstained == 0
      ? [] : ["\(counted(figures.abstained, "record")) without a class; they count as wrong"]
    let costs = figures.scores.cost?.lines ?? []
    let costItems = costs.isEmpty ? [] : ["<p>Costs: \(escapedXML(costs.joined(separator: "; "))).</p>"]
    return PageSection(
      id: "figures", title: "Figures",
      body: ["<dl class=\"figures\">"] + items + ["</dl>"] + costItems
        + (abstained + report.remarks).map { note(sentence($0)) }
        + missingFigures.map(note))
  }

  /// The main figures, with the shares of records whose true class is among the likeliest after the other shares.
  private var summaryFigures: [SummaryFigure] {
    let ranks = figures.mainTopShares.map { rank, share in
      SummaryFigure(
        title: "Top \(rank)", value: share, shown: percent(share, 2) + " %",
        hint: "true class among the \(rank) likeliest")
    }
    return figures.summary(ofShares: true) + ranks + figures.summary(ofShares: false)
  }

  /// Notes on the figures that are missing, and what they need.
  private var missingFigures: [String] {
    if figures.logLoss != nil { return [] }
    if origin == .mergedReports {
      return ["Log loss and Brier score are missing: some of the merged reports lack them."]
    }
    return figures.calibrationError == nil && figures.answered > 0
      ? ["Figures that judge probabilities are missing: the predictions have none.\(probabilityAdvice)"]
      : [
        "Log loss and Brier score are missing: they need the probabilities of all classes.\(probabilityAdvice)"
      ]
  }
}
