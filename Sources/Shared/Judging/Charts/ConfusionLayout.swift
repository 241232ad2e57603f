// The layout of a heat map. Its sizes follow from the number of classes and the width of their names.
import ByteIO

struct ConfusionLayout {
  let margin = 24.0
  private let classCount: Int
  let cellSize: Double
  let nameFont: Font
  /// The step from one class with a written name to the next; more names would overlap.
  let nameStep: Int
  /// The names of the rows, shortened to fit.
  let rowNames: [String]
  /// The names of the columns, shortened to fit.
  let columnNames: [String]
  /// The angle of the columns' names, in degrees counter-clockwise.
  let columnAngle: Double
  /// The font of the counts; `nil` if they do not fit into the cells.
  let countFont: Font?
  /// The font of the shares; `nil` if they do not fit into the cells.
  let shareFont: Font?
  let columnTitleY: Double
  /// The area of the cells of all classes.
  let matrix: Rectangle
  /// The area of the cells of records without a predicted class, apart from the others; `nil` without such records.
  let abstentions: Rectangle?
  let scaleWidth: Double
  let legendX: Double
  let width: Double
  let height: Double

  /// The maximum width of a name. Wider names are shortened.
  private static let nameWidth = 170.0
  /// The smallest letters that good eyes can read.
  private static let smallestFont = 7.5
  private static let gap = 8.0

  init(names: [String], counts: ConfusionCounts, measure: TextMeasure) {
    let cellSize = Self.cellSize(classCount: counts.classCount)
    let font = Font(min(13, max(Self.smallestFont, 0.8 * cellSize)))
    let short = measure.fitted(names, font, width: Self.nameWidth)
    let widest = measure.width(ofWidest: short + ["none"], font)
    let angle: Double = widest <= cellSize - 8 ? 0 : cellSize >= 26 ? 45 : 90
    // The height of the rotated names, and how far the last one extends to the right.
    let reach = angle == 0 ? font.size : angle == 45 ? 0.71 * (widest + font.size) : widest
    let overhang = angle == 45 ? max(0, 0.71 * widest - cellSize / 2) : 0

    (self.cellSize, classCount) = (cellSize, counts.classCount)
    (nameFont, rowNames, columnNames, columnAngle) = (font, short, short, angle)
    nameStep = max(1, Int((1.15 * font.size / cellSize).rounded(.up)))
    (countFont, shareFont) = Self.numberFonts(cellSize, counts, measure)

    let side = cellSize * Double(counts.classCount)
    columnTitleY = 98
    matrix = Rectangle(
      margin + 24 + measure.width(ofWidest: short, font) + 8, columnTitleY + 14 + reach + 8, side, side)
    abstentions =
      counts.hasAbstentions ? Rectangle(matrix.right + Self.gap, matrix.y, cellSize, side) : nil
    scaleWidth = 150
    // The legend is below the cells, moved to the left if it would not fit there.
    let legendWidth = 2 * scaleWidth + 36
    let right = max((abstentions ?? matrix).right + overhang, margin + legendWidth)
    legendX = min(matrix.x, right - legendWidth)
    width = max(right, margin + 330) + margin
    height = matrix.bottom + 34 + 48 + margin
  }

  /// The frames around the cells.
  var frames: [Rectangle] { [matrix] + (abstentions.map { [$0] } ?? []) }

  func cell(_ truth: Int, _ column: Int) -> Rectangle {
    let y = matrix.y + Double(truth) * cellSize
    if let abstentions, column == classCount { return Rectangle(abstentions.x, y, cellSize, cellSize) }
    return Rectangle(matrix.x + Double(column) * cellSize, y, cellSize, cellSize)
  }

  /// Returns the side of a cell, which has room for two numbers or is a mere dot, so that the chart fits a screen.
  private static func cellSize(classCount: Int) -> Double {
    switch classCount {
    case ...4: 84
    case ...12: 62
    case ...20: 46
    case ...40: 27
    case ...100: 13
    default: 6
    }
  }

  private static func numberFonts(
    _ cellSize: Double, _ counts: ConfusionCounts, _ measure: TextMeasure
  ) -> (count: Font?, share: Font?) {
    let widest = grouped(counts.largestCount)
    let room = cellSize - 6
    var count = Font(min(15, 0.36 * cellSize), isBold: true)
    count.size = min(count.size, count.size * room / measure.width(of: widest, count))
    guard count.size >= smallestFont else { return (nil, nil) }
    var share = Font(min(10.5, 0.2 * cellSize))
    share.size = min(share.size, share.size * room / measure.width(of: "100.0 %", share))
    return (count, share.size >= smallestFont ? share : nil)
  }
}
