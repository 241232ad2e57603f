// fm-split refuses impossible requests before it writes anything, and a part has the same records from any input.
import Foundation
import Testing

@Suite struct SplitTests {
  private static func place() throws -> Workplace {
    let place = try Workplace()
    try place.write(SmallStream(SmallImages(count: 30), classes: ["a", "b", "c"]).bytes, to: "all.raw")
    return place
  }

  @Test(
    arguments: [
      ([], "no output requested"),
      (["--emit", "train", "--train", "new"], "leave out --emit or --train"),
      (["--train", "new", "--held-out", "new"], "--train and --held-out name the same file"),
      (["--train", "new", "--held-out", "./new"], "name the same file"),
      (["--held-out", "-", "--train", "/dev/stdout"], "name the same file"),
      (["--test", "0.1", "--train", "new", "--held-out", "other"], "give --test-out"),
      (["--train", "new", "--test-out", "other"], "no test data without --test"),
      (["--emit", "test"], "no test data without --test"),
      (["--emit", "train", "--fold", "1/3", "--validation", "3"], "leave out --validation"),
      (["--emit", "train", "--fold", "0/3"], "0/3"),
      (["--emit", "train", "--fold", "4/3"], "4/3"),
      (["--emit", "train", "--validation", "1.5"], "1.5"),
      (["--emit", "train", "--seed", "-1"], "--seed"),
      (["--emit", "train", "--by", "hash", "--validation", "10"], "give a fraction"),
      (
        ["--emit", "train", "--by", "hash", "--validation", "0.7", "--test", "0.4"],
        "more than all the records"
      ),
    ] as [([String], String)])
  func invalidOptionsAreUsageErrors(_ options: [String], _ reason: String) throws {
    let place = try Self.place()
    let before = try place.names
    let outcome = try place.start("fm-split", options + ["all.raw"]).finish()
    #expect(outcome.ending == .exited(64), "\(outcome.messageText)")
    #expect(outcome.messageText.contains(reason), "\(outcome.messageText)")
    #expect(outcome.output.isEmpty)
    #expect(try place.names == before)
  }

  @Test func holdingOutTooManyRecordsIsBadData() throws {
    let place = try Self.place()
    let outcome = try place.run(
      "fm-split", "--validation", "20", "--test", "11", "--emit", "train", "all.raw")
    #expect(outcome.ending == .exited(65))
    #expect(
      outcome.messageText == "fm-split: all.raw: 31 records are to be held out, but there are only 30\n")
    #expect(outcome.output.isEmpty)
  }

  @Test(arguments: ["stratified", "random", "hash"])
  func filesPipesAndSinglePartsGiveTheSameRecords(_ method: String) throws {
    let place = try Self.place()
    let options = ["--by", method, "--test", "0.2"]
    let all = ["--train", "train", "--held-out", "validation", "--test-out", "test"]
    #expect(try place.start("fm-split", options + all + ["all.raw"]).finish().ending == .exited(0))
    var recordCount = 0
    for part in ["train", "validation", "test"] {
      let file = try place.start("fm-split", options + ["--emit", part, "all.raw"]).finish()
      let pipe = try place.shell("cat all.raw | fm-split \"$@\"", options + ["--emit", part])
      let redirected = try place.shell("fm-split \"$@\" < all.raw", options + ["--emit", part])
      for outcome in [file, pipe, redirected] {
        #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
        #expect(records(outcome.output) == records(try place.bytes(of: part)))
      }
      // A label follows each image of 8 × 8 pixels; the only header has 128 bytes.
      recordCount += (records(file.output).count - 128) / 65
    }
    #expect(recordCount == 30)
  }

  /// A stream up to its end, the last array, which records the command line as typed.
  private func records(_ stream: [UInt8]) -> ArraySlice<UInt8> {
    let magic = [0x93] + Array("NUMPY".utf8)
    let end = stream.indices.last { stream[$0...].starts(with: magic) } ?? 0
    return stream[..<end]
  }

  @Test func severalPartsMayGoToTheNullDevice() throws {
    let place = try Self.place()
    let outcome = try place.run(
      "fm-split", "--test", "3", "--train", "/dev/null", "--held-out", "/dev/null", "--test-out", "test",
      "all.raw")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(try place.run("fm-info", "test").ending == .exited(0))
  }
}
