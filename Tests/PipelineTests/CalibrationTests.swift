// fm-train --calibrate: a temperature for a model that is being trained, and for one that exists.
import Foundation
import Testing

@Suite struct CalibrationTests {
  private static let training =
    "fm-train --arch 'linear:8 relu' --epochs 3 --batch-size 20 --validation held.raw train.raw"

  /// A folder with streams in which every third image may have a wrong label, so that no model should be certain.
  private static func place() throws -> Workplace {
    let place = try Workplace()
    for (name, count) in [("train", 300), ("held", 150)] {
      var stream = SmallStream(SmallImages(count: count), classes: ["a", "b", "c"])
      for index in stream.records.indices where index % 3 == 0 {
        let last = stream.records[index].count - 1
        stream.records[index][last] = (stream.records[index][last] + UInt8(index / 3 % 3)) % 3
      }
      try place.write(stream.bytes, to: "\(name).raw")
    }
    return place
  }

  private func object(_ text: some StringProtocol) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func calibration(_ log: String) throws -> [String: Any] {
    let line = try #require(log.split(separator: "\n").first { $0.contains("\"event\":\"calibration\"") })
    return try object(line)
  }

  /// Searches naively for the best temperature. Log probabilities without a temperature serve as logits, from which
  /// they differ by a constant per image.
  private func bestTemperature(_ table: String) -> (temperature: Double, loss: Double) {
    let rows = table.split(separator: "\n").dropFirst().map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
    let logits = rows.map { $0.suffix(3).map { Double($0) ?? .nan } }
    let truths = rows.map { ["a": 0, "b": 1, "c": 2][$0[1]] ?? 0 }
    func loss(_ temperature: Double) -> Double {
      zip(logits, truths).reduce(0) { sum, image in
        let powers = image.0.map { exp($0 / temperature) }
        return sum - log(powers[image.1] / powers.reduce(0, +))
      } / Double(rows.count)
    }
    // A grid from 1/20 to 20, then two finer ones, each between the neighbours of the best value so far.
    var best = (temperature: 1.0, loss: Double.infinity)
    for reach in [log(20.0), log(20.0) / 1000, log(20.0) / 1_000_000] {
      let middle = best.temperature
      for step in -1000...1000 {
        let temperature = middle * exp(reach * Double(step) / 1000)
        let value = loss(temperature)
        if value < best.loss { best = (temperature, value) }
      }
    }
    return best
  }

