// Averaging over views, from training to prediction: a model records them, and options that contradict it are refused.
import Foundation
import Testing

@Suite struct AveragingTests {
  /// A folder with a stream and two models: `flip`, trained and judged with mirror images, and `plain`.
  private static let prepared = PreparedFolder { place in
    try place.write(SmallStream(SmallImages(count: 120)).bytes, to: "data.raw")
    for (name, options) in [
      ("flip", ["--augment", "flip,shift=1,erase=0.5", "--average", "flip"]), ("plain", []),
    ] {
      let training = try place.start(
        trainLine[0], trainLine.dropFirst() + options + ["--output", name, "data.raw"]
      ).finish()
      try #require(training.ending == .exited(0), "\(training.messageText)")
    }
  }

  private static func place() throws -> Workplace { try prepared.copy() }

  private func predict(_ place: Workplace, _ options: String...) throws -> Outcome {
    try place.start("fm-predict", ["data.raw", "--model"] + options).finish()
  }

  @Test func theModelRecordsHowToPredict() throws {
    let place = try Self.place()
    for format in [["--probabilities"], ["--top", "2"], ["--format", "raw"]] {
      func output(_ options: String...) throws -> [UInt8] {
        let outcome = try place.start("fm-predict", ["data.raw", "--model"] + options + format).finish()
        #expect(outcome.ending == .exited(0) && outcome.messageText.isEmpty, "\(outcome.messageText)")
        // A stream ends with the command lines, which differ.
        return format == ["--format", "raw"]
          ? outcome.output.prefix(1_700).map(\.self) : outcome.output.map(\.self)
      }
      #expect(try output("flip") == output("flip", "--average", "flip"))
      #expect(try output("flip") != output("flip", "--average", "none"))
      #expect(try output("plain") == output("plain", "--average", "none"))
    }
    let report = try place.run("fm-info", "flip").text
    #expect(report.contains("the mean over an image and its mirror image"))
    #expect(report.contains("--augment flip,shift=1,erase=0.5  --average flip"))
    #expect(try !place.run("fm-info", "plain").text.contains("mirror"))
  }

  @Test func viewsThatContradictTheModelAreRefusedUnlessForced() throws {
    let place = try Self.place()
    let refused = try predict(place, "plain", "--average", "flip")
    #expect(refused.ending == .exited(64))
    #expect(
      refused.messageText
        == "fm-predict: plain: the model was trained without mirrored images, and would answer worse if it averaged over"
        + " them; leave out --average flip, train with --augment flip, or use --force\n")
    #expect(refused.output.isEmpty)
    let forced = try predict(place, "plain", "--average", "flip", "--force")
    #expect(forced.ending == .exited(0) && forced.messageText.isEmpty)
    #expect(forced.text != (try predict(place, "plain").text))
  }

  @Test func trainingRefusesToAverageOverViewsItDoesNotShow() throws {
    let place = try Self.place()
    let line = trainLine + ["--average", "flip", "--output", "m", "data.raw"]
    let refused = try place.start(line[0], Array(line.dropFirst())).finish()
    #expect(refused.ending == .exited(64))
    #expect(refused.messageText.contains("add --augment flip"), "\(refused.messageText)")
    #expect(!(try place.names).contains("m"))
    let forced = try place.start(line[0], line.dropFirst() + ["--force"]).finish()
    #expect(forced.ending == .exited(0), "\(forced.messageText)")
  }

  @Test func shiftedViewsAreRecordedUsedAndRefused() throws {
    let place = try Self.place()
    let line = trainLine + ["--augment", "shift=2", "--average", "shift=2", "--output", "moved", "data.raw"]
    let trained = try place.start(line[0], Array(line.dropFirst())).finish()
    #expect(trained.ending == .exited(0), "\(trained.messageText)")
    // fm-info wraps its lines.
    let words = try place.run("fm-info", "moved").text.split(whereSeparator: \.isWhitespace)
    #expect(
      words.joined(separator: " ").contains(
        "the mean over an image as it is and moved by 2 pixels in two directions"))
    let own = try predict(place, "moved").text
    #expect(try own == predict(place, "moved", "--average", "shift=2").text)
    #expect(try own != predict(place, "moved", "--average", "none").text)
    #expect(try own != predict(place, "moved", "--average", "shift=1").text)
    for (views, text) in [
      ("shift=3", "was trained without images moved by 3 pixels"),
      ("flip,shift=1", "was trained without mirrored"),
      ("shift=17", "'shift=17'"), ("shift", "'shift'"), ("ten-crops", "'ten-crops'"),
    ] {
      let refused = try predict(place, "moved", "--average", views)
      #expect(refused.ending == .exited(64) && refused.messageText.contains(text), "\(refused.messageText)")
    }
    let contradiction =
      trainLine + ["--augment", "flip,shift=1", "--average", "flip,shift=2", "-o", "m", "data.raw"]
    let refused = try place.start(contradiction[0], Array(contradiction.dropFirst())).finish()
    #expect(refused.ending == .exited(64))
    #expect(refused.messageText.contains("add --augment shift=2"), "\(refused.messageText)")
  }

  @Test func invalidAugmentationsAreNamed() throws {
    let place = try Workplace()
    try place.write(SmallStream(SmallImages(count: 20)).bytes, to: "data.raw")
    for (text, complaint) in [
      ("flop", "'flop' is unknown"), ("shift=8", "--augment shift=8 could move images of 8×8 out of sight"),
      ("erase=2", "'erase=2': expected erase=PROBABILITY"),
    ] {
      let line = trainLine + ["--augment", text, "--output", "m", "data.raw"]
      let refused = try place.start(line[0], Array(line.dropFirst())).finish()
      #expect(refused.ending == .exited(64))
      #expect(refused.messageText.contains(complaint), "\(refused.messageText)")
    }
  }
}
