// The confusion matrix as text, if it fits in 80 columns.

import ByteIO

/// A row for each true class, and a column for each predicted one. There are no lines if they would not fit, or if all
/// records are right.
struct TextConfusionMatrix {
  private let matrix: ConfusionMatrix
  private let names: [String]
  private let style: TextStyle

  init(_ matrix: ConfusionMatrix, names: [String], style: TextStyle) {
    (self.matrix, self.names, self.style) = (matrix, names, style)
  }

  var lines: [String] {
    guard matrix.total > matrix.correct else { return [] }
    let hasAbstentions = matrix.abstained.contains { $0 > 0 }
    let columnCount = matrix.classCount + (hasAbstentions ? 1 : 0)
    let nameWidth = min(16, max(8, names.map(displayedWidth).max() ?? 0))
    // Includes a blank before each cell. If cells are wider than 10, the eye loses the row.
    let cellWidth = min(10, (TextReport.width - nameWidth) / columnCount)
    let digits = (0..<matrix.classCount).map { String(matrix.support($0)).count }.max() ?? 0
    guard cellWidth >= max(4, digits + 1) else { return [] }
    var headings = shortHeadings(width: cellWidth - 1)
    if hasAbstentions { headings.append("none") }
    let title = style.bold("Confusion matrix") + "   rows: true classes, columns: predicted classes"
    let heading =
      String(repeating: " ", count: nameWidth)
      + headings.map { padded($0, to: cellWidth, .trailing) }.joined()
    let rowNames = shortened(names, to: nameWidth)
    return [title, heading]
      + (0..<matrix.classCount).map { truth in
        var line = padded(rowNames[truth], to: nameWidth)
        for predicted in 0..<matrix.classCount {
          let cell = padded(cell(matrix[truth, predicted]), to: cellWidth, .trailing)
          line += truth == predicted ? style.bold(cell) : cell
        }
        if hasAbstentions { line += padded(cell(matrix.abstained[truth]), to: cellWidth, .trailing) }
        return line
      }
  }

  /// Dots instead of zeros let the eye find the other counts.
  private func cell(_ count: Int) -> String { count == 0 ? "·" : String(count) }

  /// The beginnings of the names or, if these are not distinct, the numbers of the classes.
  private func shortHeadings(width: Int) -> [String] {
    let short = names.map { trimmedAtEnd(cut($0, to: width)) }
    return Set(short).count == short.count ? short : names.indices.map(String.init)
  }
}
