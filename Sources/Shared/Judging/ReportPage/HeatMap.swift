// The colours of a confusion matrix: in steps for a table, which has the page's colours, and as pixels.
import Evaluation
import Pictures

enum HeatMap {
  /// The number of steps of colour, besides none: as many as the eye can distinguish.
  static let levelCount = 10
}

extension ConfusionCounts {
  /// Returns a cell's position on the scale of its kind. The scale of right predictions ends at a share of 1, the scale
  /// of mistakes at the share of the most frequent one.
  private func strength(_ truth: Int, _ column: Int) -> Double {
    let share = share(truth, column)
    return truth == column || largestMistake == 0 ? share : share / largestMistake
  }

  /// Returns a cell's class in the style sheet: `r` for right or `m` for mistaken, with a step from 1 to 10, or `zero`
  /// for an empty cell.
  func level(_ truth: Int, _ column: Int) -> String {
    guard self[truth, column] > 0 else { return "zero" }
    let step = max(1, Int((strength(truth, column) * Double(HeatMap.levelCount)).rounded(.up)))
    return (truth == column ? "r" : "m") + "\(min(step, HeatMap.levelCount))"
  }

  /// An image of the matrix, [classes, columns, 3]: a pixel for each cell, white for an empty one.
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