  @Test func theModelKeepsTheTemperatureWithTheLeastHeldOutLoss() throws {
    let place = try Self.place()
    let script = """
      set -e
      \(Self.training) --calibrate --log log -o model
      \(Self.training) --quiet -o plain
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let logged = try calibration(place.text(of: "log"))
    let temperature = try #require(logged["temperature"] as? Double)
    let loss = try #require(logged["log_loss"] as? Double)
    #expect(try loss < #require(logged["log_loss_before"] as? Double))
    #expect(logged["records"] as? Int == 150)
    #expect(outcome.messageText.contains("calibrated on 150 held-out images: temperature "))

    // The answers of fm-predict without a temperature, judged naively.
    let table = try place.run("fm-predict", "-m", "plain", "--log-probabilities", "held.raw").text
    let best = bestTemperature(table)
    #expect(abs(temperature - best.temperature) <= 1e-5 * temperature, "\(temperature), \(best)")
    #expect(abs(loss - best.loss) <= 1e-6)

    // The answers of fm-predict with the temperature, judged by fm-eval.
    let report = try place.shell("fm-predict -m model --log-probabilities held.raw | fm-eval --format json")
    let figures = try object(report.text)
    #expect(try abs(#require(figures["log_loss"] as? Double) - loss) <= 1e-6)
    let error = try #require(figures["ece"] as? Double)
    #expect(try abs(#require(logged["calibration_error"] as? Double) - error) <= 1e-6)

    let model = try object(place.run("fm-info", "--format", "json", "model").text)
    #expect(model["temperature"] as? Double == temperature)
    let settings = try #require((model["training"] as? [String: Any])?["settings"] as? [String: String])
    #expect(settings["calibrate"] == "true")
    #expect(try place.run("fm-info", "model").text.contains("which logits are divided by"))
    #expect(try !place.run("fm-info", "plain").text.contains("temperature"))
  }

  @Test func anExistingModelGetsTheSameTemperature() throws {
    let place = try Self.place()
    let script = """
      set -e
      \(Self.training) --quiet --calibrate --log log -o model
      \(Self.training) --quiet -o plain
      fm-train --from plain --epochs 0 --calibrate --validation held.raw --log new -o calibrated
      fm-train --quiet --from calibrated --epochs 0 --calibrate --validation held.raw --log again -o twice
      cat held.raw | fm-train --quiet --from plain --epochs 0 --calibrate --validation - -o piped
      for m in model calibrated twice piped; do fm-predict -m $m --probabilities train.raw | cksum; done
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(Set(outcome.text.split(separator: "\n")).count == 1, "\(outcome.text)")
    #expect(
      outcome.messageLines.count == 1 && outcome.messageText.contains("calibrated on 150 held-out images"))
    let (trained, new) = (try calibration(place.text(of: "log")), try calibration(place.text(of: "new")))
    #expect(trained["temperature"] as? Double == new["temperature"] as? Double)
    // Calibrating a calibrated model again does not improve it.
    let again = try calibration(place.text(of: "again"))
    #expect(again["log_loss_before"] as? Double == again["log_loss"] as? Double)
    // The weights and the training record are the model's; the command line is added to the history.
    let (old, model) = (
      try object(place.run("fm-info", "--format", "json", "plain").text),
      try object(place.run("fm-info", "--format", "json", "calibrated").text)
    )
    #expect(
      NSDictionary(dictionary: old["training"] as? [String: Any] ?? [:])
        == NSDictionary(dictionary: model["training"] as? [String: Any] ?? ["none": 0]))
    #expect(
      (model["history"] as? [String])?.last?.hasPrefix("fm-train --from plain --epochs 0 --calibrate") == true
    )
  }

  /// The same seed holds out the same images, so a model is calibrated on images that it did not learn from.
  @Test func theSameSeedHoldsOutTheSameImages() throws {
    let place = try Self.place()
    let script = """
      set -e
      fm-train --quiet --arch relu --epochs 2 --seed 4 --calibrate -o model --log one train.raw
      fm-train --quiet --from model --epochs 0 --seed 4 --calibrate -o again --log two train.raw
      fm-train --quiet --from model --epochs 0 --seed 5 --calibrate -o other --log three train.raw
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let values = try ["one", "two", "three"].map {
      try calibration(place.text(of: $0))["temperature"] as? Double
    }
    #expect(values[0] != nil && values[0] == values[1] && values[1] != values[2], "\(values)")
  }

  @Test func aResumedRunGivesTheModelOfAnUninterruptedRun() throws {
    let place = try Self.place()
    let options = [
      "--arch", "linear:8 relu", "--epochs", "\(interruptedEpochs)", "--batch-size", "10", "--calibrate",
      "train.raw",
    ]
    let whole = try place.start("fm-train", options + ["-q", "-o", "whole", "--jobs", "3"]).finish()
    #expect(whole.ending == .exited(0), "\(whole.messageText)")
    let kept = options + ["--checkpoint", "run", "--resume", "-o", "model"]
    try place.interruptTraining(kept + ["--checkpoint-every", "0"], after: 1, signal: SIGTERM)
    #expect(try place.start("fm-train", kept).finish().ending == .exited(0))
    #expect(try place.bytes(of: "model") == place.bytes(of: "whole"))
    let other = try place.start("fm-train", kept.filter { $0 != "--calibrate" }).finish()
    #expect(other.ending == .exited(65) && other.messageText.contains("calibrate"), "\(other.messageText)")
  }

  @Test func exportsKeepTheTemperature() throws {
    let place = try Self.place()
    let script = """
      set -e
      \(Self.training) --quiet --calibrate -o model
      fm-export model -o same.safetensors; cmp model same.safetensors
      fm-export model -o half.safetensors --type float16
      fm-info half.safetensors | grep -c '^  temperature '
      fm-export model -o model.pth
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(0) && outcome.text == "1\n", "\(outcome.text)\(outcome.messageText)")
    #expect(outcome.messageText.contains("fm-predict divides this model's logits by the temperature"))
    // A calibrated teacher is recorded as such; a model that is trained further is no longer calibrated.
    let next = try place.shell(
      """
      set -e
      fm-train --quiet --arch relu --epochs 1 --teacher model -o student train.raw
      fm-info student | tr -d '\\n ' | grep -c ',calibrated[0-9]'
      fm-train --from model --epochs 1 -o next train.raw
      fm-info next | grep '^  temperature ' || echo none
      """)
    #expect(next.text == "1\nnone\n", "\(next.text)\(next.messageText)")
    #expect(next.messageText.contains("the model of --from is calibrated, but the new one will not be"))
  }

  @Test(arguments: [
    ("--arch relu --calibrate --validation 0 train.raw", 64, "--calibrate needs held-out images"),
    ("--arch relu --epochs 0 train.raw", 64, "--epochs: expected 1 to 1000000, got 0"),
    ("--from model --epochs 0 train.raw", 64, "--epochs: expected 1 to 1000000, got 0"),
    ("--arch relu --epochs 0 --calibrate train.raw", 64, "--epochs: expected 1 to 1000000, got 0"),
    (
      "--from model --epochs 0 --calibrate --validation 0 train.raw", 64, "--calibrate needs held-out images"
    ),
    (
      "--from model --epochs 0 --calibrate --validation held.raw train.raw", 64,
      "does not read 'train.raw'"
    ),
    ("--from model --epochs 0 --calibrate --average flip train.raw", 64, "--average: with --epochs 0"),
    (
      "--from model --epochs 0 --calibrate --checkpoint run train.raw", 64,
      "--checkpoint: --epochs 0 trains no model"
    ),
    (
      "--from model --epochs 0 --calibrate --teacher model train.raw", 64,
      "--teacher: --epochs 0 trains no model"
    ),
    (
      "--from model --epochs 0 --calibrate --learning-rate 0.1 train.raw", 64,
      "--learning-rate: --epochs 0 trains no model"
    ),
    ("--from model --epochs 0 --calibrate --validation nothing", 66, "nothing: cannot open"),
    ("--from model --epochs 0 --calibrate --validation model", 65, "found a safetensors file"),
    ("--from model --epochs 0 --calibrate --validation other.raw", 65, "for other classes"),
    (
      "--from model --epochs 0 --calibrate --validation wide.raw", 65, "model: the model is for images of 8×8"
    ),
  ])
  func invalidOptionsAndFilesAreRefused(_ arguments: String, _ status: Int32, _ text: String) throws {
    let place = try Self.place()
    try place.write(SmallStream(SmallImages(count: 9), classes: ["a", "x", "c"]).bytes, to: "other.raw")
    try place.write(
      SmallStream(SmallImages(count: 9, width: 9), classes: ["a", "b", "c"]).bytes, to: "wide.raw")
    #expect(try place.shell("\(Self.training) -q -o model").ending == .exited(0))
    let outcome = try place.shell("fm-train --quiet --output new \(arguments)")
    #expect(outcome.ending == .exited(status), "\(outcome.messageText)")
    #expect(outcome.messageText.contains(text), "\(outcome.messageText)")
    #expect(outcome.messageLines.count == 1)
    #expect(try !place.names.contains("new"))
  }

  /// If every answer is right, there is no best temperature. The model is written without one, with a warning.
  @Test func tooFewWrongAnswersGiveNoTemperature() throws {
    let place = try Workplace()
    try place.write(SmallStream(SmallImages(count: 90)).bytes, to: "data.raw")
    let outcome = try place.shell(
      """
      fm-train --arch 'linear:16 relu' --epochs 60 --batch-size 10 --calibrate --log log -o model data.raw
      fm-info model | grep '^  temperature ' || echo none
      """)
    #expect(outcome.ending == .exited(0) && outcome.text == "none\n", "\(outcome.messageText)")
    #expect(
      outcome.messageText.contains("warning: --calibrate: too few wrong answers on 9 held-out images"))
    #expect(try calibration(place.text(of: "log"))["temperature"] is NSNull)
  }
}
