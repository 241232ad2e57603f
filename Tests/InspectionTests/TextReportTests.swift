// Wrapped words, and tables with bars.

@testable import Inspection
import Testing

@Test(arguments: [
  ("", [""]), ("one", ["one"]), ("one two", ["one two"]), ("one two three", ["one two", "three"]),
  ("onetwothreefour five", ["onetwothreefour", "five"]), ("a  b", ["a  b"]),
])
func wordsAreWrapped(text: String, lines: [String]) {
  #expect(wrapped(text, width: 8) == lines)
}

@Test func barsGrowByEighths() {
  var table = TextTable(columns: [("n", .trailing)])
  table.rows = [["1"], ["22"], ["3"], ["4"]]
  table.bars = [0, 1e-9, 0.5, 1]
  #expect(table.lines(width: 8) == [" n", " 1", "22  ▏", " 3  ██", " 4  ████"])
}

@Test func columnsAreAligned() {
  var table = TextTable(columns: [("name", .leading), ("n", .trailing)])
  table.rows = [["a", "1000"], ["longer", "2"]]
  table.total = ["total", "1002"]
  #expect(
    table.lines(width: 80) == [
      "name       n", "a       1000", "longer     2", "────────────", "total   1002",
    ])
}

@Test func columnsOfWideCharactersAreAligned() {
  var table = TextTable(columns: [("name", .leading), ("n", .trailing)])
  table.rows = [["靴", "1"], ["衣服衣服", "10"]]
  table.bars = [0, 1]
  #expect(table.lines(width: 16) == ["name       n", "靴         1", "衣服衣服  10  ██"])
}
