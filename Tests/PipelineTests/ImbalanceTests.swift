// Classes of unequal size: what fm-train does about them if asked, and what fm-info and fm-split say.
import Foundation
import Testing

@Suite struct ImbalanceTests {
  private static let classes = ["top", "middle", "bottom"]

  /// Images of three classes, with `counts` images of each.
  private func images(_ counts: [Int]) -> SmallImages {
    let all = SmallImages(count: 600)
    var kept = SmallImages(count: 0)
    var left = counts
    for index in 0..<all.count where left[Int(all.labels[index])] > 0 {
      left[Int(all.labels[index])] -= 1
      kept.labels.append(all.labels[index])
      kept.pixels += all.image(index)
    }
    return kept
  }

  private func place(_ counts: [Int] = [90, 30, 10], names: [String]? = classes) throws -> Workplace {
    let place = try Workplace()
    try place.write(SmallStream(images(counts), classes: names).bytes, to: "data.raw")
    return place
  }

  private static let training = [
    "--arch", "conv:2 relu pool linear:6 relu dropout:0.2", "--epochs", "3", "--batch-size", "10",
    "--validation", "0.3", "--augment", "flip,shift=1", "--output", "m", "data.raw",
  ]

  private func train(_ place: Workplace, _ options: [String]) throws -> Outcome {
    try place.start("fm-train", options + Self.training).finish()
  }

  private func info(_ place: Workplace, _ file: String = "m") throws -> [String: Any] {
    let outcome = try place.run("fm-info", "--format", "json", file)
    return try #require(JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
  }

  private func settings(_ place: Workplace) throws -> [String: String] {
    let training = try #require(info(place)["training"] as? [String: Any])
    return try #require(training["settings"] as? [String: String])
  }

  // MARK: - Refusals

  @Test(
    arguments: [
      (["--class-weights", "balanced", "--sample", "balanced"], "make up for the same imbalance twice"),
      (["--sample", "all"], "'all'"), (["--class-weights", ""], "--class-weights"),
      (
        ["--monitor", "macro.recall", "--validation", "0"],
        "--monitor macro.recall needs held-out images, but --validation 0 holds out none"
      ),
      (
        ["--from", "data.raw", "--epochs", "0", "--calibrate", "--sample", "balanced"],
        "--sample: --epochs 0 trains no model"
      ),
      (["--class-weights", "m"], "--output: m is also read by --class-weights"),
    ])
  func invalidOptionsAreRefused(_ options: [String], _ message: String) throws {
    let place = try place()
    try place.write(Array("top 1\n".utf8), to: "m")
    let arguments = options.contains("--epochs") ? ["-o", "n"] : ["--arch", "relu", "-o", "m", "data.raw"]
    let outcome = try place.start("fm-train", arguments + options).finish()
    #expect(outcome.ending == .exited(64), "\(outcome.messageText)")
    #expect(outcome.messageText.contains(message), "\(outcome.messageText)")
    #expect(try place.names == ["data.raw", "m"])
  }

  @Test func anInvalidFileOfWeightsIsRefusedWithItsLine() throws {
    let place = try place()
    for (text, message) in [
      (
        "top 1\nmiddle 2\n",
        "w: expected a weight for each of the 3 classes, found none for 'bottom'; add a line"
      ),
      (
        "top 1\nhat 2\n",
        "w: line 2: expected one of the 3 classes of the training images or its number, found 'hat'"
      ),
      (
        "top 0\n",
        "w: line 1: expected a weight from 0.000001 to 1000000, found '0'; to ignore a class"
      ),
    ] {
      try place.write(Array(text.utf8), to: "w")
      let outcome = try train(place, ["--class-weights", "w"])
      #expect(outcome.ending == .exited(65))
      #expect(outcome.messageText.hasPrefix("fm-train: \(message)"), "\(outcome.messageText)")
      #expect(outcome.messageLines.count == 1)
    }
    #expect(try train(place, ["--class-weights", "no/such"]).ending == .exited(66))
    #expect(try place.names == ["data.raw", "w"])
  }

  // MARK: - Training

