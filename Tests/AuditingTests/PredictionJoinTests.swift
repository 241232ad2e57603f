// Predictions are joined with their records in any order, or refused.
import ByteIO
import MemoryStreams
import Predictions
import TensorStream
import Testing

@testable import Auditing

@Suite struct PredictionJoinTests {
  private static let images = (0..<4).map { number in (0..<16).map { UInt8($0 * number % 251) } }
  private static let stream = ImageStream(
    images: images, labels: [0, 1, 1, 0], names: ["w", "x", "y\t", "z"], classes: ["cat", "dog"])

  private func join(_ text: String, _ stream: ImageStream = stream) throws -> RecordPredictions {
    var records = AuditedRecords(stream.shape)
    let reader = try stream.reader()
    records.begin(stream.name, reader.format)
    var batch = RecordBatch(format: reader.format)
    while try reader.read(into: &batch, limit: 10) > 0 {
      let prints = stream.images.map { fingerprint($0, stream.shape) }
      records.append(batch, prints.map(\.0), thumbnails: prints.flatMap(\.thumbnail))
    }
    try records.end(classes: reader.classes)
    return try RecordPredictions(MemorySource(text, name: "p.tsv"), of: 0, records)
  }

  private static let inOrder: [Float] = [0.75, 0.25, 0.5, 0.5, 0.125, 0.875, 1, 0]

  @Test func namesIdentifyTheRecordsInAnyOrder() throws {
    let rows = [
      "w\tcat\tcat\t0.25\t0.75", "x\tdog\tcat\t0.5\t0.5", "y\\t\tdog\tdog\t0.875\t0.125", "z\tcat\tcat\t0\t1",
    ]
    for order in [[0, 1, 2, 3], [2, 0, 3, 1], [0, 3, 1, 2]] {
      // The columns of probabilities are in a different order from the stream's classes, too.
      let text = "name\ttruth\tclass\tp:dog\tp:cat\n" + order.map { rows[$0] + "\n" }.joined()
      #expect(try join(text).probabilities == Self.inOrder)
    }
  }

  @Test func withoutNamesTheColumnRecordOrTheOrderIsUsed() throws {
    var stream = Self.stream
    stream.names = nil
    let rows = ["0.75\t0.25", "0.5\t0.5", "0.125\t0.875", "1\t0"]
    let inOrder = "class\tp:cat\tp:dog\n" + rows.map { "cat\t\($0)\n" }.joined()
    // The class must be among the likeliest only if its probability is given.
    #expect(try join(inOrder, stream).probabilities == Self.inOrder)
    let numbered =
      "record\tclass\tp:cat\tp:dog\n" + [3, 0, 2, 1].map { "\($0)\tcat\t\(rows[$0])\n" }.joined()
    #expect(try join(numbered, stream).probabilities == Self.inOrder)
  }

