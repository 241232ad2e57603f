// The section that shows what thresholds change: each class against the rest, and accuracy against coverage.
import ByteIO
import Charts
import Evaluation

extension ReportPage {
  var curvesSection: PageSection {
    let title = "Curves"
    guard origin == .predictions, let curves = figures.scores.curves else {
      let reason =
        "Curves need every score, but reports contain sums. Judge all predictions in one run to get curves."
      return PageSection(id: "curves", title: title, body: [note(reason)])
    }
    var notes: [String] = []
    var charts: [String] = []
    if curves.areas == nil {
      notes.append(
        "The curves of classes are missing: they need the probabilities of all classes."
          + probabilityAdvice)
    } else if curves.classes.isEmpty {
      notes.append("No class can be told from others: all records are of one class.")
    } else {
      charts += rocFigure(curves) + precisionFigure(curves)
    }
    if let coverage = curves.coverage, coverage.area != nil {
      charts += coverageFigure(coverage, curves.coverageCurve)
    } else {
      notes.append(
        figures.answered == 0
          ? "The curve of coverage is missing: no record has a predicted class."
          : "The curve of coverage is missing: it needs the probabilities of the predicted classes.")
    }
    return PageSection(
      id: "curves", title: title,
      body: (charts.isEmpty ? [] : ["<div class=\"charts\">"] + charts + ["</div>"]) + notes.map(note))
  }

  // MARK: Classes against the rest

  /// The number of curves with their own colour and pattern. Nobody can distinguish more.
  private static let namedLimit = 5

  private func rocFigure(_ curves: CurveFigures) -> [String] {
    let end = Self.rocEnd(curves.classes.map(\.roc))
    let panel = PagePanel(
      height: 250, Axis(0, 100 * end, count: 5, unit: " %"), Axis(0, 100, count: 5, unit: " %"),
      xTitle: "false positive rate", yTitle: "true positive rate")
    let cutWords = end < 1 ? " The horizontal axis ends at \(fixed(100 * end, decimals: 0)) %." : ""
    return figure(
      "roc", "ROC curves", panel,
      curves.classes.map { ($0.index, cut($0.roc, atX: end)) },
      areas: curves.areas?.classes.map { $0?.roc } ?? [],
      caption:
        "Each class against the rest. The lower the threshold, the more records of the class are found, and the more"
        + " others are mistaken for it. Areas under the curves are in brackets." + cutWords)
  }

  /// Returns the end of the horizontal axis. If all curves run in the corner, only the corner is shown: the axis ends
  /// at the first of some rates at which every curve has found 97 % of its class.
  static func rocEnd(_ curves: [[CurvePoint]]) -> Double {
    [0.05, 0.1, 0.2, 0.5].first { end in
      curves.allSatisfy { (cut($0, atX: end).last?.y ?? 0) >= 0.97 }
    } ?? 1
  }

  private func precisionFigure(_ curves: CurveFigures) -> [String] {
    let shares = Axis(0, 100, count: 5, unit: " %")
    return figure(
      "precision", "Precision and recall",
      PagePanel(height: 250, shares, shares, xTitle: "recall", yTitle: "precision"),
      curves.classes.map { ($0.index, $0.precisionRecall) },
      areas: curves.areas?.classes.map { $0?.averagePrecision } ?? [],
      caption:
        "Each class against the rest. The lower the threshold, the higher the recall, and usually the lower the"
        + " precision. Average precisions are in brackets.")
  }

