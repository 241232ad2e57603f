import RandomNumbers
import Testing

@testable import DataSplitting

@Suite struct ApportionmentTests {
  /// Rows, columns and the one table that is right.
  @Test(arguments: [
    ([6000, 6000], [2400, 9600], [[1200, 4800], [1200, 4800]]),
    // Each share is 2 2/3, and 2 1/3: all round the first up, and of three that are alike the first gives way.
    ([5, 5, 5], [8, 7], [[2, 3], [3, 2], [3, 2]]),
    // Shares 0.4, 1.2, 2.4: two records are missing from 0 + 1 + 2 = 3, and the remainders are 0.4, 0.2, 0.4.
    ([1, 3, 6], [4, 6], [[1, 0], [1, 2], [2, 4]]),
    ([10, 0, 3], [0, 13], [[0, 10], [0, 0], [0, 3]]),
    ([10, 0, 3], [13, 0], [[10, 0], [0, 0], [3, 0]]),
    ([], [0, 0, 0], []),
    ([0, 0], [0, 0], [[0, 0], [0, 0]]),
  ])
  func smallTablesAreRight(_ rows: [Int], _ columns: [Int], _ expected: [[Int]]) {
    #expect(apportion(rows, to: columns) == expected)
  }

  @Test func everyCellIsItsShareRoundedDownOrUpAndAllSumsAreExact() {
    for seed in 0..<2000 {
      var generator = SplitMix64(seed: UInt64(seed))
      let rows = (0..<1 + generator.next(below: 12)).map { _ in
        generator.next(below: 1 + generator.next(below: 40))
      }
      let total = rows.reduce(0, +)
      let first = generator.next(below: total + 1)
      let second = generator.next(below: total - first + 1)
      check(rows, [first, second, total - first - second], "seed \(seed)")
      check(rows, [first, total - first], "seed \(seed)")
    }
  }

  @Test func remaindersOfOneColumnThatStarveAnotherAreExchanged() {
    // Shares (validation, test, training): half the classes (0.5, 0.75, 0.75), half (0.5, 0, 0.5). Whoever gives
    // validation to the latter first has more classes left that need both a test and a training record than records.
    check([8, 4, 8, 4, 8, 4, 8, 4], [12, 12, 24], "starving")
    check([Int](repeating: 1, count: 12), [4, 4, 4], "thirds")
    check([Int](repeating: 2, count: 9), [6, 6, 6], "two thirds")
  }

  @Test func countsBeyondThirtyTwoBitsDoNotOverflow() {
    let rows = [3_000_000_000_000, 5_000_000_000_001]
    check(rows, [1_000_000_000_000, 7_000_000_000_001], "large")
  }

  private func check(_ rows: [Int], _ columns: [Int], _ comment: Comment) {
    let counts = apportion(rows, to: columns)
    let total = rows.reduce(0, +)
    #expect(counts.count == rows.count, comment)
    for (row, cells) in zip(rows, counts) {
      #expect(cells.reduce(0, +) == row, comment)
      for (column, cell) in zip(columns, cells) {
        let (share, remainder) =
          total == 0 ? (0, 0) : total.dividingFullWidth(row.multipliedFullWidth(by: column))
        #expect(cell >= share && cell <= share + (remainder > 0 ? 1 : 0), comment)
      }
    }
    for column in columns.indices {
      #expect(counts.map { $0[column] }.reduce(0, +) == columns[column], comment)
    }
  }
}
