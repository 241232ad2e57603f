// How strong the colours of a confusion matrix are: in steps for a table, whose colours are the page's, and as pixels.
import Evaluation
import Pictures

enum HeatMap {
  /// Steps of colour, besides none: as many as the eye tells apart.
  static let levelCount = 10
}

extension ConfusionCounts {
  /// The share on the scale of its kind: of what is right to 1, of mistakes to the most frequent one.
  private func strength(_ truth: Int, _ column: Int) -> Double {
    let share = share(truth, column)
    return truth == column || largestMistake == 0 ? share : share / largestMistake
  }

  /// The class of a cell in the style sheet: `r` for right or `m` for mistaken with a step from 1 to 10, `zero` where nothing is.
  func level(_ truth: Int, _ column: Int) -> String {
    guard self[truth, column] > 0 else { return "zero" }
    let step = max(1, Int((strength(truth, column) * Double(HeatMap.levelCount)).rounded(.up)))
    return (truth == column ? "r" : "m") + "\(min(step, HeatMap.levelCount))"
  }

  /// [classes, columns, 3]: a pixel for each cell, white where nothing is.
  var pixels: [UInt8] {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(classCount * columnCount * 3)
    for truth in 0..<classCount {
      for column in 0..<columnCount {
        let scale = truth == column ? ColorScale.right : .mistakes
        // A single record is still seen.
        let color = self[truth, column] == 0 ? Color.white : scale[0.25 + 0.75 * strength(truth, column)]
        pixels += [color.red, color.green, color.blue].map { UInt8((255 * $0).rounded()) }
      }
    }
    return pixels
  }
}