  /// Returns a figure that shows the worst curves with a colour, a pattern and a name, and the others in grey.
  private func figure(
    _ id: String, _ title: String, _ panel: PagePanel, _ curves: [(index: Int, points: [CurvePoint])],
    areas: [Double?], caption: String
  ) -> [String] {
    func scaled(_ points: [CurvePoint]) -> [CurvePoint] { points.map { CurvePoint(100 * $0.x, 100 * $0.y) } }
    let (named, others) = (curves.prefix(Self.namedLimit), curves.dropFirst(Self.namedLimit))
    var body = panel.frame
    body += others.map { panel.path(scaled($0.points), class: "curve other") }
    // The worst curve is drawn last, on top of the others.
    body += named.enumerated().reversed().map { panel.path(scaled($1.points), class: "curve c\($0 + 1)") }
    func entry(_ index: Int) -> String {
      names[index] + (areas[index].map { " (\(shownArea($0)))" } ?? "")
    }
    var items = named.enumerated().map { place, curve in item("c\(place + 1)", entry(curve.index)) }
    if !others.isEmpty {
      items.append(item("other", counted(others.count, "other class", plural: "other classes")))
    }
    let hidden = areas.count { $0 != nil } - curves.count
    let hiddenWords =
      hidden > 0 ? " Only the \(curves.count) classes with the lowest average precision are shown." : ""
    let listed = named.map { entry($0.index) }.joined(separator: ", ").replacing("<bdi>", with: "")
      .replacing("</bdi>", with: "")
    return ["<figure class=\"chart\">", "<h3>\(title)</h3>"]
      + svg(
        id, height: panel.bottom, title: title,
        description:
          "The lowest curves, with their areas: \(listed). The table of classes has all areas.", body)
      + ["<ul class=\"key\" role=\"list\">"] + items
      + ["</ul>", "<figcaption>\(caption)\(hiddenWords)</figcaption>", "</figure>"]
  }

  private func item(_ name: String, _ text: String) -> String {
    "<li><svg class=\"swatch\" aria-hidden=\"true\" viewBox=\"0 0 32 8\"><path class=\"curve \(name)\" d=\"M0 4H32\"/></svg>\(text)</li>"
  }

  // MARK: Coverage

  private func coverageFigure(_ coverage: CoverageFigures, _ curve: [CurvePoint]) -> [String] {
    let points = curve.map { CurvePoint(100 * $0.x, 100 * $0.y) }
    // An axis of one value would reach beyond 100 %.
    let lowest = min(99, points.map(\.y).min() ?? 0)
    let panel = PagePanel(
      height: 250, Axis(0, 100, count: 5, unit: " %"), Axis(lowest, 100, count: 5, unit: " %"),
      xTitle: "coverage", yTitle: "accuracy of the answers")
    let marked = coverage.points.compactMap { $0 }
    let dots = marked.map {
      "<circle class=\"dot\" cx=\"\(short(panel.x(100 * $0.coverage)))\" cy=\"\(short(panel.y(100 * $0.accuracy)))\" r=\"3.5\"/>"
    }
    let area =
      coverage.area.map { "Area under the risk-coverage curve: \(data($0, fixed($0, decimals: 4)))." } ?? ""
    let words = marked.map {
      "\(percent($0.accuracy, 2)) % of the surest \(percent($0.coverage, 2)) % are right"
    }
    let reached = coverage.reachedWords.map { " \(escapedXML($0))." } ?? ""
    return ["<figure class=\"chart\">", "<h3>Coverage</h3>"]
      + svg(
        "coverage", height: panel.bottom, title: "Coverage",
        description: "If only the surest answers are given: \(words.joined(separator: "; ")).",
        panel.frame + [panel.path(points, class: "curve c1")] + dots)
      + [
        "<figcaption>How often answers are right if only the surest are given. \(area)\(reached)</figcaption>"
      ] + details("Coverage as numbers", table(marked)) + ["</figure>"]
  }

  private func table(_ points: [CoverageFigures.Point]) -> [String] {
    let rows = points.map { point in
      row([
        rowHead("\(percent(point.coverage, 2)) %"), cell(point.accuracy, percent(point.accuracy, 2) + " %"),
        "<td class=\"number\">\(point.threshold)</td>",
      ])
    }
    return Table(
      label: "Table of coverage",
      caption:
        "The share of records that are answered, the share of answers that are right, and the lowest probability of these.",
      columns: [.text("Answered"), .number("Right"), .number("Probability")], rows: rows
    ).lines
  }
}
