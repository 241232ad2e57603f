// png2raw: pictures in, records out, in the documented format and in the order in which the pictures were found.
import Foundation
import Testing

@Suite struct PNGFlowTests {
  @Test func filesBecomeRecordsInTheOrderGiven() throws {
    let place = try Workplace()
    let pictures = [
      ("b.png", SmallPNG(seed: 1)), ("a.anything", SmallPNG(seed: 2)), ("b.png", SmallPNG(seed: 1)),
    ]
    for (name, picture) in pictures { try place.write(picture.file, to: name) }
    let outcome = try place.run("png2raw", "--size", "4x4", "b.png", "a.anything", "b.png")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(outcome.messageText == "")
    let expected = SmallStream(pictures, history: "png2raw --size 4x4 b.png a.anything b.png")
    #expect(outcome.output == expected.bytes)
  }

  @Test func heightAndWidthAreNotMixedUp() throws {
    let place = try Workplace()
    let picture = SmallPNG(width: 3, height: 5, channels: 3)
    try place.write(picture.file, to: "a.png")
    let outcome = try place.run("png2raw", "--size", "5x3", "--color", "rgb", "a.png")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(
      outcome.output
        == SmallStream([("a.png", picture)], history: "png2raw --size 5x3 --color rgb a.png").bytes)
  }

  @Test func standardInputIsOnePicture() throws {
    let place = try Workplace()
    let picture = SmallPNG()
    let outcome = try place.run("png2raw", "--size", "4x4", "-", input: .bytes(picture.file))
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(outcome.output == SmallStream([("-", picture)], history: "png2raw --size 4x4 -").bytes)
  }

  /// More pictures than a thread takes at a time, with bad ones among them, so that threads take different times.
  private static func manyPictures() throws -> Workplace {
    let place = try Workplace()
    try FileManager.default.createDirectory(
      atPath: "\(place.path)/many/deep", withIntermediateDirectories: true)
    for number in 0..<300 {
      let folder = number % 3 == 0 ? "many/deep" : "many"
      let file = number % 7 == 0 ? Array("no picture \(number)".utf8) : SmallPNG(seed: number).file
      try place.write(file, to: "\(folder)/\(number).png")
    }
    return place
  }

  @Test func theBytesAreTheSameForAnyNumberOfJobs() throws {
    let place = try Self.manyPictures()
    let outcomes = try ["1", "2", "3", "8"].map { jobs in
      try place.run("png2raw", "--size", "4x4", "many", "--errors", "bad.\(jobs)", "--jobs", jobs)
    }
    for (outcome, jobs) in zip(outcomes, ["1", "2", "3", "8"]) {
      #expect(outcome.ending == .exited(1))
      #expect(outcome.output == outcomes[0].output)
      #expect(outcome.messages == outcomes[0].messages)
      #expect(try place.bytes(of: "bad.\(jobs)") == place.bytes(of: "bad.1"))
    }
    // 43 numbers below 300 are multiples of 7.
    #expect(outcomes[0].messageLines.count == 44)
    #expect(outcomes[0].messageLines.last == "png2raw: 43 of 300 files were skipped")
    #expect(try place.text(of: "bad.1").split(separator: "\n").count == 44)
  }

  @Test func shardsTakeTurnsAndTogetherHaveEveryPicture() throws {
    let place = try Self.manyPictures()
    let outcome = try place.shell(
      """
      png2raw -q --size 4x4 many > all.raw
      for shard in 1 2 3 4; do png2raw -q --size 4x4 many --shard $shard/4 > $shard.raw; done
      cat ?.raw > shards.raw
      fm-info --format json all.raw shards.raw 1.raw
      """)
    let counts = try outcome.text.split(separator: "\n").map { line in
      try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])["records"] as? Int
    }
    #expect(counts.prefix(2) == [257, 257])
    #expect(try #require(counts[2]) < 76)
  }

  @Test func aShardWithoutPicturesIsRefused() throws {
    let place = try Workplace()
    try place.write(SmallPNG().file, to: "a.png")
    let outcome = try place.run("png2raw", "--size", "4x4", "a.png", "--shard", "2/2")
    #expect(outcome.ending == .exited(65))
    #expect(outcome.messageText.contains("found no picture"))
    #expect(outcome.output == [])
  }

  @Test func aWrongSizeIsRefusedWithTheRecipeThatHelps() throws {
    let place = try Workplace()
    try place.write(SmallPNG(width: 30, height: 20).file, to: "a.png")
    let outcome = try place.run("png2raw", "a.png")
    #expect(outcome.ending == .exited(65))
    for part in ["png2raw: a.png: ", "20", "30", "28", "--recipe fit"] {
      #expect(outcome.messageText.contains(part), "\(outcome.messageText)")
    }
    #expect(try place.run("png2raw", "--recipe", "fit", "a.png").ending == .exited(0))
  }

  @Test func png2rawEndsQuietlyWhenItsReaderLeaves() throws {
    let place = try Workplace()
    try place.write(SmallPNG(width: 200, height: 200).file, to: "a.png")
    let line = ["--size", "200x200"] + [String](repeating: "a.png", count: 200)
    let child = try place.start("png2raw", line)
    #expect(try child.drain { !$0.output.isEmpty })
    child.closeOutput()
    let outcome = try child.finish()
    #expect(outcome.ending == .killed(signal: SIGPIPE))
    #expect(outcome.messageText == "")
  }

  #if os(Linux)
    /// Headers that promise pictures of 64 megapixels, and files with 1 GiB and 200 MiB of zeros.
    @Test func memoryDoesNotFollowTheSizesInHeaders() throws {
      let place = try Workplace()
      let header = SmallPNG.chunk(
        "IHDR", SmallPNG.bigEndian(8192) + SmallPNG.bigEndian(8192) + [16, 6, 0, 0, 1])
      let data = SmallPNG.chunk("IDAT", [UInt8](repeating: 0, count: 1000))
      let huge = Array(SmallPNG().file[..<8]) + header + data + SmallPNG.chunk("IEND", [])
      for number in 0..<20 { try place.write(huge, to: "\(number).png") }
      let made = try place.shell("truncate -s 1G large.png; truncate -s 200M zeros.png")
      #expect(made.ending == .exited(0))
      try place.write(SmallPNG().file, to: "good.png")
      var peak = 0
      let child = try place.start("png2raw", ["--size", "4x4", "--jobs", "4", "."])
      let outcome = try child.finish { peak = max(peak, $0.peakMemory ?? 0) }
      #expect(outcome.ending == .exited(1), "\(outcome.messageText)")
      #expect(outcome.messageText.contains("cannot hold that much"))
      #expect(outcome.messageText.contains("large.png: expected at most 268,435,456 bytes, found more"))
      #expect(outcome.messageText.contains("zeros.png: expected a PNG or JPEG file, found zeros"))
      // While the buffer for the 200 MiB of zeros grows, there are two copies of it.
      #expect(peak < 700 << 20, "\(peak)")
      // The same, without memory for any picture of that size.
      let limited = try place.shell(
        "rm large.png zeros.png; ulimit -v 400000; png2raw --size 4x4 --jobs 4 . | wc -c")
      #expect(limited.messageLines.count == 21, "\(limited.messageText)")
      #expect(limited.text.trimmingCharacters(in: .whitespaces) != "0\n")
    }
  #endif
}
