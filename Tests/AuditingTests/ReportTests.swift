// The findings of each kind, and how they are written.
import ByteIO
import JSON
import RandomNumbers
import TensorStream
import Testing

@testable import Auditing

@Suite struct ReportTests {
  /// An image far from those of other values. With a `change`, one of its 16 pixels differs by that much.
  private static func image(_ value: UInt8, change: UInt8 = 0) -> [UInt8] {
    var random = SplitMix64(seed: UInt64(value))
    var image = (0..<16).map { _ in UInt8(random.next(below: 200)) }
    image[5] = image[5] &+ change
    return image
  }

  private static let header = [
    "kind", "stream", "record", "truth", "class", "other_stream", "other_record", "distance", "bits", "count",
    "score",
  ]

  /// Two streams with findings of most kinds.
  private static let streams = [
    ImageStream(
      name: "train",
      images: [image(1), image(2), image(1), image(3), image(1), [UInt8](repeating: 9, count: 16)],
      labels: [0, 1, 0, 1, 2, 2], classes: ["a", "b", "c", "d"]),
    ImageStream(
      name: "test", images: [image(4), image(2), image(2), image(3, change: 8), image(4, change: 12)],
      labels: [0, 0, 1, 1, 1], classes: ["a", "b", "c", "d"]),
  ]

