// Models that learn from teachers and record them; models that cannot teach are named.
import Foundation
import Testing

@Suite struct TeacherTests {
  /// A folder with a stream and two models.
  private static let prepared = PreparedFolder { place in
    try place.write(SmallStream(SmallImages(count: 120), classes: ["a", "b", "c"]).bytes, to: "data.raw")
    for name in ["one", "two"] {
      let training = try place.start(
        trainLine[0],
        trainLine.dropFirst() + [
          "--augment", "flip", "--average", "flip", "--seed", name == "one" ? "1" : "2", "-o", name,
          "data.raw",
        ]
      ).finish()
      try #require(training.ending == .exited(0), "\(training.messageText)")
    }
  }

  private static func place() throws -> Workplace { try prepared.copy() }

  private func train(_ place: Workplace, _ options: String...) throws -> Outcome {
    try place.start(trainLine[0], trainLine.dropFirst() + options).finish()
  }

  @Test func theModelNamesItsTeachersAndTheirHistory() throws {
    let place = try Self.place()
    for jobs in ["1", "3"] {
      let outcome = try train(
        place, "--teacher", "one", "--teacher", "two", "--teacher-weight", "0.7", "--temperature", "2",
        "--jobs", jobs, "-o", "student-\(jobs)", "data.raw")
      #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    }
    let report = try place.run("fm-info", "--format", "json", "student-1")
    let model = try #require(JSONSerialization.jsonObject(with: Data(report.output)) as? [String: Any])
    let training = try #require(model["training"] as? [String: Any])
    let settings = try #require(training["settings"] as? [String: String])
    #expect(settings["teacher-weight"] == "0.7" && settings["temperature"] == "2.0")
    let teachers = try #require(settings["teacher"])
    #expect(
      teachers.wholeMatch(of: /one \(crc32 [0-9a-f]{8}\), two \(crc32 [0-9a-f]{8}\)/) != nil, "\(teachers)")
    let history = try #require(model["history"] as? [String])
    #expect(history.count == 4, "\(history)")
    // The predictions are the same for any number of threads.
    let predictions = try ["1", "3"].map {
      try place.run("fm-predict", "--model", "student-\($0)", "--probabilities", "data.raw").output
    }
    #expect(predictions[0] == predictions[1])
    #expect(try train(place, "-o", "alone", "data.raw").ending == .exited(0))
    let alone = try place.run("fm-predict", "--model", "alone", "--probabilities", "data.raw").output
    #expect(alone != predictions[0])
  }

  @Test func modelsThatCannotTeachAreNamed() throws {
    let place = try Self.place()
    for (name, images, classes, complaint) in [
      (
        "larger", SmallImages(count: 30, height: 9, width: 8), ["a", "b", "c"],
        "one: the teacher is for images of 8×8, but"
      ),
      (
        "more", SmallImages(count: 30, classCount: 4), ["a", "b", "c", "d"],
        "one: the teacher has 3 classes, but"
      ),
      ("other", SmallImages(count: 30), ["a", "x", "c"], "one: class 1 of the teacher is 'b', but"),
    ] {
      try place.write(SmallStream(images, classes: classes).bytes, to: "\(name).raw")
      let outcome = try train(place, "--teacher", "one", "-o", "student", "\(name).raw")
      #expect(outcome.ending == .exited(65))
      #expect(outcome.messageText.contains(complaint), "\(outcome.messageText)")
      #expect(!(try place.names).contains("student"))
    }
  }

  /// Teachers average over the views that they record, or over those that --teacher-average names.
  @Test func teachersAverageOverTheRequestedViews() throws {
    let place = try Self.place()
    for (name, options) in [
      ("own", []), ("same", ["--teacher-average", "flip"]), ("one-view", ["--teacher-average", "none"]),
    ] {
      let outcome = try place.start(
        trainLine[0], trainLine.dropFirst() + ["--teacher", "one"] + options + ["-o", name, "data.raw"]
      ).finish()
      #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    }
    let predictions = try ["own", "same", "one-view"].map {
      try place.run("fm-predict", "--model", $0, "--probabilities", "data.raw").output
    }
    #expect(predictions[0] == predictions[1] && predictions[0] != predictions[2])
    let info = try place.run("fm-info", "one-view").text
    #expect(info.contains("teacher-average"), "\(info)")
    let outcome = try train(
      place, "--teacher", "one", "--teacher-average", "flip,shift=1", "-o", "x", "data.raw")
    #expect(outcome.ending == .exited(64))
    #expect(
      outcome.messageText
        == "fm-train: --teacher-average flip,shift=1: one was not trained on such images, and would answer worse; leave"
        + " it out\n")
  }

  @Test func invalidOptionsAreRefused() throws {
    let place = try Self.place()
    for (options, complaint) in [
      (["--temperature", "2"], "--temperature needs a --teacher"),
      (["--teacher-weight", "1"], "--teacher-weight needs a --teacher"),
      (["--teacher-average", "none"], "--teacher-average needs a --teacher"),
      (["--teacher", "one", "--teacher-weight", "0"], "--teacher-weight: expected more than 0"),
      (["--teacher", "one", "--teacher-weight", "1.5"], "--teacher-weight: expected more than 0"),
      (["--teacher", "one", "--temperature", "0"], "--temperature: expected 0.01 to 100"),
      (["--teacher", "one", "--temperature", "nan"], "--temperature: expected 0.01 to 100"),
      (["--teacher", "-"], "--teacher: expected a file"),
    ] {
      let outcome = try place.start(
        trainLine[0], trainLine.dropFirst() + options + ["-o", "student", "data.raw"]
      ).finish()
      #expect(outcome.ending == .exited(64))
      #expect(outcome.messageText.contains(complaint), "\(outcome.messageText)")
    }
    let missing = try train(place, "--teacher", "nobody", "-o", "student", "data.raw")
    #expect(missing.ending == .exited(66), "\(missing.messageText)")
  }
}
