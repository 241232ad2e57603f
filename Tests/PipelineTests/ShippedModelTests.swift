// The models in models/: what they are, how good their stored predictions are, and that they still predict them.
import Foundation
import Testing

@Suite struct ShippedModelTests {
  private static let folder = "\(Workplace.package)/models"

  /// Where Fashion-MNIST is on this machine, if it is.
  private static let data: String? = {
    guard let outcome = try? Workplace().run("/bin/bash", "\(Workplace.package)/scripts/find-data"),
      outcome.ending == .exited(0)
    else { return nil }
    let path = outcome.text.trimmingCharacters(in: .newlines)
    return path.hasPrefix("/") ? path : "\(Workplace.package)/\(path)"
  }()

  /// The least test accuracy that each is shipped with.
  static let floors = [("ffnn", "0.90"), ("cnn", "0.928"), ("vgg", "0.95")]

  @Test(arguments: floors)
  func theStoredPredictionsAreAsGoodAsDocumented(_ name: String, _ floor: String) throws {
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
      #expect(content.contains(text), "\(document) does not say \(text) of \(name)")
    }
    let card = try String(contentsOfFile: "\(Workplace.package)/models/README.md", encoding: .utf8)
    for figures in try #require(report["classes"] as? [[String: Any]]) {
      let title = try #require(figures["name"] as? String)
      let row = try #require(card.split(separator: "\n").first { $0.hasPrefix("| \(title) |") })
      let shares = try ["recall", "precision"].map { try #require(figures[$0] as? Double) }
      let text = String(format: "%.1f / %.1f", 100 * shares[0], 100 * shares[1])
      #expect(row.contains(" \(text) "), "the card does not say \(text) of \(name)'s \(title)")
    }
  }

  @Test(arguments: floors.map(\.0))
  func theyAreThePresetsTrainedWithMirroredImages(_ name: String) throws {
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
    #expect(settings["average"] == (name == "vgg" ? "flip,shift=1" : "flip"))
  }

  /// Other instruction sets round differently, so that a tie or two may be answered otherwise.
  @Test(
    .enabled(if: data != nil, "Fashion-MNIST is not on this machine: scripts/find-data --download gets it"),
    arguments: floors.map(\.0))
  func theyPredictWhatIsStored(_ name: String) throws {
    let data = try #require(Self.data)
    // Six views of each image, 114 MFLOP each, take a while: of them the first thousand. Their number shows if a command
    // fails; that fm-predict is stopped when head has enough is no failure.
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
