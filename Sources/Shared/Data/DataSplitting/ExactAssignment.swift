// Assigns records to parts at random, in exact numbers. All records must be known. The numbers of records of each class
// in each part come from a table whose totals are exact in both directions.
import RandomNumbers

/// Returns the part of every record, [groups.count].
///
/// `groups` has a group for each record: its class, or one group for all. Each group is shuffled with a generator of
/// its own. Its first records go to the test part, the next ones to validation, and the others to training. The test
/// part therefore does not depend on the validation part. Folds are dealt like cards, one group after the other, so
/// that their sizes differ by at most one record, both in total and in each class.
///
/// - Complexity: O(n) for n records, in time and memory.
public func assignParts(groups: [UInt8], by rule: SplitRule, name: String) throws(SplitError) -> [Part] {
  let total = groups.count
  let testCount = rule.test.count(of: total)
  var validationCount = 0
  if case .share(let share) = rule.validation { validationCount = share.count(of: total) }
  // Both are compared before they are added: a count may be as large as Int.max.
  guard testCount <= total, validationCount <= total - testCount else {
    let (heldOut, overflow) = testCount.addingReportingOverflow(validationCount)
    throw .tooFewRecords(name: name, heldOut: overflow ? .max : heldOut, available: total)
  }
  if case .fold(_, let count) = rule.validation, count > total - testCount {
    throw .tooFewForFolds(name: name, folds: count, available: total - testCount)
  }

  let members = membersByGroup(groups)
  let counts = apportion(
    members.map(\.count), to: [testCount, validationCount, total - testCount - validationCount])
  var parts = [Part](repeating: .training, count: total)
  var dealt = 0
  for (group, members) in members.enumerated() where !members.isEmpty {
    var members = members
    var generator = SplitMix64(seed: rule.seed, UInt64(group))
    generator.shuffle(&members)
    let (test, rest) = (members.prefix(counts[group][0]), members.dropFirst(counts[group][0]))
    for record in test { parts[record] = .test }
    switch rule.validation {
    case .share:
      for record in rest.prefix(counts[group][1]) { parts[record] = .validation }
    case .fold(let fold, let count):
      for record in rest {
        if dealt % count == fold - 1 { parts[record] = .validation }
        dealt += 1
      }
    }
  }
  return parts
}

/// Returns the records of each group in their order, [256][records].
private func membersByGroup(_ groups: [UInt8]) -> [[Int]] {
  var members = [[Int]](repeating: [], count: 256)
  for (record, group) in groups.enumerated() { members[Int(group)].append(record) }
  return members
}

// MARK: - Numbers of records

/// Divides rows of records (classes) among columns (parts) in proportion to the columns' totals, which must add up to
/// the number of records. Every cell is its exact share rounded down or up, and all rows and columns add up exactly.
/// Such a table always exists (controlled rounding; Causey, Cox & Ernst 1985).
///
/// The largest-remainder method rounds up, in every row, the cells with the largest remainders. Afterwards, some
/// columns may have too many records and others too few. Exchanges then move records from the former to the latter,
/// directly or through a third column, the cheapest first. With r rows and c columns, there are fewer than r · c
/// exchanges, and finding one takes O(r · c³).
///
/// - Returns: the counts, [rows][columns].
func apportion(_ rows: [Int], to columns: [Int]) -> [[Int]] {
  let total = rows.reduce(0, +)
  precondition(columns.reduce(0, +) == total, "\(columns) records of \(total)")
  if total == 0 { return rows.map { _ in columns.map { _ in 0 } } }
  var table = RoundedTable(rows: rows, columns: columns, total: total)
  while let path = table.cheapestPath() {
    for move in path { table.apply(move) }
  }
  return table.counts
}

/// A table whose rows add up and whose columns do so after the exchanges.
private struct RoundedTable {
  private(set) var counts: [[Int]] = []
  /// The remainder of each cell's share after rounding down, [rows][columns], as a multiple of 1 / total.
  private var remainders: [[Int]] = []
  /// Whether each cell is rounded up, [rows][columns].
  private var isUp: [[Bool]] = []
  /// The number of records by which each column exceeds its total.
  private var surplus: [Int]

  /// An exchange within a row: the cell in column `from` is rounded down, the cell in column `to` is rounded up.
  struct Move {
    let row: Int
    let from: Int
    let to: Int
    let cost: Int
  }

  init(rows: [Int], columns: [Int], total: Int) {
    surplus = columns.map { -$0 }
    for row in rows {
      // The product is computed at full width: only memory bounds the counts.
      let shares = columns.map { total.dividingFullWidth(row.multipliedFullWidth(by: $0)) }
      var rowCounts = shares.map(\.quotient)
      let rowRemainders = shares.map(\.remainder)
      var rowIsUp = columns.map { _ in false }
      let missing = row - rowCounts.reduce(0, +)
      let order = columns.indices.sorted { (rowRemainders[$1], $0) < (rowRemainders[$0], $1) }
      for column in order.prefix(missing) {
        rowCounts[column] += 1
        rowIsUp[column] = true
      }
      for column in columns.indices { surplus[column] += rowCounts[column] }
      counts.append(rowCounts)
      remainders.append(rowRemainders)
      isUp.append(rowIsUp)
    }
  }

  mutating func apply(_ move: Move) {
    for (column, change) in [(move.from, -1), (move.to, 1)] {
      counts[move.row][column] += change
      surplus[column] += change
      isUp[move.row][column] = change > 0
    }
  }

  /// Returns the cheapest moves from a column with too many records to a column with too few, or `nil` if all columns
  /// add up. With three columns, a path has at most two moves. They are in different rows, because the first needs a
  /// cell of the middle column that is rounded down, the second one that is rounded up.
  func cheapestPath() -> [Move]? {
    var best: (moves: [Move], cost: Int)?
    for from in surplus.indices where surplus[from] > 0 {
      for to in surplus.indices where surplus[to] < 0 {
        var paths = [[cheapestMove(from, to)]]
        for middle in surplus.indices where middle != from && middle != to {
          paths.append([cheapestMove(from, middle), cheapestMove(middle, to)])
        }
        for path in paths {
          let moves = path.compactMap(\.self)
          let cost = moves.reduce(0) { $0 + $1.cost }
          if moves.count == path.count, cost < best?.cost ?? .max { best = (moves, cost) }
        }
      }
    }
    precondition(best != nil || surplus.allSatisfy { $0 == 0 }, "no table adds up")
    return best?.moves
  }

  /// Returns the cheapest move between two columns, in the first of the rows with the lowest cost; `nil` if no row
  /// allows the move.
  private func cheapestMove(_ from: Int, _ to: Int) -> Move? {
    var best: Move?
    for row in counts.indices where isUp[row][from] && !isUp[row][to] && remainders[row][to] > 0 {
      let cost = remainders[row][from] - remainders[row][to]
      if cost < best?.cost ?? .max { best = Move(row: row, from: from, to: to, cost: cost) }
    }
    return best
  }
}
