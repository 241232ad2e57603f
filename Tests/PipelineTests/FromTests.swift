// fm-train --from: training that continues from a model's weights.
import Foundation
import Testing

/// Options whose steps change no weight: the model is written with the weights that were read.
private let still = "--epochs 1 --learning-rate 1e-30 --validation 0"

@Suite struct FromTests {
  private static let fixtures = "\(Workplace.package)/Tests/ModelFilesTests/Fixtures"

  /// A folder with a stream, data.raw, of 60 images with names of classes, and a model that was trained on it.
  private static let prepared = PreparedFolder { place in
    let images = SmallImages(count: 60)
    try place.write(SmallStream(images, classes: ["top", "middle", "bottom"]).bytes, to: "data.raw")
    try place.write(SmallStream(images).bytes, to: "nameless.raw")
    let outcome = try place.shell(
      """
      fm-train --quiet --arch 'conv:4 relu pool linear:6 relu dropout:0.1' --epochs 12 --batch-size 8 \\
        --learning-rate 0.01 --output first data.raw
      """)
    try #require(outcome.ending == .exited(0), "\(outcome.messageText)")
  }

  private func trained() throws -> Workplace { try Self.prepared.copy() }

  @Test func theWeightsAreThoseOfTheModel() throws {
    let place = try trained()
    let script = """
      set -e
      fm-train --quiet --from first \(still) --output second data.raw
      fm-train --quiet --from - \(still) --output third data.raw < first
      fm-train --quiet --from first --arch 'conv:4 relu pool linear:6 relu' \(still) --output fourth nameless.raw
      for model in first second third fourth; do fm-predict --model $model --probabilities data.raw | cksum; done
      fm-info --format json second
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let lines = outcome.text.split(separator: "\n", maxSplits: 4).map(String.init)
    #expect(Set(lines.prefix(4)).count == 1, "\(lines.prefix(4))")

    let second = try #require(JSONSerialization.jsonObject(with: Data(lines[4].utf8)) as? [String: Any])
    #expect(second["architecture"] as? String == "conv:4 relu pool linear:6 relu dropout:0.1")
    let history = try #require(second["history"] as? [String])
    #expect(history.count == 3)
    #expect(history.first == "test")
    #expect(history.dropFirst().first?.hasPrefix("fm-train --arch 'conv:4") == true)
    #expect(history.last?.hasPrefix("fm-train --from first") == true)
    let training = try #require(second["training"] as? [String: Any])
    let settings = try #require(training["settings"] as? [String: String])
    #expect(settings["from"] == "first")
    #expect(settings["init"] == nil)
  }

  /// Training continues where it ended: the loss of the first epoch is far below that of random weights.
  @Test func theLossContinuesWhereItEnded() throws {
    let place = try trained()
    let script = """
      set -e
      fm-train --quiet --from first --epochs 1 --batch-size 8 --log again.jsonl --output second data.raw
      fm-train --quiet --arch 'conv:4 relu pool linear:6 relu dropout:0.1' --epochs 1 --batch-size 8 \\
        --log anew.jsonl --output third data.raw
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    func loss(_ log: String) throws -> Double {
      let line = try #require(
        place.text(of: log).split(separator: "\n").first { $0.contains("\"epoch\":1,") })
      let epoch = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      return try #require(epoch["training_loss"] as? Double)
    }
    let (again, anew) = (try loss("again.jsonl"), try loss("anew.jsonl"))
    #expect(again < 0.5 * anew, "\(again), \(anew)")
  }

  @Test func trainingContinuesFromAStateDict() throws {
    let place = try Workplace()
    try place.write(SmallStream(SmallImages(count: 20)).bytes, to: "data.raw")
    let script = """
      set -e
      fm-train --quiet --from "$1/torch-certain.pth" --arch 'linear:6 relu' \(still) --output model data.raw
      fm-predict --model model --log-probabilities data.raw > ours
      fm-predict --model "$1/torch-certain.pth" --arch 'linear:6 relu' --log-probabilities data.raw > theirs
      cmp ours theirs
      """
    let outcome = try place.shell(script, [Self.fixtures])
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(try place.text(of: "ours").split(separator: "\n").count == 21)
  }

  @Test(arguments: [
    (
      "--arch 'conv:4 relu pool linear:7 relu' data.raw", 65,
      "not 'conv:4 relu pool linear:7 relu'; leave out"
    ),
    ("--arch list: data.raw", 64, "list:"),
    ("--init reference data.raw", 64, "--init draws first weights, but --from takes a model's"),
    ("wide.raw", 65, "first: the model is for images of 8×8, but the training images are 8×9"),
    (
      "four.raw", 65,
      "first: the training images are for other classes: their classes have 'a', 'b', 'c', 'd', and lack 'top'"
    ),
    (
      "two.raw", 65,
      "first: the training images are for other classes: their classes lack 'bottom' of the model"
    ),
    (
      "others.raw", 65,
      "first: the training images are for other classes: their classes have 'centre', and lack 'middle' of the model"
    ),
    (
      "nameless-four.raw", 65,
      "first: the model has 3 classes, but the training images have 4; to learn other classes, add --new-output"
    ),
    ("--new-output wide.raw", 65, "first: the model is for images of 8×8, but the training images are 8×9"),
    ("--new-output --validation data.raw four.raw", 65, "data.raw: its classes"),
  ])
  func anIncompatibleModelIsRefused(_ arguments: String, _ status: Int32, _ text: String) throws {
    let place = try trained()
    let wide = SmallImages(count: 9, width: 9)
    let four = SmallImages(count: 40, classCount: 4)
    let two = SmallImages(count: 9, classCount: 2)
    let three = SmallImages(count: 9)
    for (name, stream) in [
      ("wide", SmallStream(wide)), ("four", SmallStream(four, classes: ["a", "b", "c", "d"])),
      ("two", SmallStream(two, classes: ["top", "middle"])), ("nameless-four", SmallStream(four)),
      ("others", SmallStream(three, classes: ["top", "centre", "bottom"])),
    ] {
      try place.write(stream.bytes, to: "\(name).raw")
    }
    let outcome = try place.shell("fm-train --quiet --from first --epochs 1 --output second \(arguments)")
    #expect(outcome.ending == .exited(status), "\(outcome.messageText)")
    #expect(outcome.messageText.contains(text), "\(outcome.messageText)")
    #expect(outcome.messageText.split(separator: "\n").count == 1)
    #expect(try !place.names.contains("second"))
  }

  /// The bytes of a model's tensors, by name.
  private func tensors(_ name: String, in place: Workplace) throws -> [String: Data] {
    let file = Data(try place.bytes(of: name))
    let length = file.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    let header = try #require(
      JSONSerialization.jsonObject(with: file.dropFirst(8).prefix(length)) as? [String: Any])
    let content = file.dropFirst(8 + length)
    return header.compactMapValues { ($0 as? [String: Any])?["data_offsets"] as? [Int] }
      .mapValues { content.dropFirst($0[0]).prefix($0[1] - $0[0]) }
  }

  @Test func aNewOutputLayerIsRandomAndTheOthersAreKept() throws {
    let place = try trained()
    let four = SmallImages(count: 40, classCount: 4)
    try place.write(SmallStream(four, classes: ["a", "b", "c", "d"]).bytes, to: "four.raw")
    let script = """
      set -e
      fm-train --quiet --from first --new-output \(still) --output second four.raw
      fm-train --quiet --from first --new-output --seed 1 \(still) --output third four.raw
      fm-train --quiet --from first --new-output --epochs 3 --output learned four.raw
      fm-predict --model learned four.raw > predictions
      fm-info --format json second
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let report = try #require(
      JSONSerialization.jsonObject(with: Data(outcome.text.utf8)) as? [String: Any])
    #expect(report["classes"] as? [String] == ["a", "b", "c", "d"])
    let settings = (report["training"] as? [String: Any])?["settings"] as? [String: String]
    #expect(settings?["new-output"] == "true")

    let (first, second) = (try tensors("first", in: place), try tensors("second", in: place))
    let third = try tensors("third", in: place)
    #expect(first.count == 6 && Set(first.keys) == Set(second.keys))
    for (name, values) in second where !name.hasPrefix("out.") {
      #expect(values == first[name] && values == third[name], "\(name)")
    }
    #expect(second["out.weight"] != third["out.weight"])
    #expect(second["out.weight"]?.count == 4 * 4 * 6)
  }

  @Test func globalPoolingLetsANetworkLearnFromImagesOfAnotherSize() throws {
    let place = try trained()
    try place.write(SmallStream(SmallImages(count: 20, height: 12, width: 9)).bytes, to: "large.raw")
    let script = """
      set -e
      fm-train --quiet --arch 'conv:4 norm relu pool conv:4 relu pool:global' --epochs 1 --output small data.raw
      fm-train --from small \(still) --output large large.raw
      fm-train --quiet --from small --new-output \(still) --output other large.raw
      fm-predict --model large large.raw > predictions
      fm-predict --model small large.raw
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(65), "\(outcome.messageText)")
    #expect(
      outcome.messageText.contains("fm-train: small is for images of 8×8; the new model is for 12×9\n"),
      "\(outcome.messageText)")
    #expect(try place.text(of: "predictions").split(separator: "\n").count == 21)
    let (small, large) = (try tensors("small", in: place), try tensors("large", in: place))
    #expect(large.count == small.count)
    for name in ["conv1.weight", "conv2.weight", "norm1.weight", "out.weight"] {
      #expect(large[name] == small[name], "\(name)")
    }
    #expect(try place.run("fm-info", "large").text.contains("12×9"))
    // A dense layer needs one size.
    let dense = try place.run("fm-train", "--from", "first", "--output", "m", "large.raw")
    #expect(dense.ending == .exited(65))
    #expect(
      dense.messageText.contains("first: the model is for images of 8×8, but the training images are 12×9"))
  }

  @Test func anInvalidModelIsRefusedBeforeTheImagesAreRead() throws {
    let place = try trained()
    for (from, status, text) in [
      ("nothing", 66, "nothing: no such file"),
      ("data.raw", 65, "data.raw: this is a tensor stream, not a model"),
      ("-", 64, "standard input can be read once only"),
    ] {
      let outcome = try place.run("fm-train", "--from", from, "--output", "second")
      #expect(outcome.ending == .exited(Int32(status)), "\(from): \(outcome.messageText)")
      #expect(outcome.messageText.contains(text), "\(outcome.messageText)")
    }
    let outcome = try place.run("fm-train", "--output", "second", "data.raw")
    #expect(outcome.ending == .exited(64))
    #expect(outcome.messageText.contains("missing expected argument '--arch <spec>'"))
  }
}
