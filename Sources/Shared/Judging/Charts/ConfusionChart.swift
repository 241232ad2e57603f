// The confusion matrix as a heat map.
import ByteIO
import Evaluation

/// A heat map with a row for each true class and a column for each predicted class. A cell has the count and its share
/// of the row.
///
/// Right predictions, on the diagonal, and mistakes have separate scales. On a common scale the mistakes, a percent
/// here and there, would all look white beside the diagonal.
public struct ConfusionChart {
  private let names: [String]
  private let counts: ConfusionCounts
  private let layout: ConfusionLayout
  private let measure = TextMeasure()

  /// Creates the heat map of a matrix. `names` are the names of its classes, in order.
  public init(names: [String], matrix: ConfusionMatrix) {
    precondition(names.count == matrix.classCount, "\(names.count) names for \(matrix.classCount) classes")
    self.names = names.map { displayed($0) }
    counts = ConfusionCounts(matrix)
    layout = ConfusionLayout(names: self.names, counts: counts, measure: measure)
  }

  public var chart: Chart {
    // For hundreds of classes, one pixel per unit is plenty.
    Chart(
      width: layout.width, height: layout.height, title: "Confusion matrix: \(headline), \(tally)",
      density: counts.classCount > 256 ? 1 : 2
    ) { canvas in
      drawTitle(canvas)
      drawCells(canvas)
      drawNames(canvas)
      drawLegend(canvas)
    }
  }

  // MARK: The title

  private var headline: String { "Accuracy \(percent(counts.accuracy, 2)) %" }

  private var tally: String {
    var text = "\(grouped(counts.correct)) of \(grouped(counts.total)) right"
    if counts.hasAbstentions { text += ", \(grouped(counts.abstained.reduce(0, +))) without a class" }
    return text
  }

  private func drawTitle(_ canvas: Canvas) {
    canvas.text(headline, at: Point(layout.margin, 44), Font(21, isBold: true))
    canvas.text(tally, at: Point(layout.margin, 66), Font(13), .note)
  }

  // MARK: The cells

  private func drawCells(_ canvas: Canvas) {
    for truth in 0..<counts.classCount {
      for column in 0..<counts.columnCount where counts[truth, column] > 0 {
        let area = layout.cell(truth, column)
        let color = counts.color(truth, column)
        canvas.fill(area, color)
        drawNumbers(canvas, truth, column, area, color.textColor)
      }
    }
    // If the cells are large enough for lines between them, these help the eye to follow rows and columns.
    if layout.cellSize >= 10 { drawGrid(canvas) }
    for area in layout.frames { canvas.frame(area, Stroke(color: .rule)) }
  }

  private func drawGrid(_ canvas: Canvas) {
    for area in layout.frames {
      for row in 1..<max(2, counts.classCount) {
        let y = area.y + Double(row) * layout.cellSize
        canvas.line([Point(area.x, y), Point(area.right, y)], Stroke(color: .faint))
      }
      for column in 1..<max(2, Int((area.width / layout.cellSize).rounded())) {
        let x = area.x + Double(column) * layout.cellSize
        canvas.line([Point(x, area.y), Point(x, area.bottom)], Stroke(color: .faint))
      }
    }
  }

  private func drawNumbers(_ canvas: Canvas, _ truth: Int, _ column: Int, _ area: Rectangle, _ color: Color) {
    guard let countFont = layout.countFont else { return }
    let middle = area.x + area.width / 2
    let count = grouped(counts[truth, column])
    guard let shareFont = layout.shareFont else {
      canvas.text(
        count, at: Point(middle, area.y + area.height / 2 + 0.36 * countFont.size), countFont, color, .middle)
      return
    }
    let baseline = area.y + area.height / 2 + 0.06 * countFont.size
    canvas.text(count, at: Point(middle, baseline), countFont, color, .middle)
    canvas.text(
      "\(percent(counts.share(truth, column), 1)) %", at: Point(middle, baseline + 1.35 * shareFont.size),
      shareFont, color, .middle)
  }

  // MARK: Names

  private func drawNames(_ canvas: Canvas) {
    let font = layout.nameFont
    for truth in stride(from: 0, to: counts.classCount, by: layout.nameStep) {
      let area = layout.cell(truth, 0)
      canvas.text(
        layout.rowNames[truth], at: Point(area.x - 8, area.y + area.height / 2 + 0.36 * font.size), font,
        .ink,
        .end)
    }
    for column in stride(from: 0, to: counts.classCount, by: layout.nameStep) {
      drawColumnName(canvas, layout.columnNames[column], layout.cell(0, column))
    }
    if counts.hasAbstentions { drawColumnName(canvas, "none", layout.cell(0, counts.classCount)) }
    let matrix = layout.matrix
    canvas.text(
      "predicted class", at: Point(matrix.x + matrix.width / 2, layout.columnTitleY), Font(12.5), .note,
      .middle)
    canvas.text(
      "true class", at: Point(layout.margin + 11, matrix.y + matrix.height / 2), Font(12.5), .note, .middle,
      angle: 90)
  }

  private func drawColumnName(_ canvas: Canvas, _ name: String, _ cell: Rectangle) {
    let font = layout.nameFont
    let middle = cell.x + cell.width / 2
    switch layout.columnAngle {
    case 0: canvas.text(name, at: Point(middle, cell.y - 9), font, .ink, .middle)
    case let angle:
      // The text's middle line, not its baseline, points at the middle of the column.
      let shift = 0.36 * font.size * (angle == 90 ? 1 : 0.7)
      canvas.text(name, at: Point(middle + shift, cell.y - 8), font, .ink, angle: angle)
    }
  }

  // MARK: The legend

  private func drawLegend(_ canvas: Canvas) {
    let y = layout.matrix.bottom + 34
    drawScale(canvas, .right, "right", limit: 1, at: Point(layout.legendX, y))
    if counts.largestMistake > 0 {
      drawScale(
        canvas, .mistakes, "mistaken", limit: counts.largestMistake,
        at: Point(layout.legendX + layout.scaleWidth + 36, y))
    }
    canvas.text(
      "Shares are of the true class's records.", at: Point(layout.legendX, y + 48), Font(11), .note)
  }

  private func drawScale(
    _ canvas: Canvas, _ scale: ColorScale, _ title: String, limit: Double, at corner: Point
  ) {
    let steps = 60
    let step = layout.scaleWidth / Double(steps)
    canvas.text(title, at: Point(corner.x, corner.y - 6), Font(11.5, isBold: true))
    for index in 0..<steps {
      // A little wider than a step, so that no line shows between two.
      let width = index + 1 < steps ? step + 0.5 : step
      canvas.fill(
        Rectangle(corner.x + Double(index) * step, corner.y, width, 10),
        scale[(Double(index) + 0.5) / Double(steps)])
    }
    canvas.frame(Rectangle(corner.x, corner.y, layout.scaleWidth, 10), Stroke(color: .rule))
    canvas.text("0", at: Point(corner.x, corner.y + 24), Font(11), .note)
    canvas.text(
      "\(percent(limit, limit < 0.1 ? 1 : 0)) %", at: Point(corner.x + layout.scaleWidth, corner.y + 24),
      Font(11), .note, .end)
  }
}
