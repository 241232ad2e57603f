// Every command notices an input that ends too early, wherever it ends.
import Foundation
import Testing

@Suite struct TruncationTests {
  private static let split = [
    "fm-split", "--validation", "2", "--train", "new-train", "--held-out", "new-held-out",
  ]
  private static let train = trainLine + ["--batch-size", "4", "--output", "new-model"]

  /// A command line, and the file that it reads: `-` is a pipe.
  @Test(
    arguments: [
      (["idx2raw", "-", "labels"], "images", "-"),
      (["idx2raw", "-", "labels"], "images.gz", "-"),
      (["idx2raw", "images", "cut"], "labels", "cut"),
      (["idx2raw", "images", "cut"], "labels.gz", "cut"),
      (split, "data.raw", "-"),
      (["fm-split", "--by", "hash", "--emit", "train"], "data.raw", "-"),
      (train + ["--validation", "data.raw"], "data.raw", "-"),
      (train + ["--validation", "cut", "data.raw"], "data.raw", "cut"),
      (["fm-predict", "--model", "model"], "data.raw", "-"),
      (["fm-predict", "--model", "cut", "data.raw"], "model", "cut"),
      (["fm-eval"], "predictions.raw", "-"),
      (["fm-audit", "-q"], "data.raw", "-"),
      (["fm-audit", "-q", "cut"], "data.raw", "cut"),
      (["fm-audit", "-q", "--predictions", "cut", "data.raw"], "predictions.raw", "cut"),
      (["fm-info"], "data.raw", "-"),
      (["fm-info", "cut"], "predictions.raw", "cut"),
      (["fm-info", "cut"], "model", "cut"),
    ])
  func prefixesAreRefused(_ line: [String], _ file: String, _ reader: String) throws {
    let place = try Self.place()
    let whole = try place.bytes(of: file)
    func run(_ bytes: [UInt8]) throws -> Outcome {
      if reader != "-" { try place.write(bytes, to: reader) }
      return try place.start(
        line[0], Array(line.dropFirst()), input: reader == "-" ? .bytes(bytes) : .nothing
      ).finish()
    }

    if reader != "-" { try place.write([], to: reader) }
    let before = try place.names
    var faults: [String] = []
    for count in Self.sampledLengths(of: whole.count) {
      let outcome = try run(Array(whole[..<count]))
      if outcome.ending != .exited(65) {
        faults.append("\(count) bytes: \(outcome.ending) \(outcome.messageText)")
      }
      if let fault = ExitStatusTests.fault(in: outcome, of: line[0]) {
        faults.append("\(count) bytes: \(fault)")
      }
      if try place.names != before { faults.append("\(count) bytes: it left \(try place.names)") }
    }
    #expect(faults.isEmpty, "\(faults.count) faults of \(whole.count); the first: \(faults.prefix(3))")

    // The whole file is accepted, so its prefixes were not refused for another reason.
    let outcome = try run(whole)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    // With one more byte, it is refused.
    let longer = try run(whole + [0])
    #expect(longer.ending == .exited(65), "\(longer.messageText)")
  }

  /// The lengths near both ends, and every eleventh between them. The tests of the modules try every length: a process
  /// for each would take minutes.
  private static func sampledLengths(of count: Int) -> [Int] {
    (0..<count).filter { $0 < 16 || $0 >= count - 40 || $0 % 11 == 0 }
  }

  /// The smallest files that every command accepts.
  private static let prepared = PreparedFolder { place in
    var images = SmallImages(count: 4, classCount: 2, height: 2, width: 2)
    images.labels = [0, 1, 0, 1]
    try place.write(SmallStream(images, classes: ["a", "b"]).bytes, to: "data.raw")
    try place.write(images.imageFile, to: "images")
    try place.write(images.labelFile, to: "labels")
    let outcome = try place.shell(
      """
      set -e
      gzip --keep images labels
      fm-train --quiet --arch linear:2 --epochs 1 --batch-size 4 --validation data.raw --output model data.raw
      fm-predict --model model --format raw data.raw > predictions.raw
      """)
    try #require(outcome.ending == .exited(0), "\(outcome.messageText)")
  }

  private static func place() throws -> Workplace { try prepared.copy() }

  @Test func aFilterWithTruncatedInputWritesNoEnd() throws {
    let place = try Self.place()
    let script = """
      head -c 150 data.raw | fm-predict --model model --format raw > cut.raw; echo $?
      fm-eval cut.raw; echo $?
      false | fm-predict --model model --format raw | fm-eval; echo $?
      """
    let outcome = try place.shell(script)
    #expect(outcome.text == "65\n65\n65\n", "\(outcome.messageText)")
  }

  @Test func aPipelineWhoseFirstCommandDiesFailsWithoutPipefail() throws {
    let place = try Self.place()
    try place.write(Array(try place.bytes(of: "images").dropLast()), to: "cut")
    let outcome = try place.shell("idx2raw cut labels | fm-predict --model model | fm-eval")
    #expect(outcome.ending == .exited(65), "\(outcome.messageText)")
  }
}
