// What heat maps need of a confusion matrix: sums are computed once, not for each cell.
import Evaluation

/// Counts by true class and column; the last column is of records without a predicted class, where there are any.
package struct ConfusionCounts {
  package let classCount: Int
  let abstained: [Int]
  let total: Int
  let correct: Int
  /// The largest share of a class's records that one mistake has, 0 where there is none.
  package private(set) var largestMistake = 0.0
  private let matrix: ConfusionMatrix
  private let supports: [Int]

  package init(_ matrix: ConfusionMatrix) {
    self.matrix = matrix
    classCount = matrix.classCount
    abstained = matrix.abstained
    supports = (0..<classCount).map { matrix.support($0) }
    total = supports.reduce(0, +)
    correct = matrix.correct
    for truth in 0..<classCount {
      for column in 0..<columnCount where column != truth {
        largestMistake = max(largestMistake, share(truth, column))
      }
    }
  }

  package var hasAbstentions: Bool { abstained.contains { $0 > 0 } }
  package var columnCount: Int { classCount + (hasAbstentions ? 1 : 0) }
  var accuracy: Double { total == 0 ? 0 : Double(correct) / Double(total) }
  var largestCount: Int {
    (0..<classCount).reduce(0) { largest, truth in
      (0..<columnCount).reduce(largest) { max($0, self[truth, $1]) }
    }
  }

  package subscript(truth: Int, column: Int) -> Int {
    column == classCount ? abstained[truth] : matrix[truth, column]
  }

  /// The count's share of the class's records.
  package func share(_ truth: Int, _ column: Int) -> Double {
    supports[truth] == 0 ? 0 : Double(self[truth, column]) / Double(supports[truth])
  }

  func color(_ truth: Int, _ column: Int) -> Color {
    let share = share(truth, column)
    // What is there at all differs from what is not: the scales begin a little above white.
    if truth == column { return ColorScale.right[0.06 + 0.94 * share] }
    return ColorScale.mistakes[0.06 + 0.94 * (largestMistake == 0 ? 0 : share / largestMistake)]
  }
}
