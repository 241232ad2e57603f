// From IDX files to a judgement, as the README does it.
import Foundation
import Testing

@Suite struct WholePipelineTests {
  /// A folder with the files of a small data set: 240 images for training and 90 for testing.
  static func dataSet() throws -> Workplace {
    let place = try Workplace()
    for (name, images) in [
      ("train", SmallImages(count: 240, seed: 1)), ("test", SmallImages(count: 90, seed: 2)),
    ] {
      try place.write(images.imageFile, to: "\(name)-images")
      try place.write(images.labelFile, to: "\(name)-labels")
    }
    try place.write(Array("top\nmiddle\nbottom\n".utf8), to: "classes.txt")
    return place
  }

  @Test func imagesBecomeAModelPredictionsAndAJudgement() throws {
    let place = try Self.dataSet()
    let script = """
      set -e
      gzip train-images test-labels
      idx2raw train-images.gz train-labels --classes classes.txt |
        fm-split --validation 60 --train train.raw --held-out valid.raw
      fm-train --quiet --arch 'conv:8 relu pool linear:16 relu' --epochs 6 --batch-size 20 --seed 1 \\
        --validation valid.raw --output model.safetensors < train.raw
      idx2raw test-images test-labels.gz --classes classes.txt |
        fm-predict --model model.safetensors | tee predictions.tsv |
        fm-eval --classes classes.txt --format json --min accuracy=0.9
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")

    let report = try #require(JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
    #expect(report["records"] as? Int == 90)
    let correct = try #require(report["correct"] as? Int)
    #expect(report["accuracy"] as? Double == Double(correct) / 90)
    let classes = try #require(report["classes"] as? [[String: Any]])
    #expect(classes.map { $0["name"] as? String } == ["top", "middle", "bottom"])

    // The table agrees with the report and with the labels, row by row.
    let rows = try place.text(of: "predictions.tsv").split(separator: "\n").map { $0.split(separator: "\t") }
    let truth = try #require(rows.first?.firstIndex(of: "truth"))
    let predicted = try #require(rows.first?.firstIndex(of: "class"))
    #expect(rows.count == 91)
    let names = SmallImages(count: 90, seed: 2).labels.map { ["top", "middle", "bottom"][Int($0)] }
    #expect(rows.dropFirst().map { String($0[truth]) } == names)
    #expect(rows.dropFirst().count { $0[truth] == $0[predicted] } == correct)
  }

  @Test func textAndRecordsAreJudgedAlike() throws {
    let place = try Self.dataSet()
    let script = """
      set -e
      idx2raw train-images train-labels --classes classes.txt > train.raw
      fm-train --quiet --arch 'linear:8 relu' --epochs 1 --batch-size 20 --validation 0.25 --output m < train.raw
      idx2raw test-images test-labels --classes classes.txt > test.raw
      fm-predict --model m --format raw test.raw > predictions.raw
      fm-predict --model m --probabilities test.raw > predictions.tsv
      fm-predict --model m --probabilities --format csv test.raw > predictions.csv
      fm-predict --model m --probabilities --format jsonl test.raw > predictions.jsonl
      for kind in raw tsv csv jsonl; do fm-eval --format json predictions.$kind > $kind.json; done
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let report = try place.report("raw.json")
    let correct = try #require(report["correct"] as? Int)
    let confusion = try #require(report["confusion"] as? [[Int]])
    #expect(confusion.joined().reduce(0, +) == 90)
    #expect(confusion.indices.map { confusion[$0][$0] }.reduce(0, +) == correct)
    for kind in ["raw", "tsv", "csv", "jsonl"] {
      let other = try place.report("\(kind).json")
      #expect(other["records"] as? Int == 90, "\(kind)")
      #expect(other["correct"] as? Int == correct, "\(kind)")
      #expect(other["confusion"] as? [[Int]] == confusion, "\(kind)")
    }
  }

  @Test func theBytesAreTheSameForAnyNumberOfJobs() throws {
    let place = try Self.dataSet()
    let script = """
      set -e
      idx2raw train-images train-labels --classes classes.txt > train.raw
      idx2raw test-images test-labels > test.raw
      for jobs in 1 2 3 7; do
        fm-train --quiet --arch 'conv:4 relu pool linear:8 relu dropout:0.2' --epochs 2 --batch-size 32 --jobs $jobs \\
          --validation 0.2 --output model < train.raw
        fm-predict --model model --jobs $jobs --probabilities test.raw > predictions.tsv
        fm-predict --model model --jobs $jobs --format raw test.raw > predictions.raw
        cat model predictions.tsv predictions.raw | cksum
      done
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let sums = outcome.text.split(separator: "\n")
    #expect(sums.count == 4)
    #expect(Set(sums).count == 1, "\(outcome.text)")
  }

  @Test func joinedStreamsAreReadAsOne() throws {
    let place = try Workplace()
    let images = SmallImages(count: 8)
    try place.write(images.imageFile, to: "images")
    try place.write(images.labelFile, to: "labels")
    let script = """
      set -e
      idx2raw images labels --limit 3 > a.raw
      idx2raw images labels --skip 3 > b.raw
      idx2raw images labels > whole.raw
      cat a.raw b.raw | fm-split --emit train --validation 4 --by random > joined-part.raw
      fm-split --emit train --validation 4 --by random < whole.raw > whole-part.raw
      cat a.raw b.raw | fm-info --format json
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let information = try #require(JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
    #expect(information["records"] as? Int == 8)
    // The records are the same; the history, which is in the end, lists two commands instead of one.
    let record = images.height * images.width + 1
    let (joined, whole) = (try place.bytes(of: "joined-part.raw"), try place.bytes(of: "whole-part.raw"))
    #expect(whole.count >= 128 + 4 * record)
    #expect(joined.prefix(128 + 4 * record) == whole.prefix(128 + 4 * record))
  }

  @Test func idx2rawWritesTheFormatByteByByte() throws {
    let place = try Workplace()
    let images = SmallImages(count: 5, height: 3, width: 4)
    try place.write(images.imageFile, to: "images")
    try place.write(images.labelFile, to: "labels")
    try place.write(Array("a\nb\nc\n".utf8), to: "classes")
    var stream = SmallStream(images, classes: ["a", "b", "c"])
    stream.history = ["idx2raw images labels --classes classes"]
    let outcome = try place.run("idx2raw", "images", "labels", "--classes", "classes")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let isEqual = outcome.output == stream.bytes
    #expect(isEqual, "got \(outcome.text), expected \(String(decoding: stream.bytes, as: UTF8.self))")
  }
}

extension Workplace {
  /// Reads a JSON file.
  func report(_ name: String) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(try bytes(of: name))) as? [String: Any])
  }
}
