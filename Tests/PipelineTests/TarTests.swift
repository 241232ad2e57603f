// png2raw --tar and fm-predict --tar: archives give the same results as folders.
import Foundation
import Testing

@Suite struct TarTests {
  private static let pictures: [(name: String, picture: SmallPNG)] = (0..<40).map {
    (String(format: "d/%03d.png", $0), SmallPNG(seed: $0))
  }
  private static let archive = SmallTar(pictures.map { ($0.name, $0.picture.file) }).bytes

  // MARK: Reading

  @Test(arguments: ["1", "2", "5"]) func membersBecomeRecordsWithTheirNames(jobs: String) throws {
    let place = try Workplace()
    try place.write(Self.archive, to: "a.tar")
    let line = ["--size", "4x4", "--tar", "a.tar"]
    let outcome = try place.start("png2raw", line + ["--jobs", jobs]).finish()
    #expect(outcome.ending == .exited(0) && outcome.messageText == "", "\(outcome.messageText)")
    #expect(outcome.output == SmallStream(Self.pictures, history: "png2raw --size 4x4 --tar a.tar").bytes)
  }

  @Test func compressedArchivesAndPipesGiveTheSameRecords() throws {
    let place = try Workplace()
    try place.write(Self.archive, to: "a.tar")
    let outcome = try place.shell(
      """
      set -e
      gzip -k a.tar
      ! command -v zstd > /dev/null || zstd -q a.tar
      for archive in a.tar*; do
        png2raw -q --size 4x4 --tar - < $archive | tail -c +1 > 1.raw
        cat $archive | png2raw -q --size 4x4 --tar - > 2.raw
        png2raw -q --size 4x4 --tar <(cat $archive) > 3.raw
        for raw in 1.raw 2.raw 3.raw; do fm-info --format json $raw; done
        cmp 1.raw 2.raw
      done
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let counts = try outcome.text.split(separator: "\n").map { line in
      try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])["records"] as? Int
    }
    #expect(counts.count >= 6 && counts.allSatisfy { $0 == 40 }, "\(counts)")
  }

  @Test func severalArchivesAreReadAsArgumentsAndInOneFile() throws {
    let place = try Workplace()
    try place.write(SmallTar([("1.png", SmallPNG(seed: 1).file)]).bytes, to: "1.tar")
    try place.write(SmallTar([("2.png", SmallPNG(seed: 2).file)]).bytes, to: "2.tar")
    let outcome = try place.shell(
      """
      png2raw --size 4x4 --tar 2.tar - < 1.tar | fm-info - > arguments
      cat 2.tar 1.tar | png2raw --size 4x4 --tar - | fm-info - > joined
      png2raw --size 4x4 --tar 2.tar 1.tar | raw2png --directory out
      ls out; grep records arguments joined
      """)
    #expect(outcome.messageText == "")
    #expect(outcome.text == "1.png\n2.png\narguments:  records     2\njoined:  records     2\n")
  }

  @Test func rowsMatchThoseOfTheFiles() throws {
    let place = try Workplace()
    let images = SmallImages(count: 300, classCount: 2, height: 4, width: 4, seed: 5)
    try place.write(SmallStream(images).bytes, to: "data.raw")
    let training = try place.start(
      trainLine[0], trainLine.dropFirst() + ["--validation", "0", "-o", "model", "data.raw"]
    ).finish()
    #expect(training.ending == .exited(0), "\(training.messageText)")
    try place.write(Self.archive, to: "a.tar")
    let outcome = try place.shell(
      """
      png2raw --size 4x4 --tar a.tar | raw2png --directory .
      ls d/*.png | fm-predict -m model --paths > files
      for jobs in 1 3; do fm-predict -m model --tar a.tar -j $jobs | cmp - files || exit 1; done
      cat a.tar | gzip | fm-predict -m model --tar --batch-size 3 | cmp - files && wc -l < files
      """)
    #expect(outcome.ending == .exited(0) && outcome.messageText == "", "\(outcome.messageText)")
    #expect(outcome.text == "41\n")
  }

  // MARK: Refusals

  private static let picture = SmallPNG().file

  @Test func membersThatAreNotPicturesAreNamedOrPassedOver() throws {
    let place = try Workplace()
    let long = [UInt8](repeating: UInt8(ascii: "n"), count: 5000)
    var members: [SmallTar.Member] = [
      .init(name: Array("d/".utf8), type: "5"), .init("d/good.PNG", Self.picture),
      .init("d/text.png", Array("text".utf8)), .init("readme.txt", Array("text".utf8)),
      .init("d/._good.png", Array("mac".utf8)), .init("__MACOSX/x.png", []), .init("x.webp", []),
      .init(name: Array("link.png".utf8), type: "2", target: "d/good.PNG"),
      .init(name: Array("hard.png".utf8), type: "1", target: "d/good.PNG"),
      .init(name: Array("device.png".utf8), type: "3"), .init("../up.png", Self.picture),
      .init("/root.png", Self.picture), .init("a\nb\tc.png", Self.picture),
      .init(name: [0xFF, 0xFE], content: Self.picture), .init("none", Self.picture),
      .init("README", Array("text".utf8)), .init(name: Array("latest".utf8), type: "2", target: "none"),
    ]
    members += SmallTar.pax(name: long, content: Self.picture)
    members += SmallTar.pax(
      name: Array("Größe/\(String(repeating: "x", count: 300))".utf8), content: Self.picture)
    try place.write(SmallTar(members).bytes, to: "a.tar")
    let outcome = try place.run(
      "png2raw", "--size", "4x4", "--tar", "a.tar", "-o", "a.raw", "--errors", "bad.tsv")
    #expect(outcome.ending == .exited(1))
    let link =
      "expected a file, found a link to 'd/good.PNG'; pack files instead of links, as 'tar -h' does"
    #expect(
      outcome.messageLines == [
        "png2raw: a.tar: d/text.png: expected a PNG or JPEG file, found text: 'text'",
        "png2raw: a.tar: link.png: \(link)", "png2raw: a.tar: hard.png: \(link)",
        "png2raw: a.tar: device.png: expected a file, found a device or a pipe",
        "png2raw: a.tar: \(String(repeating: "n", count: 80))…: expected a name of at most 4096 bytes, found a longer one",
        "png2raw: 1 file that is neither PNG nor JPEG was passed over, such as a.tar: x.webp",
        "png2raw: 5 of 12 files were skipped",
      ])
    #expect(
      try place.text(of: "bad.tsv").split(separator: "\n")[2].hasPrefix("a.tar: link.png\texpected a file"))
    // Only the files that were asked for are written.
    #expect(try place.names == ["a.raw", "a.tar", "bad.tsv"])
    let records = try place.shell("raw2png -q a.raw --tar - | tar -t --quoting-style=literal").text
    #expect(
      records.split(separator: "\n") == [
        "d/good.PNG", "000001.png", "000002.png", "000003.png", "000004.png", "none.png", "000006.png",
      ])
  }

  /// A member that is too large for a picture is skipped, and no memory is allocated for the size that it claims.
  @Test func aClaimOfEightGigabytesTakesNoMemory() throws {
    let place = try Workplace()
    let members: [SmallTar.Member] = [
      .init("good.png", Self.picture),
      .init(name: Array("huge.png".utf8), content: [1], claimedByteCount: (8 << 30) - 1),
    ]
    try place.write(SmallTar(members).bytes, to: "a.tar")
    let outcome = try place.shell("ulimit -v 2000000; png2raw --size 4x4 --tar a.tar -o a.raw")
    #expect(outcome.ending == .exited(1))
    #expect(outcome.messageLines.count == 3, "\(outcome.messageText)")
    #expect(
      outcome.messageLines[0]
        == "png2raw: a.tar: huge.png: expected at most 268,435,456 bytes, found more")
    #expect(
      outcome.messageLines[1].hasPrefix(
        "png2raw: a.tar: is damaged or was cut short in 'huge.png' or after it: truncated"))
  }

  @Test(arguments: ["cat", "gzip -c"])
  func aTruncatedArchiveIsNeverTakenForWhole(_ packer: String) throws {
    let place = try Workplace()
    try place.write(SmallTar(Self.pictures.prefix(2).map { ($0.name, $0.picture.file) }).bytes, to: "a.tar")
    // One block of zeros ends an archive, although two are usual: the second one is not missed.
    let outcome = try place.shell(
      """
      \(packer) a.tar > whole
      size=$(wc -c < whole)
      [ "$1" = cat ] && size=$((size - 512))
      for ((count = 1; count < size; count += 37)); do
        head -c $count whole | png2raw --size 4x4 --tar - > out 2> messages
        echo $? $(wc -l < messages) $count
      done
      """, [String(packer.prefix { $0 != " " })])
    let lines = outcome.text.split(separator: "\n")
    #expect(lines.count > (packer == "cat" ? 60 : 5))
    for line in lines { #expect(line.hasPrefix("65 1 ") || line.hasPrefix("1 2 "), "\(line)") }
  }

  @Test func anUnreadableArchiveDoesNotAffectTheOthers() throws {
    let place = try Workplace()
    try place.write(Self.archive, to: "good.tar")
    try place.write(Self.archive.prefix(9000), to: "cut.tar")
    try place.write(Array("no archive".utf8), to: "text.tar")
    // The damage is in a header: each member has two blocks.
    var damaged = Self.archive
    damaged[1024 * 3 + 10] ^= 1
    try place.write(damaged, to: "damaged.tar")
    let outcome = try place.run(
      "png2raw", "--size", "4x4", "--tar", "cut.tar", "text.tar", "absent.tar", "damaged.tar", "good.tar",
      "-o",
      "a.raw")
    #expect(outcome.ending == .exited(1))
    #expect(outcome.messageLines.count == 5, "\(outcome.messageText)")
    #expect(outcome.messageLines[1] == "png2raw: text.tar: expected a tar archive, found text: 'no archive'")
    #expect(
      outcome.messageLines[2] == "png2raw: absent.tar: cannot open for reading: No such file or directory")
    #expect(outcome.messageLines[3].hasPrefix("png2raw: damaged.tar: is damaged or was cut short"))
    let failing = try place.run(
      "png2raw", "--size", "4x4", "--tar", "cut.tar", "good.tar", "--on-error", "fail", "-o", "b.raw")
    #expect(failing.ending == .exited(65) && failing.messageLines.count == 1)
    #expect(try !place.names.contains("b.raw"))
    #expect(try place.run("png2raw", "--tar", "absent.tar").ending == .exited(66))
    #expect(try place.run("png2raw", "--tar", ".").ending == .exited(66))
  }

  @Test func invalidCommandLinesAreUsageErrors() throws {
    let place = try Workplace()
    try place.write(Self.archive, to: "a.tar")
    for (command, line) in [
      ("png2raw", "--tar --label-from directory a.tar"), ("png2raw", "--label-from cls a.tar"),
      ("png2raw", "--tar"), ("fm-predict", "-m m --tar -0 a.tar"),
      ("fm-predict", "-m m --tar --format raw a.tar"),
      ("raw2png", "--cls --directory d a.raw"), ("raw2png", "--tar a.tar.gz a.raw"),
      ("raw2png", "--tar a.tar --sheet b.png a.raw"), ("raw2png", "--tar a.tar --predictions p a.raw"),
    ] {
      let outcome = try place.start(command, line.split(separator: " ").map(String.init)).finish()
      #expect(outcome.ending == .exited(64), "\(line): \(outcome.messageText)")
      #expect(outcome.messageLines.count == 1)
    }
    let outcome = try place.run("png2raw", "--size", "4x4", "a.tar")
    #expect(
      outcome.messageText.contains(
        "found a tar archive; png2raw --tar and fm-predict --tar read the pictures in it"))
  }
}
