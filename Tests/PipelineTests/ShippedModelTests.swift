// The models in models/: their settings, the accuracy of their stored predictions, and whether these can be repeated.
import Foundation
import Testing

@Suite struct ShippedModelTests {
  private static let folder = "\(Workplace.package)/models"

  /// The folder of Fashion-MNIST on this machine; `nil` if it is not there.
  private static let data: String? = {
    guard let outcome = try? Workplace().run("/bin/bash", "\(Workplace.package)/scripts/find-data"),
      outcome.ending == .exited(0)
    else { return nil }
    let path = outcome.text.trimmingCharacters(in: .newlines)
    return path.hasPrefix("/") ? path : "\(Workplace.package)/\(path)"
  }()

  /// The least test accuracy of each shipped model.
  static let floors = [("ffnn", "0.92"), ("cnn", "0.946"), ("vgg", "0.95")]

  @Test(arguments: floors)
  func theStoredPredictionsAreAsAccurateAsDocumented(_ name: String, _ floor: String) throws {
    let outcome = try Workplace().run(
      "fm-eval", "--classes", "fashion-mnist", "--format", "json", "--min", "accuracy=\(floor)",
      "\(Self.folder)/\(name).test.tsv")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let report = try #require(JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
    #expect(report["records"] as? Int == 10_000)
    let correct = try #require(report["correct"] as? Int)
    let text = String(format: "%.2f %%", Double(correct) / 100)
    for document in ["models/README.md", "docs/results.md", "README.md"] {
      let content = try String(contentsOfFile: "\(Workplace.package)/\(document)", encoding: .utf8)
      #expect(content.contains(text), "\(document) does not say \(text) for \(name)")
    }
    let card = try String(contentsOfFile: "\(Workplace.package)/models/README.md", encoding: .utf8)
    for figures in try #require(report["classes"] as? [[String: Any]]) {
      let title = try #require(figures["name"] as? String)
      let row = try #require(card.split(separator: "\n").first { $0.hasPrefix("| \(title) |") })
      let shares = try ["recall", "precision"].map { try #require(figures[$0] as? Double) }
      let text = String(format: "%.1f / %.1f", 100 * shares[0], 100 * shares[1])
      #expect(row.contains(" \(text) "), "the card does not say \(text) for \(name)'s \(title)")
    }
  }

  @Test(arguments: floors.map(\.0))
  func shippedModelsAreThePresetsTrainedWithMirroredImages(_ name: String) throws {
    let place = try Workplace()
    let info = try place.run("fm-info", "--format", "json", "\(Self.folder)/\(name).safetensors")
    #expect(info.ending == .exited(0), "\(info.messageText)")
    let model = try #require(JSONSerialization.jsonObject(with: Data(info.output)) as? [String: Any])
    let training = try #require(model["training"] as? [String: Any])
    let settings = try #require(training["settings"] as? [String: String])
    let list = try place.run("fm-train", "--arch", "list").text.split(separator: "\n")
    let preset = try #require(list.first { $0.hasPrefix("\(name)\t") }).split(separator: "\t")[1]
    func layers(_ specification: some StringProtocol) -> [String] {
      specification.split(separator: " ").map { $0.hasPrefix("dropout") ? "dropout" : String($0) }
    }
    #expect(layers(try #require(model["architecture"] as? String)) == layers(preset))
    #expect((model["classes"] as? [String])?.last == "Ankle boot")
    #expect(settings["augment"]?.hasPrefix("flip") == true)
    #expect(settings["average"] == "flip,shift=1")
  }

  /// Other instruction sets round differently, so one or two near-ties may be decided differently.
  @Test(
    .enabled(if: data != nil, "Fashion-MNIST is not on this machine: scripts/find-data --download gets it"),
    arguments: floors.map(\.0))
  func shippedModelsPredictTheStoredClasses(_ name: String) throws {
    let data = try #require(Self.data)
    // Six views of each image at 114 MFLOP each take a while, so vgg predicts only the first thousand. The number of
    // rows shows whether a command failed; head stops fm-predict when it has enough, which is no failure.
    let count = name == "vgg" ? 1_000 : 10_000
    let outcome = try Workplace().shell(
      """
      idx2raw "$1"/t10k-images-idx3-ubyte.gz "$1"/t10k-labels-idx1-ubyte.gz --classes fashion-mnist |
        fm-predict --model "$2" --labels index | head -n $3
      """, [data, "\(Self.folder)/\(name).safetensors", "\(count + 1)"])
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let stored = try String(contentsOfFile: "\(Self.folder)/\(name).test.tsv", encoding: .utf8)
    func classes(_ table: String) -> [Substring] {
      table.split(separator: "\n").map { $0.split(separator: "\t")[2] }
    }
    let (found, expected) = (classes(outcome.text), classes(stored))
    #expect(found.count == count + 1)
    #expect(expected.count == 10_001)
    #expect(zip(found, expected).count { $0 != $1 } <= 2)
  }
}
