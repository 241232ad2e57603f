import DataSplitting
import MemoryStreams
import TensorStream
import Testing

private func format(labels: Bool = true) -> RecordFormat {
  RecordFormat(
    content: .image(ImageShape(height: 3, width: 2, channels: 1)), hasLabels: labels, hasNames: true)
}

/// Records that are named by their number. Every image occurs twice, sometimes with different labels.
private func batch(_ count: Int, labels: Bool = true) -> RecordBatch {
  var batch = RecordBatch(format: format(labels: labels))
  batch.count = count
  for record in 0..<count {
    let image = record / 2
    batch.images += [UInt8(image & 0xFF), UInt8(image >> 8), 1, 2, 3, 4]
    if labels { batch.labels.append(UInt8(record % 7 == 0 ? 3 : image % 5)) }
    batch.names.append(Array("\(record)".utf8))
  }
  return batch
}

private func stream(_ batch: RecordBatch, classes: [String]? = ["a", "b", "c", "d", "e"]) throws -> [UInt8] {
  let sink = MemorySink()
  let writer = TensorStreamWriter(sink, format: batch.format)
  try writer.append(batch)
  try writer.finish(classes: classes, history: ["made"])
  return sink.bytes
}

private func read(_ bytes: [UInt8]) throws -> (records: RecordBatch, reader: TensorStreamReader) {
  let reader = try TensorStreamReader(MemorySource(bytes))
  var all = RecordBatch(format: reader.format)
  var batch = RecordBatch(format: reader.format)
  while case let count = try reader.read(into: &batch, limit: 1000), count > 0 {
    all.append(0..<count, of: batch)
  }
  return (all, reader)
}

/// Splits the stream and returns the bytes of each part. With `again`, a second pass reads those bytes.
private func split(
  _ bytes: [UInt8], _ rule: SplitRule, into parts: [Part] = Part.allCases, again second: [UInt8]? = nil
) throws -> [Part: [UInt8]] {
  let sinks = Dictionary(uniqueKeysWithValues: parts.map { ($0, MemorySink()) })
  try DataSplitting.split(
    try TensorStreamReader(MemorySource(bytes)), by: rule, into: sinks, commandLine: "fm-split -",
    again: second.map { second in { try TensorStreamReader(MemorySource(second)) } })
  return sinks.mapValues(\.bytes)
}

@Suite struct DataSplittingTests {
  @Test(arguments: SplitRule.Method.allCases, [2, 11, 3000])
  func partsAreDisjointAndCoverTheWhole(_ method: SplitRule.Method, _ count: Int) throws {
    let whole = batch(count)
    let rule = SplitRule(method: method, validation: .share(.fraction(0.25)), test: .fraction(0.1), seed: 5)
    let parts = try split(try stream(whole), rule)
    var found: [Int: RecordBatch] = [:]
    for bytes in parts.values where bytes.count > 400 {
      let (records, reader) = try read(bytes)
      #expect(reader.classes == ["a", "b", "c", "d", "e"])
      #expect(reader.history == ["made", "fm-split -"])
      let numbers = records.names.map { Int(String(decoding: $0, as: UTF8.self))! }
      #expect(numbers == numbers.sorted())
      for (row, number) in numbers.enumerated() {
        #expect(found[number] == nil)
        var one = RecordBatch(format: records.format)
        one.append(row..<row + 1, of: records)
        found[number] = one
      }
    }
    #expect(found.count == count)
    for (number, record) in found {
      var expected = RecordBatch(format: whole.format)
      expected.append(number..<number + 1, of: whole)
      #expect(record == expected)
    }
  }

  @Test(arguments: [
    SplitRule(), SplitRule(method: .random), SplitRule(validation: .fold(2, of: 3), test: .count(10)),
  ])
  func twoPassesWriteTheSameAsOneInMemory(_ rule: SplitRule) throws {
    let bytes = try stream(batch(2500))
    let inMemory = try split(bytes, rule)
    #expect(try split(bytes, rule, again: bytes) == inMemory)
    #expect(try split(bytes, rule) == inMemory)
  }

  @Test(arguments: SplitRule.Method.allCases)
  func aPartIsTheSameAloneAndWithTheOthers(_ method: SplitRule.Method) throws {
    let bytes = try stream(batch(500))
    let rule = SplitRule(method: method, test: .fraction(0.2))
    let all = try split(bytes, rule)
    for part in Part.allCases { #expect(try split(bytes, rule, into: [part]) == [part: all[part]!]) }
  }

  @Test func requestedCountsAreExact() throws {
    let parts = try split(
      try stream(batch(1000)), SplitRule(validation: .share(.count(123)), test: .fraction(0.0305)))
    #expect(try read(parts[.validation]!).records.count == 123)
    #expect(try read(parts[.test]!).records.count == 31)
    #expect(try read(parts[.training]!).records.count == 846)
  }

  @Test func splittingByHashKeepsDuplicatesTogether() throws {
    let parts = try split(try stream(batch(2000)), SplitRule(method: .hash, test: .fraction(0.3)))
    var partOfImage: [ArraySlice<UInt8>: Part] = [:]
    for (part, bytes) in parts {
      let records = try read(bytes).records
      #expect(records.count > 200)
      for row in 0..<records.count {
        let image = records.images[row * 6..<(row + 1) * 6]
        #expect(partOfImage[image] ?? part == part)
        partOfImage[image] = part
      }
    }
    #expect(partOfImage.count == 1000)
  }

  @Test func recordsWithoutLabelsCannotBeStratified() throws {
    let bytes = try stream(batch(10, labels: false), classes: nil)
    let error = #expect(throws: SplitError.self) { try split(bytes, SplitRule()) }
    #expect(error == .noLabels(name: "stdin"))
    for method in [SplitRule.Method.random, .hash] {
      #expect(throws: Never.self) { try split(bytes, SplitRule(method: method)) }
    }
  }

  @Test(arguments: SplitRule.Method.allCases)
  func predictionsAreRefused(_ method: SplitRule.Method) throws {
    var batch = RecordBatch(
      format: RecordFormat(content: .prediction(classCount: 2), hasLabels: true, hasNames: false))
    batch.count = 1
    batch.labels = [0]
    batch.predicted = [1]
    batch.probabilities = [0.25, 0.75]
    let bytes = try stream(batch, classes: nil)
    let error = #expect(throws: SplitError.self) { try split(bytes, SplitRule(method: method)) }
    #expect(error?.description == "stdin: expected images, found predictions of 2 classes with labels")
  }

  @Test(arguments: SplitRule.Method.allCases)
  func noEndIsWrittenForTruncatedInput(_ method: SplitRule.Method) throws {
    let bytes = Array(try stream(batch(3000)).dropLast())
    let sink = MemorySink()
    #expect(throws: StreamError.self) {
      try DataSplitting.split(
        try TensorStreamReader(MemorySource(bytes)), by: SplitRule(method: method), into: [.training: sink],
        commandLine: "")
    }
    #expect(throws: (any Error).self) { try read(sink.bytes) }
  }

  @Test func aFileThatChangesBetweenThePassesIsNoticed() throws {
    let bytes = try stream(batch(100))
    var other = batch(100)
    other.labels[50] = (other.labels[50] + 1) % 5
    let changed = [
      try stream(batch(99)), try stream(batch(101)), try stream(other), try stream(batch(100), classes: nil),
      try stream(batch(100, labels: false)),
    ]
    for second in changed {
      #expect(throws: SplitError.inputChanged(name: "stdin")) { try split(bytes, SplitRule(), again: second) }
    }
  }
}
