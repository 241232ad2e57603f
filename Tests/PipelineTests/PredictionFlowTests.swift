// fm-predict reads, computes and writes at the same time. Only the clock may show it.
import Foundation
import Testing

@Suite struct PredictionFlowTests {
  private static let images = SmallImages(count: 900, classCount: 2)

  /// A folder with a model for images of the size of `images`, and a stream of them.
  private static let prepared = PreparedFolder { try prepare($0, images) }

  private static func prepare(_ place: Workplace, _ images: SmallImages) throws {
    try place.write(SmallStream(images).bytes, to: "data.raw")
    let training = try place.start(
      trainLine[0], trainLine.dropFirst() + ["--validation", "0", "--output", "model", "data.raw"]
    ).finish()
    try #require(training.ending == .exited(0), "\(training.messageText)")
  }

  /// Each piece is answered while the sender waits: single records, whole batches, and more.
  @Test(arguments: [1, 2, 3], [1, 3, 256])
  func everyQuestionIsAnsweredBeforeTheNext(_ jobs: Int, _ batchSize: Int) throws {
    let place = try Self.prepared.copy()
    let stream = SmallStream(Self.images)
    let recordByteCount = stream.records[0].count
    let headerByteCount = stream.chunk.count - stream.records.count * recordByteCount
    let (reader, writer) = try Descriptor.pipe()
    let child = try place.start(
      "fm-predict", ["--model", "model", "--jobs", "\(jobs)", "--batch-size", "\(batchSize)"],
      input: .descriptor(reader.number))

    var pending = stream.bytes[...]
    func send(_ byteCount: Int) throws {
      try writer.write(pending.prefix(byteCount))
      pending = pending.dropFirst(byteCount)
    }
    try send(headerByteCount)
    var count = 0
    for piece in [1, 1, batchSize, 2, 2 * batchSize, 1] {
      // Whole records, which are answered, and the beginning of the next, which follows.
      try send(piece * recordByteCount + 10)
      count += piece
      #expect(try child.drain { $0.output.count { $0 == 0x0a } >= count + 1 }, "\(count) records")
      #expect(child.output.count { $0 == 0x0a } == count + 1)
      try send(recordByteCount - 10)
      count += 1
      #expect(try child.drain { $0.output.count { $0 == 0x0a } >= count + 1 }, "\(count) records")
    }
    #if os(Linux)
      // --jobs 1 means one thread in all; otherwise one thread more reads and another writes.
      #expect(child.threadCount == (jobs == 1 ? 1 : jobs + 2))
    #endif
    child.send(signal: SIGTERM)
    #expect(try withExtendedLifetime(writer) { try child.finish().ending } == .killed(signal: SIGTERM))
  }

  /// The records before the damage are predicted, then the damage is reported, identically for any number of threads.
  @Test(arguments: ["truncated", "label", "sum", "behind", "none"])
  func damageIsReportedAfterThePredictionsBeforeIt(_ damage: String) throws {
    let place = try Self.prepared.copy()
    let whole = try place.run("fm-predict", "--model", "model", "--probabilities", "data.raw")
    var stream = SmallStream(Self.images)
    let recordByteCount = stream.records[0].count
    let headerByteCount = stream.chunk.count - stream.records.count * recordByteCount
    var bytes = stream.bytes
    var rowCount = stream.records.count
    switch damage {
    case "truncated":
      rowCount = 700
      bytes = Array(bytes[..<(headerByteCount + 700 * recordByteCount + 30)])
    case "label":
      rowCount = 500
      stream.records[500][recordByteCount - 1] = 2
      stream.records[800][recordByteCount - 1] = 3
      bytes = stream.bytes
    case "sum":
      // Changes the last record's label to the other class.
      bytes[headerByteCount + 900 * recordByteCount - 1] ^= 1
      rowCount = 899
    case "behind": bytes.append(0)
    default: break
    }
    try place.write(bytes, to: "damaged.raw")

    var messages: Set<String> = []
    for jobs in ["1", "2", "3", "7"] {
      for batchSize in ["1", "100", "1000"] {
        let line = ["--model", "model", "--probabilities", "--jobs", jobs, "--batch-size", batchSize]
        for input in [ProcessInput.bytes(bytes), .file("damaged.raw")] {
          let outcome = try place.start("fm-predict", line, input: input).finish()
          #expect(outcome.ending == .exited(damage == "none" ? 0 : 65), "\(outcome.messageText)")
          messages.insert(outcome.messageText)
          let rows = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
          let wanted = whole.text.split(separator: "\n", omittingEmptySubsequences: false)
          #expect(
            rows.prefix(rowCount + 1) == wanted.prefix(rowCount + 1), "\(jobs) jobs, \(batchSize) a batch")
          // A table that could not be finished has one more line, which says so.
          let lineCount = damage == "sum" ? wanted.count : rowCount + 2
          #expect(rows.count == (damage == "none" ? lineCount : lineCount + 1))
          let failure = "#failed\t" + outcome.messageText.dropLast()
          #expect(damage == "none" || rows.dropLast().last == failure[...], "\(failure)")
        }
      }
    }
    #expect(messages.count == 1, "\(messages)")
    #expect(messages.first?.isEmpty == (damage == "none"))
  }

  #if os(Linux)
    /// 20 MB of records go through a process that grows by far less.
    @Test(arguments: [1, 2])
    func memoryDoesNotGrowWithTheNumberOfRecords(_ jobs: Int) throws {
      let images = SmallImages(count: 1000, classCount: 2, height: 28, width: 28)
      let place = try Workplace()
      try Self.prepare(place, images)
      let segment = try place.bytes(of: "data.raw")
      let child = try place.start(
        "fm-predict", ["--model", "model", "--jobs", "\(jobs)"],
        input: .bytes(Array(repeatElement(segment, count: 25).joined())))
      var peak = 0
      func notePeak(_ child: ChildProcess) { peak = max(peak, child.peakMemory ?? 0) }
      // A row has at least ten bytes.
      #expect(
        try child.drain {
          notePeak($0)
          return $0.output.count > 20_000
        })
      let early = peak
      #expect(early > 0)
      let outcome = try child.finish(watching: notePeak)
      #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
      #expect(outcome.text.split(separator: "\n").count == 25_001)
      #expect(peak - early < 6 << 20, "from \(early) to \(peak) bytes")
    }
  #endif
}