  @Test func repeatedNamesAreAcceptedInTheOrderOfTheStream() throws {
    var stream = Self.stream
    stream.names = ["a", "a", "b", "c"]
    let head = "name\tclass\tp:cat\tp:dog\n"
    let text = head + "a\tcat\t1\t0\na\tcat\t0\t1\nb\tcat\t1\t0\nc\tcat\t0\t1\n"
    #expect(try join(text, stream).probabilities == [1, 0, 0, 1, 1, 0, 0, 1])
    #expect(throws: AuditError.ambiguousName(name: "p.tsv", stream: "a.raw", record: "'a'")) {
      try join(head + "b\tcat\t1\t0\na\tcat\t1\t0\na\tcat\t0\t1\nc\tcat\t0\t1\n", stream)
    }
  }

  @Test func classesWithoutNamesAreNumbered() throws {
    var stream = Self.stream
    stream.classes = nil
    let text =
      "name\tclass\tp:1\tp:0\tp:2\nw\t0\t1\t0\t0\nx\t1\t0\t0.5\t0.5\ny\\t\t1\t0\t0\t1\nz\t2\t0\t1\t0\n"
    let predictions = try join(text, stream)
    #expect(predictions.classCount == 3)
    #expect(predictions.probabilities == [0, 1, 0, 0.5, 0, 0.5, 0, 0, 1, 1, 0, 0])
  }

  private static let place = RowPlace(name: "p.tsv", row: .line(3))

  @Test(
    arguments: [
      ("name\tclass\tprobability\nw\tcat\t1\n", .noProbabilities(name: "p.tsv")),
      (
        "class\tp:cat\tp:dog\ncat\t1\t0\n", .otherCount(name: "p.tsv", rows: 1, stream: "a.raw", records: 4)
      ),
      (
        "class\tp:cat\tp:dog\n" + String(repeating: "cat\t1\t0\n", count: 6),
        .otherCount(name: "p.tsv", rows: 6, stream: "a.raw", records: 4)
      ),
      (
        "name\tclass\tp:cat\tp:dog\nw\tcat\t1\t0\nv\tcat\t1\t0\n",
        .unknownRecord(place, record: "'v'", stream: "a.raw")
      ),
      (
        "name\tclass\tp:cat\tp:dog\nx\tcat\t1\t0\nx\tcat\t1\t0\n", .recordTwice(place, record: "'x'")
      ),
      (
        "record\tclass\tp:cat\tp:dog\n1\tcat\t1\t0\n4\tcat\t1\t0\n",
        .unknownRecord(place, record: "record 4", stream: "a.raw")
      ),
      ("record\tclass\tp:cat\tp:dog\n1\tcat\t1\t0\nx\tcat\t1\t0\n", .noNumber(place)),
      (
        "truth\tclass\tp:cat\tp:dog\ncat\tcat\t1\t0\ncat\tcat\t1\t0\ndog\tcat\t1\t0\ncat\tcat\t1\t0\n",
        .otherTruth(place, record: "record 1", truth: "cat", label: "dog", stream: "a.raw")
      ),
      (
        "class\tp:cat\tp:cow\n" + String(repeating: "cat\t1\t0\n", count: 4),
        .otherPredictedClasses(
          name: "p.tsv", ClassDifference(found: ["cat", "cow"], wanted: ["cat", "dog"]), stream: "a.raw")
      ),
      (
        "class\tp:cat\tp:dog\tp:cow\n" + String(repeating: "cat\t1\t0\t0\n", count: 4),
        .otherPredictedClasses(
          name: "p.tsv", ClassDifference(found: ["cat", "dog", "cow"], wanted: ["cat", "dog"]),
          stream: "a.raw")
      ),
      (
        "name\tclass\tp:cat\tp:dog\terror\nw\tcat\t1\t0\t\nx\t\t\t\tno such file\n", .unanswered(place)
      ),
    ] as [(String, AuditError)])
  func predictionsOfAnotherStreamAreRefused(_ text: String, _ problem: AuditError) throws {
    #expect(throws: problem) { try join(text) }
    #expect(problem.kind == .badData)
  }

  @Test func classesWithoutNamesMustBeEnoughForTheLabels() throws {
    var stream = Self.stream
    stream.classes = nil
    stream.labels = [0, 1, 2, 0]
    #expect(throws: AuditError.classCountDiffers(name: "p.tsv", classes: 2, stream: "a.raw", labels: 3)) {
      try join("class\tp:0\tp:1\n" + String(repeating: "0\t1\t0\n", count: 4), stream)
    }
    stream.labels = nil
    #expect(throws: AuditError.noLabels(name: "a.raw", predictions: "p.tsv")) {
      try join("class\tp:0\tp:1\n" + String(repeating: "0\t1\t0\n", count: 4), stream)
    }
  }

  @Test func suspectsAreReportedAtTheirRecords() throws {
    var stream = Self.stream
    stream.labels = [0, 1, 0, 0]
    let text =
      "name\tclass\tp:cat\tp:dog\nz\tcat\t1\t0\ny\\t\tdog\t0\t1\nx\tdog\t0\t1\nw\tcat\t1\t0\n"
    let found = try report([stream], predictions: [text], kinds: [.suspect], rank: .selfConfidence)
    #expect(
      try rows(found).dropFirst() == [
        ["suspect", "a.raw", "2", #"y\t"#, "cat", "dog", "", "", "", "", "", "", "0.0"]
      ])
    // In the second of two streams, record numbers start at 0 again.
    var first = stream
    first.name = "first"
    let confident = "name\tclass\tp:cat\tp:dog\nw\tcat\t1\t0\nx\tdog\t0\t1\ny\\t\tcat\t1\t0\nz\tcat\t1\t0\n"
    let both = try report([first, stream], predictions: [confident, text], kinds: [.suspect])
    #expect(try rows(both).dropFirst().map { Array($0.prefix(4)) } == [["suspect", "a.raw", "2", #"y\t"#]])
  }
}
