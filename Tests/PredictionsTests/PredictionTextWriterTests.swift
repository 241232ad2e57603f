import MemoryStreams
import TensorStream
import Testing

@testable import Predictions

@Suite struct PredictionTextWriterTests {
  let three = batch([[0.25, 0.625, 0.125], [1, 0, 0]], labels: [1, 2], names: ["x.png", "a\tb,\"c\""])
  let classes = ["Coat", "Bag", "Ankle boot"]

  @Test func tabSeparatedRowsHaveAHeaderAndFields() throws {
    let expected = """
      name\ttruth\tclass\tprobability
      x.png\tBag\tBag\t0.625
      a\\tb,"c"\tAnkle boot\tCoat\t1.0

      """
    #expect(try written(three, .tsv, classes: classes) == expected)
  }

  @Test func commaSeparatedFieldsAreQuotedIfNecessary() throws {
    let expected = """
      name,truth,class,probability
      x.png,Bag,Bag,0.625
      "a\\tb,""c""\",Ankle boot,Coat,1.0

      """
    #expect(try written(three, .csv, classes: classes) == expected)
  }

  @Test func jsonLinesKeepTheOrderOfKeys() throws {
    let expected = #"""
      {"name":"x.png","truth":"Bag","class":"Bag","probability":0.625}
      {"name":"a\\tb,\"c\"","truth":"Ankle boot","class":"Coat","probability":1.0}

      """#
    #expect(try written(three, .jsonl, classes: classes) == expected)
  }

  @Test func recordsWithoutNamesAreNumberedFromZeroAcrossBatches() throws {
    let sink = MemorySink()
    let part = batch([[0.5, 0.5], [0.25, 0.75]])
    let writer = try PredictionTextWriter(sink, format: .tsv, records: part.format, classes: nil)
    try writer.write(part)
    try writer.write(part)
    try writer.finish()
    #expect(sink.text == "record\tclass\tprobability\n0\t0\t0.5\n1\t1\t0.75\n2\t0\t0.5\n3\t1\t0.75\n")
    #expect(sink.writeCount == 2)
  }

  @Test func theHeaderIsWrittenEvenWithoutRows() throws {
    let sink = MemorySink()
    let writer = try PredictionTextWriter(sink, format: .csv, records: three.format, classes: classes)
    try writer.finish()
    #expect(sink.text == "name,truth,class,probability\n")
  }

  @Test func runnersUpAreSortedByProbabilityThenByIndex() throws {
    let tied = batch([[0.125, 0.25, 0.25, 0.25, 0.125]])
    let text = try written(tied, .csv) { $0.top = 5 }
    #expect(text.hasSuffix("\n0,1,0.25,2,0.25,3,0.25,0,0.125,4,0.125\n"))
    #expect(text.hasPrefix("record,class,probability,class2,probability2,class3,"))
    #expect(try written(tied, .csv) { $0.top = 2 }.hasSuffix("\n0,1,0.25,2,0.25\n"))
  }

  @Test func probabilitiesOfAllClassesAreColumnsOrOneObject() throws {
    let one = batch([[0.75, 0.25]])
    #expect(
      try written(one, .csv, classes: ["a,b", "c"]) { $0.showsProbabilities = true }
        == "record,class,probability,\"p:a,b\",p:c\n0,\"a,b\",0.75,0.75,0.25\n")
    #expect(
      try written(one, .jsonl, classes: ["a", "c"]) { $0.showsProbabilities = true }
        == #"{"record":0,"class":"a","probability":0.75,"probabilities":{"a":0.75,"c":0.25}}"# + "\n")
  }

  @Test func indicesAreNumbersInJSON() throws {
    let text = try written(three, .jsonl, classes: classes) {
      $0.labels = .index
      $0.showsProbabilities = true
    }
    #expect(text.hasPrefix(#"{"name":"x.png","truth":1,"class":1,"#))
    #expect(text.contains(#""probabilities":{"0":0.25,"1":0.625,"2":0.125}}"#))
  }

  @Test func classesBelowTheMinimumAreLeftEmpty() throws {
    let low = batch([[0.5, 0.5], [0.25, 0.75]])
    let change: (inout PredictionTextOptions) -> Void = { $0.minimumProbability = 0.75 }
    #expect(try written(low, .tsv, change) == "record\tclass\tprobability\n0\t\t0.5\n1\t1\t0.75\n")
    #expect(
      try written(low, .jsonl, change)
        == #"{"record":0,"class":null,"probability":0.5}"# + "\n"
        + #"{"record":1,"class":1,"probability":0.75}"# + "\n")
  }

  @Test func eachClassCanHaveItsOwnMinimum() throws {
    let low = batch([[0.5, 0.375, 0.125], [0.25, 0.5, 0.25], [0.25, 0.125, 0.625]])
    let change: (inout PredictionTextOptions) -> Void = {
      $0.minimumProbability = 0.25
      $0.minimumProbabilities = [0.625, 0.5, .infinity]
      $0.top = 2
    }
    let expected =
      "record\tclass\tprobability\tclass2\tprobability2\n0\t\t0.5\t\t0.375\n1\t1\t0.5\t\t0.25\n2\t\t0.625\t\t0.25\n"
    #expect(try written(low, .tsv, change) == expected)
    // The higher of the two minimums applies.
    let one = try written(low, .tsv) {
      $0.minimumProbability = 0.5
      $0.minimumProbabilities = [0, 0.625, 0]
    }
    #expect(one == "record\tclass\tprobability\n0\t0\t0.5\n1\t\t0.5\n2\t2\t0.625\n")
  }

  @Test(arguments: [Float.nan, .infinity])
  func valuesThatAreNotFiniteAreRefusedWithTheirRecord(value: Float) {
    let bad = batch([[0.5, 0.5], [0.5, value]])
    #expect(throws: PredictionError.notFinite(record: 1)) { try written(bad, .tsv) }
  }

  @Test func inconsistentArgumentsAreRefused() {
    #expect(throws: PredictionError.labelOutOfRange(record: 0, label: 2, classes: 2)) {
      try written(batch([[0.5, 0.5]], labels: [2]), .tsv)
    }
    #expect(throws: PredictionError.classNameCount(names: 3, classes: 2)) {
      try written(batch([[0.5, 0.5]]), .tsv, classes: classes)
    }
    #expect(throws: PredictionError.topOutOfRange(top: 3, classes: 2)) {
      try written(batch([[0.5, 0.5]]), .tsv) { $0.top = 3 }
    }
    let images = RecordFormat(
      content: .image(ImageShape(height: 1, width: 1, channels: 1)), hasLabels: false, hasNames: false)
    #expect(throws: PredictionError.notPredictions) {
      try PredictionTextWriter(MemorySink(), format: .tsv, records: images, classes: nil)
    }
  }
}