  @Test(arguments: [Rereading.files, .kept], [1, 3])
  func everyKindHasItsRows(_ rereading: Rereading, _ jobs: Int) throws {
    let report = try report(Self.streams, smallClass: 2, jobs: jobs, rereading: rereading)
    // A difference of 8 or 12 in one of 16 pixels is a distance of 2 or 3.
    #expect(
      try rows(report) == [
        Self.header,
        ["contradiction", "train", "4", "c", "a", "train", "0", "0.000", "0", "3", ""],
        ["contradiction", "test", "1", "a", "b", "train", "1", "0.000", "0", "3", ""],
        ["leak", "test", "1", "a", "b", "train", "1", "0.000", "0", "3", ""],
        ["leak", "test", "2", "b", "b", "train", "1", "0.000", "0", "3", ""],
        ["near-contradiction", "test", "4", "b", "a", "test", "0", "3.000", bits(4, 12), "", ""],
        ["near-leak", "test", "3", "b", "b", "train", "3", "2.000", bits(3, 8), "", ""],
        ["duplicate", "train", "2", "a", "a", "train", "0", "0.000", "0", "3", ""],
        ["duplicate", "train", "4", "c", "a", "train", "0", "0.000", "0", "3", ""],
        ["duplicate", "test", "2", "b", "a", "test", "1", "0.000", "0", "3", ""],
        ["near-duplicate", "test", "4", "b", "a", "test", "0", "3.000", bits(4, 12), "", ""],
        ["blank", "train", "5", "c", "", "", "", "", "", "", ""],
        ["missing-class", "train", "", "d", "", "", "", "", "", "0", ""],
        ["missing-class", "test", "", "c", "", "", "", "", "", "0", ""],
        ["missing-class", "test", "", "d", "", "", "", "", "", "0", ""],
      ])
    #expect(report.count(.suspect) == nil)
    #expect(report.imbalance == 1.5)
    #expect(
      report.streamLines == [
        "train: 6 records, 3 classes of 2", "test: 5 records, 2 classes of 2 to 3",
      ])
    #expect(report.countLines.first == "  contradiction       2")
    #expect(report.countLines.count == 9)
  }

  private func bits(_ value: UInt8, _ change: UInt8) -> String {
    let shape = ImageShape(height: 4, width: 4, channels: 1)
    let one = fingerprint(Self.image(value), shape).0.hash
    return "\((one ^ fingerprint(Self.image(value, change: change), shape).0.hash).nonzeroBitCount)"
  }

  @Test func theTableOfOneStreamOmitsTheColumnsOfOthers() throws {
    var streams = Self.streams
    streams[1].labels = nil
    streams[1].names = ["w", "x", "y", "z", "tab\t"]
    let report = try report(streams, kinds: [.leak, .duplicate, .nearDuplicate])
    #expect(
      try rows(report, stream: 0) == [
        ["kind", "stream", "record", "truth", "class", "other_stream", "other_record", "other_name"]
          + ["distance", "bits", "count", "score"],
        ["duplicate", "train", "2", "a", "a", "train", "0", "", "0.000", "0", "3", ""],
        ["duplicate", "train", "4", "c", "a", "train", "0", "", "0.000", "0", "3", ""],
      ])
    let test = try rows(report, stream: 1)
    #expect(test[0].prefix(6) == ["kind", "stream", "record", "name", "class", "other_stream"])
    #expect(test[1] == ["leak", "test", "1", "x", "b", "train", "1", "", "0.000", "0", "3", ""])
    #expect(test.last?.prefix(4) == ["near-duplicate", "test", "4", #"tab\t"#])
  }

  @Test func theNearestOfSeveralIsReported() throws {
    let images = [0, 20, 8, 4].map { Self.image(1, change: $0) }
    let report = try report([ImageStream(images: images)], kinds: [.nearDuplicate])
    let found = try rows(report).dropFirst().map { Array($0[2...6]) }
    #expect(
      found.map { [$0[0], $0[3], $0[4]] } == [
        ["3", "0", "1.000"], ["2", "0", "2.000"], ["1", "0", "5.000"],
      ])
  }

  @Test func limitsDecideWhatIsNear() throws {
    let images = [0, 40].map { Self.image(1, change: $0) }
    let stream = ImageStream(images: images)
    #expect(try report([stream], distance: 10).count(.nearDuplicate) == 1)
    #expect(try report([stream], distance: 9.99).count(.nearDuplicate) == 0)
    let far = ImageStream(images: [Self.image(1), Self.image(2)])
    #expect(try report([far], bits: 64, distance: 255).count(.nearDuplicate) == 1)
    #expect(try report([far], bits: 0, distance: 255).count(.nearDuplicate) == 0)
  }

  @Test func classesWithoutNamesExtendToTheLargestLabel() throws {
    let streams = [
      ImageStream(name: "a", images: [Self.image(1), Self.image(2)], labels: [0, 3]),
      ImageStream(name: "b", images: [Self.image(3)], labels: [1]),
    ]
    let report = try report(streams, kinds: [.missingClass, .smallClass], smallClass: 2)
    #expect(
      try rows(report).dropFirst().map { "\($0[0]) \($0[1]) \($0[3]) \($0[9])" } == [
        "missing-class a 1 0", "missing-class a 2 0", "missing-class b 0 0", "missing-class b 2 0",
        "missing-class b 3 0", "small-class a 0 1", "small-class a 3 1", "small-class b 1 1",
      ])
  }

  @Test func theSummaryAsJSONHasCountsAndGates() throws {
    let report = try report(Self.streams, kinds: [.leak, .blank])
    let gate = try AuditGate(parsing: "leak=1").result(report)
    // The keys are sorted.
    let classes = #"[{"name":"a","records":2},{"name":"b","records":"#
    #expect(
      report.json([gate]).compactText()
        == #"{"findings":{"blank":1,"leak":2},"gates":[{"kind":"leak","limit":1.0,"passed":false,"value":2.0}],"#
        + #""imbalance":1.5,"streams":[{"classes":"# + classes + #"2},{"name":"c","records":2},"#
        + #"{"name":"d","records":0}],"name":"train","records":6},{"classes":"# + classes
        + #"3},{"name":"c","records":0},{"name":"d","records":0}],"name":"test","records":5}]}"#)
  }

  // MARK: Streams that do not fit together

  @Test func streamsOfDifferentShapesAreRefused() throws {
    var other = Self.streams[1]
    other.shape = ImageShape(height: 2, width: 8, channels: 1)
    #expect(
      throws: AuditError.otherShape(
        name: "test", found: other.shape, first: "train", wanted: Self.streams[0].shape)
    ) { try report([Self.streams[0], other]) }
  }

  @Test func streamsOfDifferentClassesAreRefused() throws {
    var other = Self.streams[1]
    other.classes = ["a", "b", "d", "c"]
    #expect(
      throws: AuditError.otherClasses(
        name: "test", ClassDifference(found: other.classes!, wanted: Self.streams[0].classes!), first: "train"
      )
    ) { try report([Self.streams[0], other]) }
    // A stream without class names may come before or after one with names, if these cover its labels.
    other.classes = nil
    #expect(try report([other, Self.streams[0]]).streams.count == 2)
    other.labels = [0, 1, 2, 3, 4]
    for streams in [[other, Self.streams[0]], [Self.streams[0], other]] {
      #expect(throws: AuditError.labelWithoutName(name: "test", label: 4, classCount: 4, first: "train")) {
        try report(streams)
      }
    }
  }

  @Test func keptPixelsHaveALimit() throws {
    var settings = AuditSettings(
      kinds: [.nearDuplicate], near: NearLimits(bits: 8, distance: 10), smallClass: 0, rank: .margin)
    settings.keptByteLimit = 6 * 16
    let auditor = Auditor(settings, jobs: 1)
    try auditor.add(try Self.streams[0].reader(), again: nil)
    #expect(throws: AuditError.tooMuchToKeep(name: "test", limit: 96)) {
      try auditor.add(try Self.streams[1].reader(), again: nil)
    }
    // Pixels are kept only if they are needed.
    settings.kinds = [.duplicate]
    let other = Auditor(settings, jobs: 1)
    for stream in Self.streams { try other.add(try stream.reader(), again: nil) }
    #expect(try other.report().count(.duplicate) == 3)
  }
}
