// Options that training recipes use: they are recorded, they change the model, and a run resumes only with the same ones.

import Testing

extension LearningOptionTests {
  @Test func slowWeightsAreRecordedAndResumed() throws {
    let place = try Self.place()
    let line = ["--quiet", "--arch", "norm relu", "--batch-size", "8"]
    #expect(try train(place, line).ending == .exited(0))
    let plain = try place.bytes(of: "m")
    #expect(try settings(place)["lookahead"] == nil)
    #expect(try train(place, line + ["--lookahead", "3"]).ending == .exited(0))
    #expect(try settings(place)["lookahead"] == "3,0.5")
    let slow = try place.bytes(of: "m")
    #expect(slow != plain)
    // The checkpoint is of the complete run: resuming writes the model again, and another share is refused.
    let kept = line + ["--checkpoint", "run", "--resume", "--lookahead"]
    for _ in 1...2 {
      #expect(try train(place, kept + ["3"]).ending == .exited(0))
      #expect(try place.bytes(of: "m") == slow)
    }
    let other = try train(place, kept + ["3,0.25"])
    #expect(other.ending == .exited(65))
    #expect(other.messageText.contains("the checkpoint has lookahead 3,0.5, this run has 3,0.25"))
  }

  /// The momentum, the rate for parameters that are not matrices, and the weight decay. Resuming the complete
  /// run writes its model again.
  @Test func muonsSettingsAreRecordedAndTakeEffect() throws {
    let place = try Self.place()
    let line = [
      "--quiet", "--arch", "conv:4 norm relu linear:6 relu", "--optimizer", "muon", "--batch-size", "8",
    ]
    #expect(try train(place, line).ending == .exited(0))
    let plain = try place.bytes(of: "m")
    for (options, key, value) in [
      (["--momentum", "0.8"], "momentum", "0.8"), (["--adam-rate", "0.5"], "adam-rate", "0.5"),
      (["--weight-decay", "0.1"], "weight-decay", "0.1"),
    ] {
      #expect(try train(place, line + options).ending == .exited(0))
      #expect(try settings(place)[key] == value)
      #expect(try place.bytes(of: "m") != plain, "\(key)")
    }
    for _ in 1...2 {
      #expect(
        try train(place, line + ["--jobs", "1", "--checkpoint", "run", "--resume"]).ending == .exited(0))
      #expect(try place.bytes(of: "m") == plain)
    }
  }

  /// Each kind of initial weights is recorded, and gives another model.
  @Test func initialWeightsAreRecordedAndDiffer() throws {
    let place = try Self.place()
    var models: Set<[UInt8]> = []
    for name in ["kaiming", "reference", "orthogonal", "dirac"] {
      #expect(
        try train(place, ["--quiet", "--arch", "conv:4 relu linear:6", "--init", name]).ending == .exited(0))
      #expect(try settings(place)["init"] == name)
      models.insert(try place.run("fm-export", "m", "--to", "pth").output)
    }
    #expect(models.count == 4)
    let outcome = try train(place, ["--arch", "linear:4", "--init", "ones"])
    #expect(outcome.ending == .exited(64) && outcome.messageText.contains("'ones'"), "\(outcome.messageText)")
  }
}
