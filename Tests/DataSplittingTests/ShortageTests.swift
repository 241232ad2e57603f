// Remarks on classes of which a part of a split has no records or few.
import MemoryStreams
import TensorStream
import Testing

@testable import DataSplitting

@Suite struct ShortageTests {
  /// The remarks on a split of images whose classes have these numbers of records.
  private func remarks(
    _ counts: [Int], classes: [String]?, into parts: [Part] = [.training, .validation],
    method: SplitRule.Method = .stratified, validation: Share = .fraction(0.25), hasLabels: Bool = true
  ) throws -> [String] {
    var batch = RecordBatch(
      format: RecordFormat(
        content: .image(ImageShape(height: 1, width: 2, channels: 1)), hasLabels: hasLabels, hasNames: false))
    for (label, count) in counts.enumerated() {
      for number in 0..<count {
        batch.images += [UInt8(label), UInt8(number)]
        if hasLabels { batch.labels.append(UInt8(label)) }
        batch.count += 1
      }
    }
    let sink = MemorySink()
    let writer = TensorStreamWriter(sink, format: batch.format)
    try writer.append(batch)
    try writer.finish(classes: classes, history: [])
    let sinks = Dictionary(uniqueKeysWithValues: parts.map { ($0, MemorySink()) })
    return try split(
      TensorStreamReader(MemorySource(sink.bytes)),
      by: SplitRule(method: method, validation: .share(validation), seed: 5), into: sinks, commandLine: "x"
    ).remarks
  }

  @Test func missingAndRareClassesAreNamed() throws {
    #expect(
      try remarks([100, 20, 1], classes: ["ant", "b\u{1b}ee", "cat"]) == [
        "the training part has fewer than 10 of 'cat' (1)",
        "the validation part has no record of 'cat', and fewer than 10 of 'b\\x1bee' (5)",
      ])
    #expect(
      try remarks([40, 36], classes: nil) == ["the validation part has fewer than 10 of class 1 (9)"])
  }

  @Test func ofManyClassesThreeAreNamed() throws {
    var tally = SplitTally(written: [true, true, false])
    tally.classes = "abcdefgh".map(String.init)
    tally.add([0, 1, 2, 3, 4, 6, 7], to: .training)
    tally.add([7, 7] + [UInt8](repeating: 5, count: 30), to: .validation)
    #expect(
      tally.remarks == [
        "the training part has no record of 'f', and fewer than 10 of 'a' (1), 'b' (1), 'c' (1) and 4 more",
        "the validation part has no record of 'a', 'b', 'c' and 3 more, and fewer than 10 of 'h' (2)",
      ])
    #expect(
      try remarks([60, 8, 8], classes: nil).last
        == "the validation part has fewer than 10 of class 1 (2) and class 2 (2)")
  }

  @Test func enoughRecordsGiveNoRemark() throws {
    #expect(try remarks([40, 40], classes: ["ant", "bee"]) == [])
    // A class that has a name but no record in the input is not the split's fault.
    #expect(try remarks([40, 40], classes: ["ant", "bee", "cat"]) == [])
  }

  @Test(arguments: SplitRule.Method.allCases)
  func droppedOrEmptyPartsAndRecordsWithoutLabelsGiveNoRemarks(_ method: SplitRule.Method) throws {
    #expect(try remarks([200, 2], classes: nil, into: [.test], method: method) == [])
    if method != .stratified {
      #expect(try remarks([40, 2], classes: nil, method: method, hasLabels: false) == [])
    }
    let dropped = try remarks([200, 2], classes: nil, into: [.training], method: method)
    #expect(dropped.count == 1 && dropped[0].hasPrefix("the training part has "), "\(dropped)")
  }
}
