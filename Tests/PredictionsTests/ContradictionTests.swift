// Rows that contradict themselves, headers that contradict the named columns, and rows in place of a header.
import MemoryStreams
import Testing

@testable import Predictions

@Suite struct ContradictionTests {
  private func problem(_ text: String, titles: String? = nil) -> String? {
    message {
      let titles = try titles.map { try ColumnTitles(parsing: $0).titles }
      let reader = try PredictionReader(MemorySource(text, name: "t"), titles: titles)
      var row = PredictionRow()
      while try reader.next(&row) {}
    }
  }

  @Test(arguments: [
    ("name\tclass\terror\nx\ta\tno such file\n", "t: line 2, column error: found a class and an error"),
    (
      "class\tprobability\tp:a\tp:b\na\t0.3\t0.9\t0.1\n",
      "t: line 2: the class 'a' has the probability 0.3, but 0.9"
    ),
    ("class\tclass2\na\tb\na\ta\n", "t: line 3: the row has the class 'a' twice"),
    ("class\tclass2\tclass3\na\tb\tb\n", "t: line 2: the row has the class 'b' twice"),
    (
      "class\tprobability\tclass2\tprobability2\na\t0.25\tb\t0.5\n",
      "t: line 2, column probability2: probability2 is 0.5, above the 0.25"
    ),
    (
      "class\tlog_probability\tclass2\tlog_probability2\na\t-2\tb\t-1\n",
      "t: line 2, column log_probability2: log_probability2 is -1.0, above the -2.0"
    ),
    (
      #"{"class":"a","error":null}"# + "\n" + #"{"class":"a","error":"gone"}"# + "\n",
      "t: line 2, column error"
    ),
    (
      #"{"class":"a","probability":0.25,"class2":"b","probability2":0.5}"# + "\n",
      "t: line 1, column probability2"
    ),
    (
      #"{"class":"a","probability":0.3,"probabilities":{"a":0.9,"b":0.1}}"# + "\n", "t: line 1: the class 'a'"
    ),
  ])
  func rowsThatContradictThemselvesAreRefused(text: String, beginning: String) {
    let problem = problem(text)
    #expect(problem?.hasPrefix(beginning) == true, "\(problem ?? "nothing")")
  }

  @Test(arguments: [
    // A rounded probability and a class below another, equal probabilities, no second class, and empty errors.
    "class\tprobability\tp:a\tp:b\na\t0.33\t0.3333\t0.6667\n",
    "class\tprobability\tclass2\tprobability2\na\t0.5\tb\t0.5\n",
    "class\tprobability\tclass2\tprobability2\na\t0.5\t\t\n",
    "name\tclass\terror\nx\ta\t\n",
    #"{"class":"a","error":""}"# + "\n",
  ])
  func consistentRowsAreRead(text: String) { #expect(problem(text) == nil) }

  @Test func aHeaderOfTheNamedColumnsIsSkippedInAnySpelling() throws {
    for header in ["truth\tclass", "Truth\tClass", "label\tprediction", "Ground Truth\tPREDICTED"] {
      let text = "\(header)\na\ta\nb\ta\n\(header)\nb\tb\n"
      let reader = try PredictionReader(MemorySource(text), titles: ["truth", "class"])
      var row = PredictionRow()
      while try reader.next(&row) {}
      #expect(reader.rowCount == 3 && reader.classes.names == ["a", "b"], "\(header)")
    }
  }

  @Test(arguments: [
    ("class\ttruth\na\ta\n", "truth,class"), ("Class\tTruth\na\ta\n", "truth,class"),
    ("name\tclass\tprobability\nx\ta\t0.5\n", "truth,class"),
    ("path\tprediction\tlabel\nx\ta\ta\n", "name,truth,class"),
    ("class\tfoo\ttruth\na\tx\ta\n", "truth,-,class"),
  ])
  func aHeaderThatContradictsTheNamedColumnsIsRefused(text: String, columns: String) {
    let problem = problem(text, titles: columns)
    #expect(problem?.hasPrefix("t: line 1: found a header, ") == true, "\(problem ?? "nothing")")
    #expect(problem?.contains("contradicts the columns that were given") == true)
  }

  @Test(arguments: ["image\tphoto\n", "tag\ttag\n", "class\tx\n", "Bag\tlabel\n"])
  func rowsOfOddClassesAreNotTakenForHeaders(row: String) throws {
    let reader = try PredictionReader(MemorySource(row), titles: ["truth", "class"])
    var read = PredictionRow()
    #expect(try reader.next(&read) && reader.rowCount == 1)
  }

  @Test(arguments: [
    "0\tBag\t0.75\t0.0\t0.0\t0.25\n", "a\ta\n", "x,Bag,0.5,0.5,0.0\n", "0\tBag\tBag\t1.0\t1.0\t0.0\n",
  ])
  func aRowInPlaceOfAHeaderIsRecognised(text: String) {
    let problem = problem(text)
    #expect(problem?.hasPrefix("t: line 1: expected a header, found what looks like a row") == true)
  }

  @Test func aRepeatedTitleIsRefused() {
    #expect(problem("class\tclass\na\ta\n") == "t: line 1, column class: the header has this column twice")
  }

  @Test(arguments: ["[{\"class\":1}]\n", "[\n  {\n", "[]\n", "["])
  func aJSONArrayIsRecognised(text: String) {
    #expect(problem(text)?.contains("found a JSON array; write JSON Lines") == true)
  }
}
