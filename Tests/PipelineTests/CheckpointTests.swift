// Training that is stopped and resumes as if it had not been. Tests/check-resume does this many more times.
import Foundation
import Testing

@Suite struct CheckpointTests {
  private static let training = [
    "--arch", "conv:2 relu pool linear:6 relu dropout:0.2", "--epochs", "12", "--batch-size", "10",
    "--validation", "0.2", "--optimizer", "adamw", "--augment", "flip", "data.raw",
  ]
  private static let checkpointing = ["--checkpoint", "run", "--checkpoint-every", "0"]

  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.write(SmallStream(SmallImages(count: 400, classCount: 2)).bytes, to: "data.raw")
    return place
  }

  private func train(_ place: Workplace, _ more: [String], training: [String] = training) throws -> Outcome {
    try place.start("fm-train", training + more).finish()
  }

  /// The model of an uninterrupted run, with another output name and another number of threads.
  private func wholeModel(_ place: Workplace, training: [String] = training) throws -> [UInt8] {
    let outcome = try train(place, ["-owhole", "--jobs", "3", "-q"], training: training)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    return try place.bytes(of: "whole")
  }

  @Test(arguments: [SIGTERM, SIGINT, SIGKILL])
  func aResumedRunGivesTheModelOfAnUninterruptedRun(_ signal: Int32) throws {
    let place = try place()
    var training = Self.training
    training[3] = "\(interruptedEpochs)"
    let whole = try wholeModel(place, training: training)
    let resuming = ["--output", "model", "--resume", "--log", "log"]
    // If the signal comes before the run begins, there is nothing to save.
    let child = try place.start("fm-train", training + Self.checkpointing + resuming)
    child.send(signal: signal)
    let ending = try child.finish().ending
    #expect(ending == .killed(signal: signal) || ending == .exited(75), "\(ending)")
    // Stop the run before or after its first epoch; a checkpoint is written after every step.
    for epochs in [0, 1, 0, 2] {
      try place.interruptTraining(
        training + Self.checkpointing + resuming, after: epochs, signal: signal)
      if try place.names.contains("run") {
        let info = try place.run("fm-info", "run")
        #expect(info.ending == .exited(0) && info.text.contains("checkpoint (safetensors)"), "\(info)")
      }
    }
    let last = try train(place, ["--checkpoint", "run"] + resuming, training: training)
    #expect(last.ending == .exited(0), "\(last.messageText)")
    #expect(last.messageText.contains("resuming from run: epoch "), "\(last.messageText)")
    #expect(try place.bytes(of: "model") == whole)
    // An epoch may be logged twice, and then the last line counts; none is missing.
    let log = try place.text(of: "log").split(separator: "\n").map { line in
      try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    let epochs = log.filter { $0["event"] as? String == "epoch" }.compactMap { $0["epoch"] as? Int }
    #expect(Set(epochs) == Set(1...interruptedEpochs) && epochs == epochs.sorted(), "\(epochs)")
    #expect(log.last?["event"] as? String == "end")
    // No temporary file outlives the next run, not even that of a killed process.
    #expect(try place.names == ["data.raw", "log", "model", "run", "whole"])
  }

  @Test func checkpointsDoNotChangeTheModel() throws {
    let place = try place()
    let whole = try wholeModel(place)
    let outcome = try train(
      place, ["--output=model", "--checkpoint=run", "--checkpoint-every", "0.5s", "--summary"])
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(try place.bytes(of: "model") == whole)
    // The run is complete, so resuming it writes the same model again.
    let again = try train(place, ["--output", "again", "--checkpoint", "run", "--resume"])
    #expect(again.ending == .exited(0) && again.messageText.contains("epoch 13"), "\(again.messageText)")
    #expect(try place.bytes(of: "again") == whole)
  }

  @Test func changedOptionsAndDataAreRefusedByName() throws {
    let place = try place()
    #expect(try train(place, ["-o", "m", "--checkpoint", "run"]).ending == .exited(0))
    let kept = try place.bytes(of: "run")
    func refusal(_ more: String...) throws -> String {
      let outcome = try train(place, ["-o", "other", "--checkpoint", "run", "--resume"] + more)
      #expect(outcome.ending == .exited(65), "\(more): \(outcome.messageText)")
      #expect(outcome.messageLines.count == 1)
      return outcome.messageText
    }
    #expect(
      try refusal("--batch-size", "20")
        == "fm-train: run: --resume: the checkpoint has batch-size 10, this run has 20\n")
    #expect(try refusal("--seed", "7").contains("seed 0, this run has 7"))
    #expect(try refusal("--warm-up", "1").contains("no warm-up, this run has 1.0"))
    #expect(try refusal("--calibrate").contains("no calibrate, this run has it"))
    #expect(try refusal("--dropout", "0.5").contains("dropout:0.2"))
    #expect(try refusal("--augment", "none").contains("augment flip, this run has none"))
    #expect(try refusal("--validation", "0.3").contains("training images 320 (CRC-32 "))
    try place.write(
      SmallStream(SmallImages(count: 400, classCount: 2), classes: ["a", "b"]).bytes, to: "data.raw")
    #expect(try refusal().contains("class names"))
    #expect(try place.bytes(of: "run") == kept)
    #expect(try place.names == ["data.raw", "m", "run"])
  }

  @Test func onlyAnIntactCheckpointIsResumed() throws {
    let place = try place()
    #expect(try train(place, ["-o", "m", "--checkpoint", "run"]).ending == .exited(0))
    let kept = try place.bytes(of: "run")
    var flipped = kept
    flipped[kept.count - 100] ^= 1
    let files: [(String, [UInt8])] = [
      ("empty", []), ("cut", kept.dropLast()), ("cut early", Array(kept.prefix(20))), ("longer", kept + [0]),
      ("flipped", flipped), ("model", try place.bytes(of: "m")), ("stream", try place.bytes(of: "data.raw")),
      ("text", Array("hello\n".utf8)),
    ]
    for (name, bytes) in files {
      try place.write(bytes, to: "bad")
      let outcome = try train(place, ["-o", "other", "--checkpoint", "bad", "--resume"])
      #expect(outcome.ending == .exited(65), "\(name): \(outcome.messageText)")
      #expect(outcome.messageText.hasPrefix("fm-train: bad: ") && outcome.messageLines.count == 1, "\(name)")
      #expect(try place.bytes(of: "bad") == bytes, "\(name)")
    }
    #expect(try !place.names.contains("other"))
  }

  @Test func invalidCheckpointOptionsAreRefused() throws {
    let place = try place()
    for more in [
      ["--resume"], ["--checkpoint-every", "5"], ["--checkpoint", "-"], ["--checkpoint", "m"],
      ["--time-limit", "0"], ["--time-limit", "5 minutes"], ["--lr-find"],
    ] {
      let outcome = try train(place, ["-o", "m"] + more)
      #expect(outcome.ending == .exited(64), "\(more): \(outcome.messageText)")
    }
    #expect(mkfifo("\(place.path)/pipe", 0o666) == 0)
    for more in [[], ["--resume"]] {
      let outcome = try train(place, ["-o", "m", "--checkpoint", "pipe"] + more)
      #expect(outcome.ending == .exited(64), "\(outcome.messageText)")
      #expect(outcome.messageText == "fm-train: --checkpoint: expected a file, but pipe is a pipe\n")
    }
    let nowhere = try train(place, ["-o", "m", "--checkpoint", "no/such/folder/run"])
    #expect(nowhere.ending == .exited(73), "\(nowhere.messageText)")
    #expect(try place.names == ["data.raw", "pipe"])
  }

  @Test func aCheckpointThatCannotBeWrittenDoesNotEndTraining() throws {
    let place = try place()
    let outcome = try train(place, ["-o", "m", "--checkpoint", "/dev/full", "--checkpoint-every", "0"])
    // The model is written; the exit status reports the checkpoint.
    #expect(outcome.ending == .exited(74), "\(outcome.messageText)")
    #expect(outcome.messageText.contains("training continues"))
    #expect(try place.bytes(of: "m") == wholeModel(place))
  }

  @Test func aRunSaysWhatItsCheckpointWillReplace() throws {
    let place = try place()
    func messages() throws -> String { try train(place, ["-om", "--checkpoint", "run"]).messageText }
    #expect(try !messages().contains("will be replaced"))
    #expect(try messages().contains("run will be replaced; --resume would continue from it\n"))
    try place.write([1, 2, 3], to: "run")
    #expect(
      try messages().contains(
        "run will be replaced; it is no checkpoint, so name another file if you need it\n"))
  }

  @Test func theCheckpointOfARunThatGoesOnIsRefused() throws {
    let place = try place()
    var training = Self.training
    training[3] = "1000000"
    let child = try place.start("fm-train", training + Self.checkpointing + ["-om"])
    let isRunning = try child.drain { child in
      guard String(decoding: child.messages, as: UTF8.self).contains("1/1000000") else { return false }
      return try place.names.contains("run")
    }
    #expect(isRunning)
    for more in [["--resume"], []] {
      let second = try train(place, ["-oother", "--checkpoint", "run"] + more, training: training)
      #expect(second.ending == .exited(73), "\(second.messageText)")
      #expect(
        second.messageText
          == "fm-train: run: cannot write: another process is writing it; stop that process, or name another file\n"
      )
    }
    child.send(signal: SIGTERM)
    let first = try child.finish()
    #expect(first.ending == .exited(75), "\(first.messageText)")
    #expect(first.messageText.contains("--resume continues"), "\(first.messageText)")
    #expect(try place.names == ["data.raw", "m", "run"])
  }

  /// As if two runs had the same checkpoint.
  @Test func aCheckpointOfAnotherRunIsNotReplaced() throws {
    let place = try place()
    let other = try train(place, ["-o", "other", "--checkpoint", "theirs", "--seed", "1", "-q"])
    #expect(other.ending == .exited(0), "\(other.messageText)")
    let theirs = try place.bytes(of: "theirs")
    var training = Self.training
    training[3] = "\(interruptedEpochs)"
    let child = try place.start("fm-train", training + Self.checkpointing + ["-om"])
    let message = "run: expected the checkpoint of this run, found a file that another process has written"
    // A file that appears while the run writes its own is replaced, so it may take a second attempt.
    let isNoticed = try child.drain { child in
      let messages = String(decoding: child.messages, as: UTF8.self)
      if messages.contains("1/\(interruptedEpochs)") {
        try place.write(theirs, to: "copy")
        #expect(rename("\(place.path)/copy", "\(place.path)/run") == 0)
      }
      return messages.contains(message)
    }
    let outcome = try child.finish()
    #expect(isNoticed && outcome.ending == .exited(74), "\(outcome.messageText)")
    #expect(try place.bytes(of: "run") == theirs)
    #expect(try place.bytes(of: "m") == wholeModel(place, training: training))
  }

  // MARK: - Time limits and range tests

  @Test func aTimeLimitEndsTheRunAndIsRecorded() throws {
    let place = try place()
    var training = Self.training
    training[3] = "1000000"
    let outcome = try train(place, ["-o", "m", "--time-limit", "1s", "--log", "log"], training: training)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(
      outcome.messageLines.last?.contains("--time-limit: ended after ") == true, "\(outcome.messageText)")
    let end = try #require(place.text(of: "log").split(separator: "\n").last)
    #expect(end.contains("\"reason\":\"time\""))
    let info = try place.run("fm-info", "m")
    #expect(info.text.contains("--time-limit 1.0"), "\(info.text)")
  }

  @Test func aRangeTestPrintsACurveAndASuggestion() throws {
    let place = try place()
    let outcome = try train(place, ["--lr-find", "--log", "log"])
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let lines = outcome.text.split(separator: "\n")
    #expect(lines.count >= 20 && lines.allSatisfy { $0.count <= 80 }, "\(outcome.text)")
    #expect(lines.contains { $0.hasPrefix("suggested: --learning-rate ") }, "\(outcome.text)")
    #expect(
      try place.text(of: "log").split(separator: "\n").last?.contains("\"event\":\"suggestion\"") == true)
    #expect(try place.names == ["data.raw", "log"])
    let again = try train(place, ["--lr-find", "--jobs", "3"])
    #expect(again.text == outcome.text)
  }
}
