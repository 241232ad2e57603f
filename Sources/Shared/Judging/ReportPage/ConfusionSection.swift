// The section of the confusion matrix: a table with coloured cells, or an image if it is large, and a list of the most
// frequent mistakes.
import ByteIO
import Charts
import Evaluation
import ImageFiles
import TensorStream

extension ReportPage {
  /// The maximum number of classes of a table. Nobody reads larger tables, so the matrix is then an image with a pixel
  /// for each cell.
  static let matrixLimit = 30
  /// The maximum number of columns with shares. With more columns, shares make the cells too wide.
  private static let shareLimit = 12

  func confusionSection() throws -> PageSection {
    let matrix = ConfusionCounts(figures.confusion)
    let lines = figures.classes.count <= Self.matrixLimit ? matrixTable(matrix) : try matrixImage(matrix)
    // A wider matrix leaves no room for a table beside it.
    let place = matrix.columnCount <= 10 ? "<div class=\"beside\">" : "<div>"
    return PageSection(
      id: "confusion", title: "Confusion matrix",
      body: [place, "<div>"] + lines + ["</div>", "<div>"] + confusionList + ["</div>", "</div>"])
  }

  // MARK: The table

  private func matrixTable(_ matrix: ConfusionCounts) -> [String] {
    let showsShares = matrix.columnCount <= Self.shareLimit
    let heads = names + (matrix.hasAbstentions ? ["no class"] : [])
    let rows = names.indices.map { truth in
      row(
        [rowHead(names[truth])]
          + (0..<matrix.columnCount).map { column in
            let count = matrix[truth, column]
            let share = percent(matrix.share(truth, column), 1)
            let text =
              grouped(count) + (showsShares && count > 0 ? " <small>\(share) %</small>" : "")
            return "<td class=\"\(matrix.level(truth, column))\">\(text)</td>"
          })
    }
    return [
      scrollingRegion("Confusion matrix"),
      "<table class=\"heat\(showsShares ? "" : " dense")\">",
      "<caption><span>A row is a true class, a column a predicted class, and a cell a number of records"
        + (showsShares ? " with its share of the true class." : ".")
        + " Blue is right, orange is wrong. The strongest orange is the most frequent mistake.</span></caption>",
      "<thead><tr><td class=\"corner\">true ↓ <span class=\"to\">predicted →</span></td>"
        + heads.map { "<th scope=\"col\"><span>\($0)</span></th>" }.joined() + "</tr></thead>",
      "<tbody>",
    ] + rows + ["</tbody>", "</table>", "</div>"]
  }

  // MARK: The image

  private func matrixImage(_ matrix: ConfusionCounts) throws -> [String] {
    let shape = ImageShape(height: matrix.classCount, width: matrix.columnCount, channels: 3)
    let url = dataURL(try encodedPNG(matrix.pixels, shape: shape))
    let summary = "\(grouped(figures.correct)) of \(counted(figures.records, "record")) are on the diagonal"
    // A few cells are enlarged to squares. Many cells, which a screen may have to shrink, are blended, so that none is
    // lost.
    let scale = max(1, 640 / shape.width)
    return [
      "<figure class=\"matrix\">",
      "<img\(scale > 1 ? " class=\"pixels\"" : "") src=\"\(url)\" width=\"\(scale * shape.width)\""
        + " height=\"\(scale * shape.height)\""
        + " alt=\"Confusion matrix of \(grouped(matrix.classCount)) classes; \(summary).\">",
      "<figcaption>A row of pixels is a true class, a column a predicted class, in the order of the table of classes."
        + (matrix.hasAbstentions ? " The last column has the records without a class." : "")
        + " Blue is right, orange is wrong. \(summary).</figcaption>", "</figure>",
    ]
  }

  // MARK: The largest mistakes

  private var confusionList: [String] {
    let confusions = figures.confusions
    guard !confusions.isEmpty else { return [note("No record was taken for another class.")] }
    let shown = confusions.prefix(figures.classes.count <= Self.matrixLimit ? 10 : 50)
    let rows = shown.map { pair in
      row([
        rowHead(shortName(pair.truth)), "<td>\(shortName(pair.predicted))</td>", cell(pair.count),
        cell(pair.share, percent(pair.share, 1) + " %"),
      ])
    }
    return ["<h3>Most often confused</h3>"]
      + Table(
        label: "Table of the most frequent mistakes",
        caption:
          "The \(shown.count == 1 ? "one mistake" : "\(shown.count) most frequent mistakes"), with the share of the"
          + " records of the true class.",
        columns: [
          .text("True class"), .text("Taken for"), .number("Records"), .number("Share"),
        ], rows: rows, isSortable: true
      ).lines
  }

  func shortName(_ name: String) -> String { isolated(shortened(displayed(name), to: Self.nameWidth)) }
}

enum HeatMap {
  /// The number of steps of colour, besides none: as many as the eye can distinguish.
  static let levelCount = 10
}

extension ConfusionCounts {
  /// Returns a cell's class in the style sheet: `r` for right or `m` for mistaken, with a step from 1 to 10, or `zero`
  /// for an empty cell.
  func level(_ truth: Int, _ column: Int) -> String {
    guard self[truth, column] > 0 else { return "zero" }
    let step = max(1, Int((strength(truth, column) * Double(HeatMap.levelCount)).rounded(.up)))
    return (truth == column ? "r" : "m") + "\(min(step, HeatMap.levelCount))"
  }

  /// An image of the matrix, [classes, columns, 3]: a pixel for each cell, white for an empty one.
  ///
  /// - Complexity: O(c²) for c classes
  var pixels: [UInt8] {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(classCount * columnCount * 3)
    for truth in 0..<classCount {
      for column in 0..<columnCount {
        let scale = truth == column ? ColorScale.right : .mistakes
        // A cell with a single record must be visible.
        let color = self[truth, column] == 0 ? Color.white : scale[0.25 + 0.75 * strength(truth, column)]
        pixels += [color.red, color.green, color.blue].map { UInt8((255 * $0).rounded()) }
      }
    }
    return pixels
  }
}
