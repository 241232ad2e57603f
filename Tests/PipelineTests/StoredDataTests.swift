// fm-train --memory and --shuffle: data that stays in its file.
import Foundation
import Testing

@Suite struct StoredDataTests {
  private static let training = [
    "--arch", "conv:2 relu pool linear:6 relu", "--epochs", "3", "--batch-size", "10", "--augment", "flip",
  ]

  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.write(SmallStream(SmallImages(count: 200, classCount: 2)).bytes, to: "data.raw")
    return place
  }

  private func train(_ place: Workplace, _ options: [String]) throws -> Outcome {
    try place.start("fm-train", Self.training + options).finish()
  }

  @Test func theMemoryLimitDoesNotChangeTheModel() throws {
    let place = try place()
    for shuffle in [[], ["--shuffle", "64"]] {
      for (memory, name) in [("1G", "held"), ("1K", "stored")] {
        let outcome = try train(
          place, ["--memory", memory, "--validation", "0.2", "-q", "-o", name, "data.raw"] + shuffle)
        #expect(outcome.ending == .exited(0) && outcome.messages == [], "\(outcome.messageText)")
      }
      #expect(try place.bytes(of: "held") == place.bytes(of: "stored"))
    }
  }

  @Test func aRunResumesWithAnotherMemoryLimit() throws {
    let place = try place()
    var training = Self.training + ["--validation", "data.raw", "data.raw"]
    training[3] = "\(interruptedEpochs)"
    let whole = try place.start("fm-train", training + ["--memory", "1G", "-q", "-o", "whole"]).finish()
    #expect(whole.ending == .exited(0), "\(whole.messageText)")
    let resuming = training + ["--checkpoint", "run", "--resume", "-o", "model"]
    try place.interruptTraining(
      resuming + ["--memory", "1K", "--checkpoint-every", "0"], after: 1, signal: SIGTERM)
    let last = try place.start("fm-train", resuming + ["--memory", "1G"]).finish()
    #expect(last.ending == .exited(0), "\(last.messageText)")
    #expect(try place.bytes(of: "model") == place.bytes(of: "whole"))
  }

  @Test func imagesOnStandardInputStayInTheirFileToo() throws {
    let place = try place()
    for (memory, name) in [("1G", "held"), ("1K", "stored")] {
      let outcome = try place.shell(
        "fm-train \"$@\" --memory \(memory) -o \(name) -q < data.raw", Self.training)
      #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    }
    #expect(try place.bytes(of: "held") == place.bytes(of: "stored"))
  }

  @Test func aPipeWithMoreThanTheLimitIsRefused() throws {
    let place = try place()
    let outcome = try place.shell("cat data.raw | fm-train \"$@\" --memory 1K -o m", Self.training)
    #expect(outcome.ending == .exited(74))
    #expect(
      outcome.messageText
        == "fm-train: stdin: the images take more memory than the 1024 bytes allowed; write the stream to a file, which is"
        + " read as needed, or raise the limit\n")
    #expect(try place.names == ["data.raw"])
  }

  @Test(
    arguments: [
      (["--memory", "lots"], "--memory"), (["--memory", "0"], "--memory"),
      (["--shuffle", "63"], "--shuffle"),
      (["--shuffle", "some"], "--shuffle"), (["--shuffle", "+64"], "--shuffle"),
      (["--shuffle", "64", "--sample", "balanced"], "--shuffle 64: --sample balanced draws single images"),
    ])
  func invalidOptionsAreRefused(_ options: [String], _ message: String) throws {
    let place = try place()
    let outcome = try train(place, options + ["-o", "m", "data.raw"])
    #expect(outcome.ending == .exited(64) && outcome.output == [])
    #expect(outcome.messageText.hasPrefix("fm-train: "), "\(outcome.messageText)")
    #expect(outcome.messageText.contains(message), "\(outcome.messageText)")
    #expect(try place.names == ["data.raw"])
  }
}
