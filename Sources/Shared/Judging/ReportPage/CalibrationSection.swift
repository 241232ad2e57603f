// The section that shows whether probabilities can be trusted: the reliability diagram and its numbers.
import ByteIO
import Charts
import Evaluation

extension ReportPage {
  var calibrationSection: PageSection {
    let title = "Calibration"
    guard let error = figures.calibrationError else {
      return PageSection(id: "calibration", title: title, body: [note(missingCalibration)])
    }
    let bins = figures.calibrationBins
    let total = bins.total
    let summary =
      "Of \(counted(total.count, "answer")), \(percent(total.accuracy, 1)) % are right, with a mean confidence of"
      + " \(percent(total.meanProbability, 1)) %; the calibration error is \(percent(error, 2)) %."
    let figure =
      ["<figure class=\"chart\">"] + reliability(bins, total: total.count, summary: summary)
      + [
        "<figcaption>\(summary)</figcaption>", key, "</figure>",
      ]
    return PageSection(
      id: "calibration", title: title,
      body: ["<div class=\"charts\">"] + figure + ["<div>"] + [
        note(
          "Confidence is the probability of the predicted class. If a bar ends below its line, the model is"
            + " overconfident. Bars of few answers say little.")
      ] + table(bins) + ["</div>", "</div>"])
  }

  private var missingCalibration: String {
    if figures.answered == 0 { return "No record has a predicted class, so no answer has a confidence." }
    return origin == .mergedReports
      ? "Some of the merged reports have no calibration."
      : "The predictions have no probabilities. <code>fm-predict</code> writes them in any of its formats."
  }

  private var key: String {
    "<ul class=\"key\" role=\"list\"><li><span class=\"swatch bar-right\" aria-hidden=\"true\"></span>accuracy</li>"
      + "<li><span class=\"swatch line-wrong\" aria-hidden=\"true\"></span>mean confidence</li></ul>"
  }

  private func reliability(_ bins: [CalibrationBin], total: Int, summary: String) -> [String] {
    let shares = Axis(0, 100, count: 5, unit: " %")
    let upper = PagePanel(height: 220, shares, shares, xTitle: "confidence", yTitle: "right")
    let largest = bins.reduce(1) { max($0, $1.count) }
    let lower = PagePanel(
      top: upper.bottom, height: 60, shares,
      Axis(0, 100 * Double(largest) / Double(max(1, total)), count: 2, unit: " %"), xTitle: "confidence",
      yTitle: "share of the answers")
    var body = upper.frame + lower.frame
    let ends = [CurvePoint(0, 0), CurvePoint(100, 100)]
    body.append(upper.path(ends, class: "diagonal"))
    for bin in bins where bin.count > 0 {
      let (left, right) = (upper.x(100 * bin.lower) + 1, upper.x(100 * bin.upper) - 1)
      let head = upper.y(100 * bin.accuracy)
      body.append(bar(left, head, right - left, upper.y(0) - head, class: "bar-right"))
      let line = "M\(short(left)) \(short(upper.y(100 * bin.meanProbability)))H\(short(right))"
      body.append("<path class=\"line-wrong\" d=\"\(line)\"/>")
      let count = lower.y(100 * Double(bin.count) / Double(total))
      body.append(bar(left, count, right - left, lower.y(0) - count, class: "bar-count"))
    }
    return svg(
      "reliability", height: lower.bottom, title: "Reliability diagram",
      description: summary + " The table of bins has the numbers.", body)
  }

  private func table(_ bins: [CalibrationBin]) -> [String] {
    let rows = bins.filter { $0.count > 0 }.map { bin in
      row([
        rowHead("\(percent(bin.lower, 1)) to \(percent(bin.upper, 1)) %"), cell(bin.count),
        cell(bin.meanProbability, percent(bin.meanProbability, 2) + " %"),
        cell(bin.accuracy, percent(bin.accuracy, 2) + " %"),
      ])
    }
    return Table(
      label: "Table of bins",
      caption: "Answers by their confidence, in bins of equal width. Empty bins are left out.",
      columns: [.text("Confidence"), .number("Answers"), .number("Mean confidence"), .number("Right")],
      rows: rows
    ).lines
  }
}
