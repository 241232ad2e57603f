// The promises of docs/networks.md. The tests read its networks and train them, so the document cannot drift.
import Foundation
import Testing

/// A network of the gallery, as the document describes it.
struct GalleryNetwork: CustomTestStringConvertible {
  let title: String
  let specification: String
  /// The figures in the line after the code, with thousands separators.
  let parameters: String
  let operations: String

  var testDescription: String { title }

  /// The networks of the gallery. Each has a section with a title, a block of code, and a line of figures.
  static let all: [GalleryNetwork] = {
    guard let gallery = networkDocument.split(separator: "\n## ").first(where: { $0.hasPrefix("Gallery\n") })
    else { return [] }
    return gallery.components(separatedBy: "\n### ").dropFirst().compactMap(GalleryNetwork.init)
  }()

  private init?(section: String) {
    let lines = section.components(separatedBy: "\n")
    let code = lines.drop { !$0.hasPrefix("    ") }.prefix { $0.isEmpty || $0.hasPrefix("    ") }
    guard let figures = section.firstMatch(of: /(?m)^([\d,]+) parameters, ([\d,]+) FLOP/) else { return nil }
    title = lines[0]
    specification = code.joined(separator: "\n")
    parameters = String(figures.1)
    operations = String(figures.2)
  }
}

private let networkDocument =
  (try? String(contentsOfFile: "\(Workplace.package)/docs/networks.md", encoding: .utf8)) ?? ""

@Suite struct NetworkDocumentTests {
  @Test func theGalleryHasTheWellKnownNetworks() {
    #expect(
      GalleryNetwork.all.map(\.title) == ["LeNet-5", "VGG", "ResNet", "MobileNet", "DenseNet", "ConvNeXt"])
  }

  @Test(arguments: GalleryNetwork.all)
  func everyNetworkOfTheGalleryLearns(_ network: GalleryNetwork) throws {
    let place = try Workplace()
    let images = SmallImages(count: 64, classCount: 10, height: 28, width: 28)
    try place.write(SmallStream(images, classes: (0..<10).map { "band \($0)" }).bytes, to: "data.raw")
    let training = try place.run(
      "fm-train", "--arch", network.specification, "--epochs", "2", "--batch-size", "16", "--validation",
      "0", "--summary", "--log", "log.jsonl", "--output", "model", "data.raw")
    #expect(training.ending == .exited(0), "\(training.messageText)")
    let total = training.messageText.split(separator: "\n").last { $0.contains(" total ") } ?? ""
    #expect(total.split(separator: " ").suffix(2) == [network.parameters[...], network.operations[...]])
    let losses = try place.text(of: "log.jsonl").matches(of: /"training_loss":([\d.]+)/)
      .compactMap { Double($0.1) }
    try #require(losses.count == 2)
    #expect(losses[1] < losses[0])
    let predictions = try place.run("fm-predict", "--model", "model", "data.raw")
    #expect(predictions.ending == .exited(0), "\(predictions.messageText)")
    #expect(predictions.text.split(separator: "\n").count == 1 + images.count)
  }

  /// The words come from the list that the error about an unknown word offers.
  @Test func everyWordOfTheGrammarIsExplained() throws {
    let outcome = try Workplace().run("fm-train", "--arch", "nonsense", "--output", "model")
    let list = try #require(outcome.messageText.firstMatch(of: /nor one of ([a-z, ]+)/)).1
    let words = list.split { !$0.isLetter }
    #expect(words.count >= 14)
    for word in words {
      #expect(networkDocument.firstMatch(of: try Regex("(?m)^(    .*\\b|### )\(word)\\b")) != nil, "\(word)")
    }
  }

  @Test(arguments: [
    "conv:16 relu residual( conv:32,stride=2 norm relu ) pool", "linear:64 conv:16",
  ])
  func messagesMatchTheDocument(_ specification: String) throws {
    let place = try Workplace()
    try place.write(SmallStream(SmallImages(count: 20, height: 28, width: 28)).bytes, to: "data.raw")
    let outcome = try place.run("fm-train", "--arch", specification, "--output", "model", "data.raw")
    #expect(outcome.ending == .exited(64))
    #expect(networkDocument.contains("    \(outcome.messageText)"), "\(outcome.messageText)")
  }
}
