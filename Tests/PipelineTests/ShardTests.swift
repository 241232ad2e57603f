// Shards in WebDataset's convention, with labels in members next to pictures: png2raw reads them, raw2png writes them.
import Foundation
import Testing

@Suite struct ShardTests {
  private func labels(_ place: Workplace, _ files: [(String, [UInt8])], _ options: String...) throws
    -> Outcome
  {
    try place.write(SmallTar(files.map { (name: $0.0, content: $0.1) }).bytes, to: "a.tar")
    return try place.start("png2raw", ["--size", "4x4", "--tar", "a.tar"] + options).finish()
  }

  private func expected(
    _ names: [String], _ labels: [UInt8], classes: [String]? = nil, _ options: String
  ) -> [UInt8] {
    SmallStream(
      names.map { ($0, SmallPNG()) }, labels: labels, classes: classes,
      history: "png2raw --size 4x4 --tar a.tar \(options)"
    ).bytes
  }

  private let picture = SmallPNG().file

  @Test func aLabelMayPrecedeOrFollowItsPicture() throws {
    let place = try Workplace()
    let outcome = try labels(
      place,
      [
        ("d.x/1.cls", Array("7\n".utf8)), ("d.x/1.png", picture), ("d.x/2.PNG", picture),
        ("d.x/2.txt", [1]), ("d.x/2.cls", Array(" 255".utf8)), ("3.png", picture), ("3.cls", Array("0".utf8)),
      ], "--label-from", "cls")
    #expect(outcome.ending == .exited(0) && outcome.messageText == "", "\(outcome.messageText)")
    #expect(
      outcome.output == expected(["d.x/1.png", "d.x/2.PNG", "3.png"], [7, 255, 0], "--label-from cls"))
  }

  @Test func jsonGivesALabelOrAClass() throws {
    let place = try Workplace()
    try place.write(Array("cat\ndog\n".utf8), to: "names")
    let outcome = try labels(
      place,
      [
        ("1.png", picture), ("1.json", Array(#"{"label": 1, "class": "cat"}"#.utf8)), ("2.png", picture),
        ("2.json", Array(#"{"width": 4, "class": "cat"}"#.utf8)), ("3.json", Array(#"{"label":"dog"}"#.utf8)),
        ("3.png", picture),
      ], "--label-from", "json", "--classes", "names")
    #expect(outcome.ending == .exited(0) && outcome.messageText == "", "\(outcome.messageText)")
    #expect(
      outcome.output
        == expected(
          ["1.png", "2.png", "3.png"], [1, 0, 1], classes: ["cat", "dog"], "--label-from json --classes names"
        ))
  }

  @Test func picturesWithoutAUsableLabelAreNamed() throws {
    let place = try Workplace()
    let outcome = try labels(
      place,
      [
        ("1.png", picture), ("2.cls", Array("1".utf8)), ("3.png", picture), ("3.cls", Array("cat".utf8)),
        ("4.png", picture), ("4.cls", Array("256".utf8)), ("5.png", picture), ("5.seg.png", picture),
        ("5.cls", Array("5".utf8)), ("6.png", picture), ("6.png", picture), ("6.cls", Array("6".utf8)),
        ("6.cls", Array("7".utf8)), ("7.png", picture),
        ("7.cls", [UInt8](repeating: 0x31, count: (1 << 20) + 1)),
      ], "--label-from", "cls")
    #expect(outcome.ending == .exited(1))
    let none =
      "expected a member with the same name and the ending .cls next to it, for its class, found none"
    let number = "expected a number from 0 to 255 in .cls, found"
    let advice = "; list the class names with --classes"
    #expect(
      outcome.messageLines == [
        "png2raw: a.tar: 1.png: \(none)", "png2raw: a.tar: 3.png: \(number) 'cat'\(advice)",
        "png2raw: a.tar: 4.png: \(number) '256'\(advice)", "png2raw: a.tar: 6.png: \(none)",
        "png2raw: a.tar: 7.png: '7.cls' cannot be a label: expected a file of at most 1,048,576 bytes",
        "png2raw: 1 picture with an ending of several parts was passed over, as in WebDataset, such as a.tar: 5.seg.png",
        "png2raw: 2 members in .cls have no picture next to them, such as a.tar: 2.cls",
        "png2raw: 5 of 7 files were skipped",
      ])
    #expect(outcome.output == expected(["5.png", "6.png"], [5, 6], "--label-from cls"))
  }

  @Test func foldersAndTablesGiveLabelsToo() throws {
    let place = try Workplace()
    try place.write(Array("cat\ndog\n".utf8), to: "names")
    try place.write(Array("dog/1.png\t1\n./cat/2.png\t0\n".utf8), to: "table")
    let files = [("dog/1.png", picture), ("./cat/2.png", picture)]
    let byFolder = try labels(place, files, "--label-from", "directory", "--classes", "names")
    #expect(
      byFolder.output
        == expected(
          ["dog/1.png", "./cat/2.png"], [1, 0], classes: ["cat", "dog"],
          "--label-from directory --classes names"))
    let byTable = try labels(place, files, "--label-from", "table")
    #expect(byTable.output == expected(["dog/1.png", "./cat/2.png"], [1, 0], "--label-from table"))
  }

  // MARK: Writing

  private static let names =
    ["a/1.png", "a/1", "b.jpg", "c.d.png", "/x.png", "Größe.png"]
    + [String(repeating: "n", count: 200)]

  private static func stream(_ place: Workplace) throws {
    let pictures = names.enumerated().map { ($1, SmallPNG(seed: $0)) }
    try place.write(
      SmallStream(pictures, labels: [3, 1, 4, 1, 5, 9, 255], history: "test").bytes, to: "a.raw")
  }

  @Test func shardsAreReproducibleAndSurviveARoundTrip() throws {
    let place = try Workplace()
    try Self.stream(place)
    let outcome = try place.shell(
      """
      raw2png -q a.raw --tar a.tar --cls && raw2png -q --tar - --cls < a.raw | cmp - a.tar
      png2raw --size 4x4 --tar --label-from cls a.tar > b.raw && raw2png -q b.raw --tar - --cls | cmp - a.tar
      tar -t --quoting-style=literal -f a.tar
      tar -tv -f a.tar | grep -vc '^-rw-r--r-- 0/0 .* 1970-01-01 '
      """)
    #expect(outcome.messageText == "")
    let keys = ["a/1", "000001", "b", "000003", "000004", "Größe", String(repeating: "n", count: 200)]
    #expect(outcome.text == keys.map { "\($0).png\n\($0).cls\n" }.joined() + "0\n")
  }

  @Test func withoutLabelsNamesMatchThoseInAFolder() throws {
    let place = try Workplace()
    try Self.stream(place)
    let outcome = try place.shell(
      """
      raw2png -q a.raw --tar a.tar; raw2png -q a.raw --directory d
      mkdir t; tar -C t -xf a.tar && diff -r d t && find t -type f | wc -l
      """)
    #expect(outcome.ending == .exited(0) && outcome.messageText == "", "\(outcome.messageText)")
    #expect(outcome.text == "7\n")
  }

  /// Python's tarfile, which WebDataset uses, reads the same.
  @Test func pythonReadsTheSame() throws {
    let place = try Workplace()
    try Self.stream(place)
    let outcome = try place.shell(
      """
      raw2png -q a.raw --tar a.tar --cls
      "${FM_TOOLS_PYTHON:-python3}" - <<'END'
      import tarfile
      labels, names = [], []
      with open("a.tar", "rb") as file, tarfile.open(fileobj=file, mode="r|") as archive:
          for member in archive:
              assert member.isreg() and (member.mtime, member.uid, member.gid) == (0, 0, 0), member
              content = archive.extractfile(member).read()
              if member.name.endswith(".cls"):
                  labels.append(int(content))
              else:
                  assert content.startswith(b"\\x89PNG") and content.endswith(b"IEND\\xaeB`\\x82")
                  names.append(member.name)
      print(names[-2], len(names[-1]), labels)
      END
      """, environment: ["PYTHONUTF8": "1"])
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(outcome.text == "Größe.png 204 [3, 1, 4, 1, 5, 9, 255]\n")
  }

  @Test func anUnfinishedArchiveIsRefused() throws {
    let place = try Workplace()
    try Self.stream(place)
    let full = try place.run("raw2png", "a.raw", "--tar", "/dev/full")
    #expect(full.ending == .exited(74) && full.messageLines.count == 1)
    let truncated = try place.shell("head -c 300 a.raw | raw2png - --tar b.tar")
    #expect(truncated.ending == .exited(65))
    #expect(try place.names == ["a.raw"])
    try place.write(SmallStream([("a", SmallPNG())], history: "test").bytes, to: "c.raw")
    #expect(try place.run("raw2png", "c.raw", "--tar", "b.tar", "--cls").ending == .exited(65))
    let piped = try place.shell(
      "head -c 300 a.raw | raw2png - --tar - 2> /dev/null | png2raw --size 4x4 --tar -")
    #expect(piped.ending != .exited(0) && !piped.messageText.isEmpty)
  }
}