  /// The classes have 63, 21 and 7 training images, 91 in all, since 0.3 of each class is held out.
  @Test func weightsAreRecordedAsUsed() throws {
    let place = try place()
    let plain = try train(place, ["--quiet"])
    #expect(plain.ending == .exited(0) && plain.messageText == "")
    #expect(try settings(place)["class-weights"] == nil && settings(place)["sample"] == nil)
    let model = try place.bytes(of: "m")

    let weighted = try train(place, ["--class-weights", "balanced", "--log", "log"])
    #expect(weighted.ending == .exited(0), "\(weighted.messageText)")
    let recorded = try #require(settings(place)["class-weights"])
    let texts = [63, 21, 7].map { "\(Float(91.0 / 3 / Double($0)))" }
    #expect(recorded == "balanced (\(texts.joined(separator: ", ")))")
    #expect(try place.run("fm-info", "m").text.contains("--class-weights balanced ("))
    #expect(try place.bytes(of: "m") != model)
    // The mean recall is reported whenever the classes are balanced.
    #expect(weighted.messageText.contains("  recall"), "\(weighted.messageText)")
    #expect(try place.text(of: "log").contains("\"validation_macro_recall\":"))
    #expect(try place.run("fm-info", "m").text.contains("validation, the mean of the classes' recalls"))

    try place.write(Array("top 1\nmiddle 2.5\nbottom 4\n".utf8), to: "w.tsv")
    #expect(try train(place, ["--quiet", "--class-weights", "w.tsv"]).ending == .exited(0))
    #expect(try settings(place)["class-weights"] == "w.tsv (1.0, 2.5, 4.0)")
    // Weights say how much errors cost, so they may be combined with balanced sampling.
    #expect(
      try train(place, ["--quiet", "--class-weights", "w.tsv", "--sample", "balanced"]).ending == .exited(0))
    #expect(try settings(place)["sample"] == "balanced")
  }

  /// A preset compares epochs by accuracy, which frequent classes dominate, or by recall if the classes are balanced.
  @Test func aPresetComparesEpochsByRecallIfClassesAreBalanced() throws {
    let place = try place()
    for (options, monitor) in [
      ([], "accuracy"), (["--class-weights", "balanced"], "macro.recall"),
      (["--sample", "balanced"], "macro.recall"), (["--sample", "each"], "accuracy"),
      (["--sample", "balanced", "--monitor", "accuracy"], "accuracy"),
      (["--sample", "balanced", "--monitor", "loss"], "loss"),
    ] {
      let line = ["--quiet", "--arch", "ffnn", "--epochs", "1", "-o", "m", "data.raw"]
      #expect(try place.start("fm-train", line + options).finish().ending == .exited(0))
      #expect(try settings(place)["monitor"] == monitor, "\(options)")
    }
  }

  @Test(arguments: [["--class-weights", "balanced"], ["--sample", "balanced", "--class-weights", "w"]])
  func threadsAndInterruptionsDoNotChangeTheModel(_ options: [String]) throws {
    let place = try place()
    try place.write(Array("0\t0.5\n1\t2\n2\t4\n".utf8), to: "w")
    var training = Self.training
    training[3] = "\(interruptedEpochs)"
    func train(_ options: [String]) throws -> Outcome {
      try place.start("fm-train", options + training).finish()
    }
    #expect(try train(options + ["--jobs", "1", "--quiet"]).ending == .exited(0))
    let whole = try place.bytes(of: "m")
    for jobs in ["2", "5"] {
      #expect(try train(options + ["--jobs", jobs, "--quiet"]).ending == .exited(0))
      #expect(try place.bytes(of: "m") == whole, "\(jobs) threads")
    }
    let checkpoint = ["--checkpoint", "run", "--resume"]
    for epochs in [0, 1, 0] {
      try place.interruptTraining(
        options + checkpoint + ["--checkpoint-every", "0"] + training, after: epochs, signal: SIGTERM)
    }
    let last = try train(options + checkpoint)
    #expect(last.ending == .exited(0), "\(last.messageText)")
    #expect(try place.bytes(of: "m") == whole)
    #expect(try place.run("fm-info", "run").text.contains(", mean recall "))

    // A run with other weights is another run.
    try place.write(Array("0\t0.5\n1\t2\n2\t5\n".utf8), to: "v")
    let other = try train(checkpoint + ["--class-weights", "v"])
    #expect(other.ending == .exited(65))
    #expect(other.messageText.contains("the checkpoint has class-weights "), "\(other.messageText)")
    #expect(other.messageText.contains("this run has v (0.5, 2.0, 5.0)"), "\(other.messageText)")
  }

  @Test func rangeTestsAndFurtherTrainingCanBeBalancedToo() throws {
    let place = try place()
    let line = ["--lr-find", "--arch", "linear:4 relu", "data.raw"]
    let plain = try place.start("fm-train", line).finish()
    #expect(plain.ending == .exited(0), "\(plain.messageText)")
    for options in [["--class-weights", "balanced"], ["--sample", "balanced"]] {
      let other = try place.start("fm-train", line + options).finish()
      #expect(other.ending == .exited(0) && other.text.contains("suggested"), "\(other.messageText)")
      #expect(other.text != plain.text)
    }
    #expect(try train(place, ["--quiet"]).ending == .exited(0))
    for options in [["--class-weights", "balanced"], ["--sample", "balanced"]] {
      let line = ["--quiet", "--from", "m", "--epochs", "1", "-o", "n", "data.raw"]
      let outcome = try place.start("fm-train", line + options).finish()
      #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    }
  }

  /// The class names reveal a class without training images.
  @Test func classesWithoutImagesAreReported() throws {
    let place = try place([40, 0, 20])
    for (option, words) in [("--class-weights", "gets no weight"), ("--sample", "cannot be shown")] {
      let outcome = try train(place, [option, "balanced"])
      #expect(outcome.ending == .exited(0))
      #expect(
        outcome.messageText.contains(
          "fm-train: \(option) balanced: there is no training image of class 'middle', which \(words)\n"),
        "\(outcome.messageText)")
      #expect(try train(place, [option, "balanced", "--quiet"]).messageText == "")
    }
    #expect(try train(place, ["--class-weights", "balanced", "--quiet"]).ending == .exited(0))
    // The other classes have 28 and 14 training images.
    #expect(try settings(place)["class-weights"] == "balanced (0.75, none, 1.5)")
  }

  // MARK: - Reports on streams

  @Test func fmInfoReportsTheImbalance() throws {
    let place = try place([90, 30, 10])
    let text = try place.run("fm-info", "data.raw").text
    #expect(
      text.contains("  balance     the largest class has 9.0 times the records of the smallest\n"), "\(text)")
    #expect(try info(place, "data.raw")["imbalance"] as? Double == 9)
    let extreme = try self.place([90, 0, 3])
    let words = try extreme.run("fm-info", "data.raw").text.split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
    #expect(
      words.contains(
        "the largest class has 30.0 times the records of the smallest; 1 class has none; 'fm-train --class-weights balanced'"
          + " and '--sample balanced' make up for it"), "\(words)")
  }

  @Test func fmSplitReportsClassesThatAPartLacks() throws {
    let place = try place([100, 20, 1])
    let line = ["--validation", "0.2", "--train", "t", "--held-out", "v", "data.raw"]
    let outcome = try place.start("fm-split", line).finish()
    #expect(outcome.ending == .exited(0))
    #expect(
      outcome.messageLines == [
        "fm-split: data.raw: the training part has fewer than 10 of 'bottom' (1)",
        "fm-split: data.raw: the validation part has no record of 'bottom', and fewer than 10 of 'middle' (4)",
      ], "\(outcome.messageText)")
    for option in ["-q", "--quiet"] {
      #expect(try place.start("fm-split", line + [option]).finish().messageText == "")
    }
    // A part that is not written is not reported.
    let training = try place.run("fm-split", "--emit", "train", "data.raw")
    #expect(training.messageLines.count == 1 && !training.output.isEmpty)
    let even = try self.place([50, 50, 50])
    #expect(
      try even.start("fm-split", ["--train", "t", "--held-out", "v", "data.raw"]).finish().messageText == "")
  }
}
