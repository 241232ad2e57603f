// A preset's settings: they apply unless an option is given, act as if they were typed, and affect no other network.
import Foundation
import Testing

@Suite struct PresetTests {
  /// A folder with a stream of labelled images that every preset can take.
  private func withData() throws -> Workplace {
    let place = try Workplace()
    try place.write(SmallStream(SmallImages(count: 60)).bytes, to: "data.raw")
    return place
  }

  /// The training options that a model records.
  private func settings(of model: String, in place: Workplace) throws -> [String: String] {
    let outcome = try place.run("fm-info", "--format", "json", model)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let report = try #require(JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
    let training = try #require(report["training"] as? [String: Any])
    return try #require(training["settings"] as? [String: String])
  }

  private func train(_ arguments: String, in place: Workplace, to model: String = "model") throws -> [String:
    String]
  {
    let outcome = try place.shell("fm-train --quiet --epochs 1 --output \(model) \(arguments) data.raw")
    #expect(outcome.ending == .exited(0), "\(arguments): \(outcome.messageText)")
    return try settings(of: model, in: place)
  }

  @Test(arguments: ["ffnn", "cnn", "vgg"])
  func theListedSettingsAreThoseInForce(_ name: String) throws {
    let place = try withData()
    let lines = try place.run("fm-train", "--arch", "list").text.split(separator: "\n")
    let line = try #require(lines.first { $0.hasPrefix("\(name)\t") })
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
    #expect(fields.count == 3)
    // If an option is given twice, the last one counts, so --epochs comes after them.
    let short = try train("--arch \(name)", in: place, to: "short")
    let long = try train("--arch '\(fields[1])' \(fields[2]) --epochs 1", in: place, to: "long")
    #expect(short == long)
    let export = try place.shell(
      "for m in short long; do fm-export $m --output $m.pth || exit; done; cmp short.pth long.pth")
    #expect(export.ending == .exited(0), "\(export.messageText)")
  }

  @Test func aPresetTrainsForTheListedEpochsByDefault() throws {
    let place = try withData()
    let lines = try place.run("fm-train", "--arch", "list").text.split(separator: "\n")
    let words = try #require(lines.first { $0.hasPrefix("ffnn\t") }).split(whereSeparator: \.isWhitespace)
    let epochs = try #require(words.firstIndex(of: "--epochs")).advanced(by: 1)
    let outcome = try place.shell("fm-train --quiet --arch ffnn --time-limit 1 --output model data.raw")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(try settings(of: "model", in: place)["epochs"] == String(words[epochs]))
  }

  @Test func otherNetworksAndFurtherTrainingHaveTheGeneralSettings() throws {
    let place = try withData()
    let general = try train("--arch 'linear:512 relu dropout:0.2 linear:256 relu dropout:0.2'", in: place)
    #expect(general["augment"] == "none")
    #expect(general["average"] == "none")
    #expect(general["dropout"] == nil)
    #expect(general["learning-rate"] == "0.002")
    var further = try train("--from model --arch ffnn", in: place, to: "further")
    #expect(further.removeValue(forKey: "from") == "model")
    #expect(further == general.filter { $0.key != "init" })
  }

  @Test func givenOptionsOverrideThePreset() throws {
    let place = try withData()
    let changed = try train(
      "--arch cnn --batch-size 7 --dropout 0.125 --augment none --label-smoothing 0.25 --schedule constant",
      in: place)
    #expect(changed["batch-size"] == "7")
    #expect(changed["dropout"] == "0.125")
    #expect(changed["label-smoothing"] == "0.25")
    #expect(changed["schedule"] == "constant")
    // A network that sees no mirror images does not average over them, although the preset does.
    #expect(changed["augment"] == "none")
    #expect(changed["average"] == "none")
    let refused = try place.shell(
      "fm-train --quiet --arch cnn --epochs 1 --augment none --average flip -o other data.raw")
    #expect(refused.ending == .exited(64), "\(refused.messageText)")
  }

  @Test func optionsOfAPresetsOptimizerAreAccepted() throws {
    let place = try withData()
    let plain = try train("--arch vgg", in: place)
    #expect(plain["optimizer"] == "muon" && plain["momentum"] == "0.9" && plain["adam-rate"] == "0.1")
    #expect(plain["decay-scope"] == "weights" && plain["average"] == "flip,shift=1")
    let changed = try train("--arch vgg --momentum 0.75 --adam-rate 0.25 --decay-scope all", in: place)
    #expect(changed["momentum"] == "0.75" && changed["adam-rate"] == "0.25" && changed["decay-scope"] == nil)
    #expect(changed["weight-decay"] == plain["weight-decay"])
    let other = try train("--arch vgg --optimizer adam", in: place)
    #expect(other["adam-rate"] == nil && other["momentum"] == nil && other["weight-decay"] == "0.0")
    for option in [
      "--nesterov", "--no-nesterov", "--optimizer adam --nesterov", "--optimizer adam --momentum 0.75",
    ] {
      let refused = try place.shell("fm-train --quiet --arch vgg \(option) --epochs 1 -o other data.raw")
      #expect(refused.ending == .exited(64) && refused.messageText.contains("is for sgd"))
    }
  }

  /// A rate that suits one optimiser says nothing about another.
  @Test func anotherOptimizerHasItsOwnRate() throws {
    let place = try withData()
    let changed = try train("--arch cnn --optimizer sgd", in: place)
    #expect(changed["learning-rate"] == "0.1")
    #expect(changed["weight-decay"] == "0.0")
    #expect(changed["momentum"] == "0.9")
  }
}
