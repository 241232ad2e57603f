// Numbers, words and bars.

@testable import Inspection
import Testing

@Test(arguments: [
  (0, "0"), (999, "999"), (1000, "1,000"), (60_000, "60,000"), (1_234_567, "1,234,567"), (-1000, "-1,000"),
  (Int.max, "9,223,372,036,854,775,807"), (Int.min, "-9,223,372,036,854,775,808"),
])
func thousandsAreGrouped(number: Int, text: String) {
  #expect(grouped(number) == text)
}

@Test(
  arguments: [
    (0, 2, "0.00"), (0.005, 2, "0.01"), (0.0049, 2, "0.00"), (-0.5, 1, "-0.5"), (-0.04, 1, "0.0"),
    (99.996, 2, "100.00"), (12.34, 0, "12"), (12.34, 4, "12.3400"), (1e300, 4, "1e+300"),
    (.infinity, 2, "inf"),
    (-.infinity, 2, "-inf"), (.nan, 2, "nan"),
  ] as [(Double, Int, String)])
func decimalsAreRounded(value: Double, digits: Int, text: String) {
  #expect(decimal(value, digits) == text)
}

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
