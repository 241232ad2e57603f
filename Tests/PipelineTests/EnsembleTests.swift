// fm-predict with several models: the mean of their probabilities, in every format; incompatible models are named.
import Foundation
import Testing

@Suite struct EnsembleTests {
  /// A folder with two streams and three models, of which `two` averages over mirror images and is calibrated.
  private static let prepared = PreparedFolder { place in
    let images = SmallImages(count: 120)
    try place.write(SmallStream(images, classes: ["a", "b", "c"]).bytes, to: "data.raw")
    try place.write(SmallStream(images).bytes, to: "nameless.raw")
    let script = """
      set -e
      train() { fm-train --quiet --epochs 1 --output "$@"; }
      train one --arch 'linear:4 relu' data.raw
      train two --arch 'conv:3 relu pool' --augment flip --average flip --calibrate data.raw
      train three --arch 'relu' --seed 3 nameless.raw
      """
    let outcome = try place.shell(script)
    try #require(outcome.ending == .exited(0), "\(outcome.messageText)")
  }

  private static func place() throws -> Workplace { try prepared.copy() }

  /// The probabilities of a table: its last three columns.
  private func probabilities(_ text: String) -> [[Double]] {
    text.split(separator: "\n").dropFirst().map {
      $0.split(separator: "\t").suffix(3).map { Double($0) ?? .nan }
    }
  }

  private func predict(_ place: Workplace, _ options: String...) throws -> Outcome {
    let outcome = try place.start("fm-predict", options + ["data.raw"]).finish()
    #expect(outcome.ending == .exited(0) && outcome.messageText.isEmpty, "\(outcome.messageText)")
    return outcome
  }

  @Test func probabilitiesAreTheMeanOfTheModels() throws {
    let place = try Self.place()
    let each = try ["one", "two", "three"].map {
      probabilities(try predict(place, "-m", $0, "--probabilities").text)
    }
    let together = try predict(place, "-m", "one", "--model", "two", "-m", "three", "--probabilities")
    let rows = probabilities(together.text)
    #expect(rows.count == 120 && together.text.hasPrefix("record\ttruth\tclass\tprobability\tp:a\tp:b\tp:c"))
    for (index, row) in rows.enumerated() {
      #expect(row.count == 3)
      for column in 0..<3 {
        let mean = (each[0][index][column] + each[1][index][column] + each[2][index][column]) / 3
        // The text is rounded to Float.
        #expect(abs(row[column] - mean) <= 1e-7, "\(index), \(column)")
      }
    }
  }

  @Test func everyFormatHasTheSameBytesForAnyNumberOfThreads() throws {
    let place = try Self.place()
    for format in [
      ["--probabilities"], ["--log-probabilities"], ["--top", "3", "--format", "csv"], ["--format", "jsonl"],
      ["--format", "raw"],
    ] {
      let outputs = try ["1", "2", "5"].map { jobs in
        try place.start(
          "fm-predict",
          ["-m", "one", "-m", "two", "-m", "three", "data.raw", "--batch-size", "7", "--jobs", jobs] + format
        ).finish()
      }
      #expect(outputs.allSatisfy { $0.ending == .exited(0) && $0.output == outputs[0].output })
      #expect(!outputs[0].output.isEmpty)
    }
  }

  @Test func theStreamNamesAllModels() throws {
    let place = try Self.place()
    #expect(
      try place.shell("fm-predict -m one -m two data.raw --format raw > out.raw").ending == .exited(0))
    let report = try place.run("fm-info", "out.raw").text
    #expect(report.contains("fm-predict -m one -m two"), "\(report)")
    // fm-eval reads the records like those of one model.
    #expect(try place.run("fm-eval", "out.raw").ending == .exited(0))
  }

  @Test func severalModelsPredictPicturesToo() throws {
    let place = try Self.place()
    let script = """
      set -e
      raw2png data.raw --directory pictures --limit 9
      find pictures -name '*.png' | sort > names
      fm-predict -m one -m two -m three --paths --probabilities < names
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let ofPictures = probabilities(outcome.text)
    #expect(ofPictures.count == 9 && ofPictures.allSatisfy { $0.count == 3 }, "\(outcome.text)")
    let ofRecords = probabilities(
      try predict(place, "-m", "one", "-m", "two", "-m", "three", "--probabilities").text)
    #expect(ofPictures == Array(ofRecords.prefix(9)))
  }

  @Test func incompatibleModelsAreNamed() throws {
    let place = try Self.place()
    for (name, images, classes) in [
      ("tall", SmallImages(count: 30, height: 9, width: 8), ["a", "b", "c"]),
      ("more", SmallImages(count: 30, classCount: 4), ["a", "b", "c", "d"]),
      ("other", SmallImages(count: 30), ["a", "x", "c"]),
    ] {
      try place.write(SmallStream(images, classes: classes).bytes, to: "\(name).raw")
      #expect(
        try place.shell("fm-train -q --arch relu --epochs 1 -o \(name) \(name).raw").ending == .exited(0))
    }
    for (second, text) in [
      ("tall", "tall: the model is for images of 9×8, but one is for 8×8"),
      ("more", "more: the model has 4 classes, but one has 3"),
      ("other", "other: class 1 is 'x', but 'b' in one"),
    ] {
      let outcome = try place.run("fm-predict", "-m", "one", "-m", second, "--format", "raw", "data.raw")
      #expect(outcome.ending == .exited(65) && outcome.output.isEmpty)
      #expect(outcome.messageText == "fm-predict: \(text)\n", "\(outcome.messageText)")
    }
    let missing = try place.run("fm-predict", "-m", "one", "-m", "nothing", "--format", "raw", "data.raw")
    #expect(missing.ending == .exited(66) && missing.messageText.contains("nothing: no such file"))
  }

  @Test func invalidCommandLinesAreRefused() throws {
    let place = try Self.place()
    #expect(try place.shell("ln -s one link; mkdir folder").ending == .exited(0))
    for (options, text) in [
      (["-m", "one", "-m", "one"], "--model: 'one' is given twice"),
      (["-m", "one", "-m", "two", "-m", "folder/../one"], "--model: 'folder/../one' is given twice"),
      (["-m", "one", "-m", "link"], "--model: 'link' is given twice"),
      (["-m", "-", "-m", "-"], "standard input can be read once only"),
      ([], "missing expected argument '--model <model>'"),
      (
        ["-m", "two", "-m", "one", "--average", "flip"], "one: the model was trained without mirrored images"
      ),
    ] {
      let outcome = try place.start("fm-predict", options + ["data.raw"]).finish()
      #expect(outcome.ending == .exited(64), "\(options): \(outcome.messageText)")
      #expect(outcome.messageText.contains(text), "\(outcome.messageText)")
      #expect(outcome.output.isEmpty)
    }
    let teachers = try place.shell("fm-train -q --arch relu --teacher one --teacher link -o m data.raw")
    #expect(teachers.ending == .exited(64))
    #expect(teachers.messageText.contains("--teacher: 'link' is given twice"), "\(teachers.messageText)")
  }
}
