import RandomNumbers
import Testing

@testable import DataSplitting

@Suite struct ApportionmentTests {
  /// The totals of the rows, the totals of the columns, and the expected table.
  @Test(arguments: [
    ([6000, 6000], [2400, 9600], [[1200, 4800], [1200, 4800]]),
    // All shares are 2 2/3 and 2 1/3. Every row rounds the first up, and of the three equal rows the first gives way.
    ([5, 5, 5], [8, 7], [[2, 3], [3, 2], [3, 2]]),
    // The first column's shares are 0.4, 1.2 and 2.4. Rounded down, they add up to 3, one short of 4. The first of the
    // two largest remainders is rounded up.
    ([1, 3, 6], [4, 6], [[1, 0], [1, 2], [2, 4]]),
    ([10, 0, 3], [0, 13], [[0, 10], [0, 0], [0, 3]]),
    ([10, 0, 3], [13, 0], [[10, 0], [0, 0], [3, 0]]),
    ([], [0, 0, 0], []),
    ([0, 0], [0, 0], [[0, 0], [0, 0]]),
  ])
  func smallTablesAreApportionedAsExpected(_ rows: [Int], _ columns: [Int], _ expected: [[Int]]) {
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

  @Test func recordsInExcessAreExchangedBetweenColumns() {
    // The first table has whole shares. In the others, all rows are equal and round the same cells up, so some columns
    // get too many records and others too few.
    check([8, 4, 8, 4, 8, 4, 8, 4], [12, 12, 24], "whole shares")
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
