// How strong the colours of a confusion matrix are: in steps for a table, whose colours are the page's, and as pixels.
import Evaluation
import Pictures

/// Counts by true class and column; where there are records without a predicted class, the last column is theirs.
struct HeatMap {
  let classCount: Int
  let hasAbstentions: Bool
  private let matrix: ConfusionMatrix
  private let supports: [Int]
  /// The largest share of a class's records that one mistake has.
  private let largestMistake: Double

  /// Steps of colour, besides none: as many as the eye tells apart.
  static let levelCount = 10

  init(_ matrix: ConfusionMatrix) {
    self.matrix = matrix
    classCount = matrix.classCount
    hasAbstentions = matrix.abstained.contains { $0 > 0 }
    let supports = (0..<classCount).map { matrix.support($0) }
    self.supports = supports
    let columns = classCount + (hasAbstentions ? 1 : 0)
    largestMistake = (0..<matrix.classCount).reduce(0.0) { largest, truth in
      (0..<columns).reduce(largest) { largest, column in
        guard column != truth, supports[truth] > 0 else { return largest }
        let count = column == matrix.classCount ? matrix.abstained[truth] : matrix[truth, column]
        return max(largest, Double(count) / Double(supports[truth]))
      }
    }
  }

  var columnCount: Int { classCount + (hasAbstentions ? 1 : 0) }

  subscript(truth: Int, column: Int) -> Int {
    column == classCount ? matrix.abstained[truth] : matrix[truth, column]
  }

  /// The count's share of the class's records.
  func share(_ truth: Int, _ column: Int) -> Double {
    supports[truth] == 0 ? 0 : Double(self[truth, column]) / Double(supports[truth])
  }

  /// The share on the scale of its kind: of what is right to 1, of mistakes to the most frequent one.
  private func strength(_ truth: Int, _ column: Int) -> Double {
    let share = share(truth, column)
    return truth == column || largestMistake == 0 ? share : share / largestMistake
  }

  /// The class of a cell: `r` for right or `m` for mistaken with a step from 1 to 10, `zero` where nothing is.
  func level(_ truth: Int, _ column: Int) -> String {
    guard self[truth, column] > 0 else { return "zero" }
    let step = max(1, Int((strength(truth, column) * Double(Self.levelCount)).rounded(.up)))
    return (truth == column ? "r" : "m") + "\(min(step, Self.levelCount))"
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
