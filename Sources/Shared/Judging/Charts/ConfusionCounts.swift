// The figures of a confusion matrix that heat maps need. Sums are computed once, not for each cell.
import Evaluation

/// Counts by true class and column. If some records have no predicted class, the last column counts them.
package struct ConfusionCounts {
  package let classCount: Int
  let abstained: [Int]
  let total: Int
  let correct: Int
  /// The largest share of a true class's records that one mistake has; 0 without mistakes.
  package private(set) var largestMistake = 0.0
  private let matrix: ConfusionMatrix
  private let supports: [Int]

  /// Sums a matrix.
  ///
  /// - Complexity: O(c²) for c classes
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
  /// The largest count of a cell.
  ///
  /// - Complexity: O(c²) for c classes
  var largestCount: Int {
    (0..<classCount).reduce(0) { largest, truth in
      (0..<columnCount).reduce(largest) { max($0, self[truth, $1]) }
    }
  }

  package subscript(truth: Int, column: Int) -> Int {
    column == classCount ? abstained[truth] : matrix[truth, column]
  }

  /// Returns a cell's count as a share of the true class's records; 0 if the class has none.
  package func share(_ truth: Int, _ column: Int) -> Double {
    supports[truth] == 0 ? 0 : Double(self[truth, column]) / Double(supports[truth])
  }

  /// Returns a cell's position on the scale of its kind, 0 to 1. The scale of right predictions ends at a share of 1,
  /// the scale of mistakes at the share of the most frequent one.
  package func strength(_ truth: Int, _ column: Int) -> Double {
    let share = share(truth, column)
    return truth == column || largestMistake == 0 ? share : share / largestMistake
  }

  func color(_ truth: Int, _ column: Int) -> Color {
    let scale = truth == column ? ColorScale.right : .mistakes
    // The scales begin a little above white, so that a cell with a single record differs from an empty one.
    return scale[0.06 + 0.94 * strength(truth, column)]
  }
}
