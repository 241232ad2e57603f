// --precision of fm-train and fm-predict, and the instruction sets that FM_KERNELS names.
import Foundation
import Testing

@Suite struct PrecisionTests {
  /// A convolution of the image, then a convolution and two dense layers whose operands are rounded.
  private static let training = [
    "--arch", "conv:17 relu pool conv:18 relu linear:20 relu", "--batch-size", "20", "data.raw",
  ]

  private static func place() throws -> Workplace {
    let place = try Workplace()
    try place.write(SmallStream(SmallImages(count: 240)).bytes, to: "data.raw")
    return place
  }

  private func train(
    _ place: Workplace, epochs: Int = 1, _ more: [String], environment: [String: String] = [:]
  ) throws -> Outcome {
    try place.start(
      "fm-train", Self.training + ["--epochs", "\(epochs)"] + more, environment: environment
    ).finish()
  }

  private func expectSuccess(_ outcome: Outcome) {
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
  }

  /// The training settings that a model records.
  private func settings(_ place: Workplace, _ model: String) throws -> [String: String] {
    let info = try place.run("fm-info", "--format", "json", model)
    let report = try #require(JSONSerialization.jsonObject(with: Data(info.output)) as? [String: Any])
    let training = try #require(report["training"] as? [String: Any])
    return try #require(training["settings"] as? [String: String])
  }

