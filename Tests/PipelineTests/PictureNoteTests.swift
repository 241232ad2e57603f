// png2raw's notes about doubtful pictures that it reads anyway: one line for each kind, whatever their number.
import Foundation
import Testing

@Suite struct PictureNoteTests {
  /// Ink of one grey value on a transparent background, 12 × 12 pixels.
  private func ink(_ value: UInt8) -> [UInt8] {
    var rows: [UInt8] = []
    for y in 0..<12 {
      rows.append(0)
      for x in 0..<12 { rows += (3..<9).contains(x) && (3..<9).contains(y) ? [value, 255] : [0, 0] }
    }
    return SmallPNG.file(width: 12, height: 12, colorType: 4, rows: rows)
  }

  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.write(ink(0), to: "black.png")
    try place.write(ink(0), to: "black2.png")
    try place.write(ink(255), to: "white.png")
    return place
  }

  @Test(arguments: [
    (["--recipe", "exact"], "black.png", "every pixel is 0;", "--recipe exact --background 255"),
    (
      ["--recipe", "exact", "--background", "255"], "white.png", "every pixel is 255;",
      "--recipe exact --background 0"
    ),
    (["--recipe", "fit"], "white.png", "every pixel is 0;", "--recipe fit --background 0"),
    (
      ["--recipe", "fit", "--background", "0"], "black.png", "every pixel is 0;",
      "--recipe fit --background 255"
    ),
  ])
  func inkOnItsOwnColorIsReported(options: [String], name: String, found: String, remedy: String) throws {
    let place = try place()
    let line = ["--size", "12x12"] + options
    let outcome = try place.start("png2raw", line + [name]).finish()
    #expect(outcome.ending == .exited(0))
    #expect(outcome.messageLines.count == 1)
    #expect(
      outcome.messageText.hasPrefix("png2raw: \(name): the image is blank: \(found)")
        && outcome.messageText.contains(remedy), "\(outcome.messageText)")
    // The remedy helps.
    let words = remedy.split(separator: " ").map(String.init)
    let other = try place.start("png2raw", ["--size", "12x12"] + words + [name]).finish()
    #expect(other.messageText == "")
    #expect(try place.start("png2raw", line + ["--quiet", name]).finish().messageText == "")
  }

  @Test func severalPicturesShareALine() throws {
    let place = try place()
    let rows = [UInt8](repeating: 0, count: 12 * 13)
    try place.write(SmallPNG.file(width: 12, height: 12, colorType: 0, rows: rows), to: "none.png")
    for jobs in ["1", "3"] {
      let outcome = try place.run(
        "png2raw", "--size", "12x12", "--jobs", jobs, "white.png", "black2.png", "black.png", "none.png")
      #expect(outcome.ending == .exited(0))
      #expect(outcome.messageLines.count == 2)
      let starts = [
        "none.png: the image is blank: every pixel is 0; is the picture empty?",
        "2 pictures, the first black2.png: the images are blank",
      ]
      for (line, start) in zip(outcome.messageLines, starts) { #expect(line.hasPrefix("png2raw: \(start)")) }
    }
    let photos = try place.run("png2raw", "--recipe", "fashion-mnist", "white.png", "none.png")
    #expect(photos.messageLines.count == 1)
    #expect(photos.messageText.hasPrefix("png2raw: 2 pictures, the first white.png: each is close to"))
  }

  // MARK: Damage

  private func damaged() throws -> Workplace {
    let place = try Workplace()
    let file = SmallPNG().file
    try place.write(file, to: "good.png")
    try place.write(file + Array("XX".utf8), to: "tail.png")
    try place.write(file + file, to: "twice.png")
    var text = SmallPNG.chunk("tEXt", Array("a\0b".utf8))
    text[text.count - 1] ^= 1
    try place.write(Array(file[..<33]) + text + file[33...], to: "text.png")
    return place
  }

  @Test func damageThatNoPixelDependsOnIsCountedAndStrictRefusesIt() throws {
    let place = try damaged()
    let names = ["good.png", "tail.png", "twice.png", "text.png"]
    let outcome = try place.start("png2raw", ["--size", "4x4"] + names).finish()
    #expect(outcome.ending == .exited(0))
    let pictures = names.map { (name: $0, picture: SmallPNG()) }
    let history = "png2raw --size 4x4 \(names.joined(separator: " "))"
    #expect(outcome.output == SmallStream(pictures, history: history).bytes)
    let starts = [
      "2 pictures, the first tail.png: bytes after the end of the picture",
      "text.png: byte 33: chunk tEXt, which no pixel depends on, is damaged",
    ]
    #expect(outcome.messageLines.count == 2)
    for (line, start) in zip(outcome.messageLines, starts) {
      #expect(line.hasPrefix("png2raw: \(start)") && line.contains("--strict"), "\(line)")
    }
    let strict = try place.start("png2raw", ["--size", "4x4", "--strict"] + names).finish()
    #expect(strict.ending == .exited(1))
    #expect(strict.messageLines.count == 4)
    #expect(strict.messageLines.last == "png2raw: 3 of 4 files were skipped")
    let message = "expected the end of the file after chunk IEND, found 2 bytes more"
    #expect(
      strict.messageLines.first
        == "png2raw: tail.png: byte \(SmallPNG().file.count): \(message); without --strict, the picture is read"
    )
  }

  // MARK: Continuing

  @Test func aJobContinuesAfterFilesThatCannotBeUsed() throws {
    let place = try damaged()
    try place.write([1], to: "bad.png")
    let line = ["--size", "4x4", "good.png", "bad.png"]
    let outcome = try place.start("png2raw", line + ["--keep-going"]).finish()
    #expect(outcome.ending == .exited(0))
    #expect(outcome.messageLines.count == 2)
    #expect(outcome.messageLines.last == "png2raw: 1 of 2 files was skipped")
    // --keep-going changes nothing in the stream.
    #expect(outcome.output == (try place.start("png2raw", line).finish().output))
    let quiet = try place.start("png2raw", line + ["--keep-going", "-q"]).finish()
    #expect(quiet.ending == .exited(0) && quiet.messageLines.count == 1)
    // It does not allow an empty stream, and does not lift a limit.
    #expect(try place.run("png2raw", "--keep-going", "bad.png").ending == .exited(65))
    for (options, status) in [(["--max-errors", "0"], 65), (["--on-error", "fail"], 64)]
      as [([String], Int32)]
    {
      let stopped = try place.start("png2raw", line + ["--keep-going"] + options).finish()
      #expect(stopped.ending == .exited(status), "\(stopped.messageText)")
    }
  }

  // MARK: Lists

  @Test func listsFromWindowsAreRead() throws {
    let place = try damaged()
    try place.write(Array("\u{FEFF}good.png\r\n\r\ntail.png\r\n".utf8), to: "list")
    let outcome = try place.run("png2raw", "--size", "4x4", "--files-from", "list")
    #expect(outcome.ending == .exited(0))
    let message = "png2raw: list: 3 lines end with a carriage return, as on Windows (CR LF)"
    #expect(outcome.messageLines.first?.hasPrefix(message) == true)
    let names = [(name: "good.png", picture: SmallPNG()), (name: "tail.png", picture: SmallPNG())]
    #expect(outcome.output == SmallStream(names, history: "png2raw --size 4x4 --files-from list").bytes)
    let nul = try place.shell(#"printf 'good.png\0tail.png\0' | png2raw --size 4x4 --files-from -"#)
    #expect(nul.ending == .exited(65))
    #expect(nul.messageText.contains(#"good.png\x00tail.png\x00…: expected the name of a file, found a NUL"#))
    let utf16 = try place.shell(#"printf 'good.png\n' | iconv -t UTF-16 | png2raw --files-from -"#)
    #expect(utf16.ending == .exited(65))
    #expect(utf16.messageText.contains("found UTF-16"))
  }

  @Test(arguments: ["gray", "grey", "Gray", "GREY", "rgb", "RGB"])
  func colorsAreUnderstoodAsPeopleWriteThem(color: String) throws {
    let place = try damaged()
    let outcome = try place.run("png2raw", "--size", "4x4", "--color", color, "good.png", "-o", "s.raw")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let report = try place.run("fm-info", "--format", "json", "s.raw").text
    #expect(report.contains(color.lowercased() == "rgb" ? #""channels":3"# : #""channels":1"#))
  }
}
