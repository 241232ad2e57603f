// Models that PyTorch saved, in the commands: their predictions, their log loss, and refusals.
import Foundation
import Testing

/// A PyTorch network among the fixtures of ModelFilesTests, and its predictions of some images. The script there made
/// both.
private struct SavedNetwork {
  let path: String
  let architecture: String
  /// [N, classes]
  let probabilities: [[Double]]
  let logarithms: [[Double]]
  let images: SmallImages

  init(_ name: String) throws {
    let fixtures = "\(Workplace.package)/Tests/ModelFilesTests/Fixtures/torch-\(name)"
    path = "\(fixtures).pth"
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(fixtures).json"))
    let expected = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    architecture = try #require(expected["architecture"] as? String)
    probabilities = try #require(expected["probabilities"] as? [[Double]])
    logarithms = try #require(expected["log_probabilities"] as? [[Double]])
    let shape = try #require(expected["shape"] as? [Int])
    var images = SmallImages(
      count: shape[0], classCount: logarithms[0].count, height: shape[1], width: shape[2])
    images.pixels = images.pixels.indices.map { UInt8(truncatingIfNeeded: 167 * $0 + 29 * ($0 / 13)) }
    self.images = images
  }
}

extension Workplace {
  /// For each row of JSON Lines, the values of the object at `key`, in the order of the classes.
  fileprivate func values(_ key: String, of rows: [UInt8]) throws -> [[Double]] {
    try rows.split(separator: UInt8(ascii: "\n")).map { line in
      let row = try #require(JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
      let values = try #require(row[key] as? [String: Double])
      return try (0..<values.count).map { try #require(values["\($0)"]) }
    }
  }
}

/// The largest |x − y| / max(1, |y|) over all values; infinite if the counts differ or a value is not finite.
private func largestDifference(_ values: [[Double]], _ expected: [[Double]]) -> Double {
  guard values.map(\.count) == expected.map(\.count),
    (values + expected).joined().allSatisfy(\.isFinite)
  else { return .infinity }
  return zip(values.joined(), expected.joined()).reduce(0) { largest, pair in
    max(largest, abs(pair.0 - pair.1) / max(1, abs(pair.1)))
  }
}

@Suite struct PyTorchFlowTests {
  @Test func differencesWithNaNOrOtherCountsAreInfinite() {
    #expect(largestDifference([[1]], [[1, 2]]) == .infinity)
    #expect(largestDifference([[.nan, 1]], [[1, 1]]) == .infinity)
    #expect(largestDifference([[1, 1]], [[1, .nan]]) == .infinity)
    #expect(largestDifference([[1, 2]], [[1, 2.5]]) == 0.2)
  }

  /// The certain network's logits are differences of some thousands. In single precision, PyTorch itself is 9e-6 away
  /// from its results in double precision, and sums in another order are as far away in another direction.
  @Test(arguments: ["convolutional", "certain"])
  func predictionsMatchPyTorch(name: String) throws {
    let network = try SavedNetwork(name)
    let place = try Workplace()
    try place.write(SmallStream(network.images).bytes, to: "images")
    let model = ["--model", network.path, "--arch", network.architecture, "--format", "jsonl"]
    let plain = try place.start("fm-predict", model + ["--probabilities", "images"]).finish()
    #expect(plain.ending == .exited(0), "\(plain.messageText)")
    let probabilities = try place.values("probabilities", of: plain.output)
    let bound = name == "certain" ? 3e-5 : 1e-6
    let difference = largestDifference(probabilities, network.probabilities)
    #expect(difference <= bound, "\(difference)")

    let logarithmic = try place.start("fm-predict", model + ["--log-probabilities", "images"]).finish()
    #expect(logarithmic.ending == .exited(0), "\(logarithmic.messageText)")
    let logarithms = try place.values("log_probabilities", of: logarithmic.output)
    let logarithmDifference = largestDifference(logarithms, network.logarithms)
    #expect(logarithmDifference <= bound, "\(logarithmDifference)")
  }

  /// The loss can be 287 nats for a class whose probability is 0 in Float.
  @Test(arguments: ["tsv", "csv", "jsonl", "raw"])
  func theLogLossOfLogProbabilitiesHasNoBound(format: String) throws {
    let network = try SavedNetwork("certain")
    let place = try Workplace()
    try place.write(SmallStream(network.images).bytes, to: "images")
    let script = """
      fm-predict --model "$1" --arch "$2" --log-probabilities --format \(format) images | fm-eval --format json
      fm-predict --model "$1" --arch "$2" --format raw images | fm-eval --format json > plain.json
      """
    let outcome = try place.shell(script, [network.path, network.architecture])
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let report = try #require(JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
    let losses = zip(network.logarithms, network.images.labels).map { -$0[Int($1)] }
    let expected = losses.reduce(0, +) / Double(losses.count)
    let loss = try #require(report["log_loss"] as? Double)
    #expect(expected > 60)
    #expect(abs(loss - expected) <= 1e-5 * expected, "\(loss), expected \(expected)")

    // All other figures equal those from probabilities.
    let plain = try place.report("plain.json")
    #expect(try #require(plain["log_loss"] as? Double) < 37)
    for key in ["records", "correct"] { #expect(report[key] as? Int == plain[key] as? Int) }
    for key in ["accuracy", "brier", "ece", "mcc"] {
      let (ours, theirs) = (try #require(report[key] as? Double), try #require(plain[key] as? Double))
      #expect(abs(ours - theirs) <= 1e-6, "\(key)")
    }
  }

  @Test func layersMustFitTheTensorsOfAStateDict() throws {
    let network = try SavedNetwork("convolutional")
    let place = try Workplace()
    try place.write(SmallStream(network.images).bytes, to: "images")
    for (arguments, text) in [
      (
        [],
        "the tensors match no preset, and the file does not say which layers they belong to; the nearest"
      ),
      (["--arch", "conv:4 relu pool"], "unexpected conv2.weight [8, 4, 3, 3]"),
      (["--arch", "conv:4 relu pool conv:8 relu linear:16"], "fc1.weight is [16, 392], expected [16, 1568]"),
    ] {
      let outcome = try place.start("fm-predict", ["--model", network.path] + arguments + ["images"]).finish()
      #expect(outcome.ending == .exited(65), "\(outcome.messageText)")
      #expect(outcome.messageText.contains(text), "\(outcome.messageText)")
      // Given layers are compared with the tensors once the images' size is known, when the output has already begun.
      #expect(outcome.text == (arguments.isEmpty ? "" : "#failed\t" + outcome.messageText))
    }
  }
}