  @Test func aModelRecordsThePrecisionOfItsTraining() throws {
    let place = try Self.place()
    expectSuccess(try train(place, ["-q", "-o", "rounded", "--precision", "bfloat16"]))
    expectSuccess(try train(place, ["-q", "-o", "floats", "--precision", "float32"]))
    expectSuccess(try train(place, ["-q", "-o", "default"]))
    #expect(try settings(place, "rounded")["precision"] == "bfloat16")
    // The default is not recorded.
    #expect(
      try settings(place, "floats")["precision"] == nil && settings(place, "default")["precision"] == nil)
    #expect(try place.run("fm-info", "rounded").text.contains("--precision bfloat16"))
    let weights = try ["rounded", "floats", "default"].map {
      try place.run("fm-export", $0, "--to", "pth").output
    }
    #expect(weights[1] == weights[2] && weights[0] != weights[1] && !weights[0].isEmpty)
  }

  @Test func theModelIsTheSameForAnyNumberOfThreads() throws {
    let place = try Self.place()
    let models = try ["1", "2", "8"].map { jobs in
      expectSuccess(try train(place, ["-q", "-o", "model", "--precision", "bfloat16", "--jobs", jobs]))
      return try place.run("fm-export", "model", "--to", "pth").output
    }
    #expect(models[0] == models[1] && models[0] == models[2] && !models[0].isEmpty)
  }

  /// A model that learned three bands with rounded operands predicts them well in both precisions, although the
  /// probabilities differ.
  @Test func predictionsInBothPrecisionsAreAccurate() throws {
    let place = try Self.place()
    expectSuccess(try train(place, epochs: 6, ["-q", "-o", "model", "--precision", "bfloat16"]))
    func predictions(_ more: String...) throws -> [String] {
      let outcome = try place.start(
        "fm-predict", ["-q", "--model", "model", "--probabilities"] + more + ["data.raw"]
      ).finish()
      expectSuccess(outcome)
      #expect(outcome.messageText == "")
      return outcome.text.split(separator: "\n").map(String.init)
    }
    let (floats, rounded) = (try predictions(), try predictions("--precision", "bfloat16"))
    #expect(floats.count == 241 && rounded.count == 241)
    #expect(floats != rounded && floats[0] == rounded[0])
    #expect(try predictions("--precision", "float32") == floats)
    #expect(try predictions("--precision", "bfloat16", "--jobs", "3", "--batch-size", "7") == rounded)
    let report = try place.shell(
      """
      for p in float32 bfloat16; do
        fm-predict -q --model model --precision $p data.raw > $p.csv || exit
        fm-eval --min accuracy=0.95 $p.csv > $p.txt || exit
      done
      """)
    #expect(report.ending == .exited(0), "\(report.messageText)")
  }

  @Test(arguments: ["fm-train", "fm-predict"]) func otherPrecisionsAreRefused(_ command: String) throws {
    let place = try Self.place()
    for name in ["float16", "BFloat16", ""] {
      let line = command == "fm-train" ? Self.training + ["-o", "m"] : ["--model", "m", "data.raw"]
      let outcome = try place.start(command, line + ["--precision", name]).finish()
      #expect(outcome.ending == .exited(64), "\(outcome.messageText)")
      let message = outcome.messageText
      #expect(message.contains("--precision") && message.contains("'\(name)'"), "\(message)")
      #expect(message.contains("float32") && message.contains("bfloat16"), "\(message)")
      #expect(outcome.output == [])
    }
    #expect(try place.names == ["data.raw"])
    let help = try place.run(command, "--help").text
    #expect(help.contains("--precision") && help.contains("float32") && help.contains("bfloat16"))
  }

  @Test func aCheckpointOfAnotherPrecisionIsRefused() throws {
    let place = try Self.place()
    expectSuccess(try train(place, ["-q", "-o", "m", "--checkpoint", "floats"]))
    expectSuccess(try train(place, ["-q", "-o", "m", "--checkpoint", "rounded", "--precision", "bfloat16"]))
    let refused = try train(
      place, ["-o", "other", "--checkpoint", "floats", "--resume", "--precision", "bfloat16", "-q"])
    #expect(refused.ending == .exited(65))
    #expect(
      refused.messageText
        == "fm-train: floats: --resume: the checkpoint has no precision, this run has bfloat16\n")
    let other = try train(place, ["-o", "other", "--checkpoint", "rounded", "--resume", "-q"])
    #expect(other.ending == .exited(65))
    #expect(
      other.messageText
        == "fm-train: rounded: --resume: the checkpoint has precision bfloat16, this run has none\n")
    #expect(try place.names == ["data.raw", "floats", "m", "rounded"])
  }

  @Test func aResumedRunGivesTheModelOfAnUninterruptedRun() throws {
    let place = try Self.place()
    let line = Self.training + ["--epochs", "\(interruptedEpochs)", "--precision", "bfloat16"]
    expectSuccess(try place.start("fm-train", line + ["-q", "-owhole", "--jobs", "3"]).finish())
    let resuming = line + ["--checkpoint", "run", "--resume", "-omodel"]
    for epochs in [1, 2] {
      try place.interruptTraining(
        resuming + ["--checkpoint-every", "0"], after: epochs, signal: SIGKILL)
    }
    expectSuccess(try place.start("fm-train", resuming).finish())
    #expect(try place.bytes(of: "model") == place.bytes(of: "whole"))
  }

  // MARK: - Instruction sets

  /// The test does not know which instruction sets this processor has. Either the command trains a model, or it refuses
  /// in one line.
  @Test(arguments: ["baseline", "avx2", "avx512", "avx512bf16", "amx"])
  func anInstructionSetIsUsedOrRefusedInOneLine(_ name: String) throws {
    let place = try Self.place()
    for precision in ["float32", "bfloat16"] {
      let outcome = try train(
        place, ["-q", "-o", precision, "--precision", precision], environment: ["FM_KERNELS": name])
      if outcome.ending == .exited(0) {
        #expect(outcome.messageText == "")
        let predicted = try place.start(
          "fm-predict", ["-q", "--model", precision, "--precision", precision, "data.raw"],
          environment: ["FM_KERNELS": name]
        ).finish()
        #expect(predicted.ending == .exited(0) && predicted.text.split(separator: "\n").count == 241)
      } else {
        #expect(outcome.ending == .exited(64))
        #expect(
          outcome.messageText
            == "fm-train: FM_KERNELS: this CPU does not run \(name) instructions; unset it\n")
        #expect(name != "baseline")
      }
    }
  }

  @Test func anUnknownInstructionSetIsRefusedWithTheKnownOnes() throws {
    let place = try Self.place()
    let outcome = try train(place, ["-o", "m"], environment: ["FM_KERNELS": "avx512bf"])
    #expect(outcome.ending == .exited(64))
    #expect(
      outcome.messageText
        == "fm-train: FM_KERNELS: expected one of baseline, avx2, avx512, avx512bf16, amx, got 'avx512bf'\n")
  }

  /// bfloat16 gains no speed on a processor without bfloat16 products, and a note says so. float32 gives no note.
  @Test func bfloat16GivesANoteIfTheProcessorLacksItsProducts() throws {
    let place = try Self.place()
    let note = "fm-train: --precision bfloat16: this processor has no bfloat16 products;"
    let outcome = try train(
      place, ["-o", "m", "--precision", "bfloat16"], environment: ["FM_KERNELS": "baseline"])
    expectSuccess(outcome)
    #expect(outcome.messageText.hasPrefix(note), "\(outcome.messageText)")
    let floats = try train(place, ["-o", "m"], environment: ["FM_KERNELS": "baseline"])
    #expect(!floats.messageText.contains("bfloat16"))
  }
}
