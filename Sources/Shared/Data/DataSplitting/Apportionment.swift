// Dividing several classes at once so that all totals come out exactly.

/// Divides rows of records (classes) among columns (parts) in proportion to the columns' totals, which add up to all
/// records: every cell is its exact share rounded down or up, and rows and columns add up exactly. Such a table always
/// exists (controlled rounding; Causey, Cox & Ernst 1985).
///
/// The method is that of the largest remainder: every row rounds up the cells with the largest remainders. That leaves
/// some columns too full, and others not full enough; then cells are exchanged, always those that cost the least, from
/// the former to the latter, if need be through a third column.
///
/// - Returns: counts, [rows][columns].
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

/// A table whose rows add up, on its way to columns that do.
private struct RoundedTable {
  private(set) var counts: [[Int]] = []
  /// What rounding down left of each cell's share, in parts of the total.
  private var remainders: [[Int]] = []
  /// Whether a cell was rounded up.
  private var isUp: [[Bool]] = []
  /// How many records each column has beyond its total.
  private var surplus: [Int]

  /// Rounds a row's cell of one column down and that of another up.
  struct Move {
    let row: Int
    let from: Int
    let to: Int
    let cost: Int
  }

  init(rows: [Int], columns: [Int], total: Int) {
    surplus = columns.map { -$0 }
    for row in rows {
      // A full-width product: the counts of records are only bounded by memory.
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

  /// The cheapest moves from a column that is too full to one that is not full enough, `nil` when all columns add up.
  /// With three columns a path has two moves at most; they are in different rows, as the first wants a cell rounded
  /// down that the second wants rounded up.
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

  /// Of rows that cost the same, the first.
  private func cheapestMove(_ from: Int, _ to: Int) -> Move? {
    var best: Move?
    for row in counts.indices where isUp[row][from] && !isUp[row][to] && remainders[row][to] > 0 {
      let cost = remainders[row][from] - remainders[row][to]
      if cost < best?.cost ?? .max { best = Move(row: row, from: from, to: to, cost: cost) }
    }
    return best
  }
}
