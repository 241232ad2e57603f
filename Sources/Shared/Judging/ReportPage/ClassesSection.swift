// The section that shows how well each class is recognised: a sortable table.
import ByteIO
import Evaluation

extension ReportPage {
  var classesSection: PageSection {
    let areas = figures.scores.curves?.areas ?? figures.scores.areas
    let rows = figures.classes.indices.map { index in
      let figures = self.figures.classes[index]
      return row(
        [rowHead(names[index]), cell(figures.support)]
          + shares([figures.precision, figures.recall]) + [barCell(figures.f1)]
          + (areas.map { areaCells($0.classes[index]) } ?? []))
    }
    func mean(_ name: String, _ means: MeanFigures, _ areaMeans: [String]) -> String {
      row(
        [rowHead(name), "<td></td>"] + shares([means.precision, means.recall]) + [barCell(means.f1)]
          + areaMeans)
    }
    let noAreas = areas == nil ? [] : ["<td></td>", "<td></td>"]
    let table = Table(
      label: "Table of classes",
      caption:
        "Precision: of the records predicted as the class, the share that belong to it. Recall: of the records that"
        + " belong to it, the share predicted as it. F1: the harmonic mean of both."
        + (areas == nil ? "" : " Areas: the class against the rest, at every threshold."),
      columns: [.text("Class"), .number("Records"), .number("Precision"), .number("Recall"), .number("F1")]
        + (areas == nil ? [] : [.number("ROC area"), .number("Average precision")]),
      rows: rows,
      footRows: [
        mean("Macro mean", figures.macro, areas.map { areaCells($0.macro) } ?? []),
        mean("Weighted mean", figures.weighted, noAreas),
      ],
      isSortable: true, isLong: rows.count > 40)
    let notes = areas?.meanWords.map { [sentence($0)] } ?? []
    return PageSection(id: "classes", title: "Classes", body: table.lines + notes.map(note))
  }

  private func shares(_ values: [Double]) -> [String] { values.map { cell($0, percent($0, 1) + " %") } }

  /// Returns a cell with a share and a bar below it.
  private func barCell(_ share: Double) -> String {
    "<td class=\"number bar\" data-v=\"\(share)\" style=\"--share:\(fixed(share * 100, decimals: 1))%\">\(percent(share, 1)) %</td>"
  }

  private func areaCells(_ areas: AreaFigures.Areas?) -> [String] {
    [areas?.roc, areas?.averagePrecision].map { area in
      area.map { cell($0, shownArea($0)) } ?? emptyCell
    }
  }
}
