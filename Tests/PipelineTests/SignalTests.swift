// A command that a signal stops leaves nothing half done, and training keeps what it has reached.
import Foundation
import Testing

@Suite struct SignalTests {
  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.write(SmallStream(SmallImages(count: 2000, classCount: 2)).bytes, to: "data.raw")
    return place
  }

  /// Starts a training run that takes hours unless it is stopped.
  private func startTraining(in place: Workplace, _ more: String...) throws -> ChildProcess {
    try place.start(
      "fm-train",
      [
        "--arch", "linear:8 relu", "--epochs", "1000000", "--validation", "0.2", "--output", "model",
        "data.raw",
      ] + more)
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func trainingKeepsItsBestModelAndExitsWith75(_ signal: Int32) throws {
    let place = try place()
    let child = try startTraining(in: place)
    // Two lines are the heading, so the first two epochs are over.
    #expect(try child.drain { $0.messages.count { $0 == 0x0a } >= 4 })
    child.send(signal: signal)
    let outcome = try child.finish()
    #expect(outcome.ending == .exited(75), "\(outcome.messageText)")
    #expect(outcome.messageLines.last?.hasPrefix("fm-train: ") == true, "\(outcome.messageText)")
    #expect(try place.names == ["data.raw", "model"])
    let prediction = try place.run("fm-predict", "--model", "model", "data.raw")
    #expect(prediction.ending == .exited(0), "\(prediction.messageText)")
    #expect(prediction.text.split(separator: "\n").count == 2001)
  }

  @Test func aLogReaderThatLeavesDoesNotEndTraining() throws {
    let place = try place()
    let child = try startTraining(in: place)
    #expect(try child.drain { $0.messages.count { $0 == 0x0a } >= 4 })
    child.closeMessages()
    // Training continues, and saves its model when it is asked to stop.
    child.send(signal: SIGTERM)
    let stopped = try child.finish()
    #expect(stopped.ending == .exited(75))
    let ended = try place.shell(
      """
      fm-train --arch linear:2 --epochs 40 --log /dev/stdout --output other data.raw 2>&1 | head -n 1 > first
      echo ${PIPESTATUS[0]}
      """)
    #expect(ended.text == "0\n", "\(ended.messageText)")
    #expect(try place.names == ["data.raw", "first", "model", "other"])
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func aFilterLeavesNoTemporaryFile(_ signal: Int32) throws {
    let place = try place()
    try place.write(Array("old".utf8), to: "held")
    let before = try place.names
    // Half of the stream, less than a pipe holds: the command waits for the rest.
    let (reader, writer) = try Descriptor.pipe()
    try writer.write(try place.bytes(of: "data.raw").prefix(60_000))
    let child = try place.start(
      "fm-split", ["--by", "hash", "--train", "train", "--held-out", "held"],
      input: .descriptor(reader.number))
    #expect(try child.drain { _ in try place.names.count > before.count })
    child.send(signal: signal)
    // The pipe must stay open until then.
    let ending = try withExtendedLifetime(writer) { try child.finish().ending }
    #expect(ending == .killed(signal: signal))
    #expect(try place.names == before)
    #expect(try place.text(of: "held") == "old")
  }
}
