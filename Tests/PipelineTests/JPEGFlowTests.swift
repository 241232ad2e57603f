// JPEG files, alone and among PNG files, in png2raw (also named img2raw) and in fm-predict --paths.
import Foundation
import Testing

@Suite struct JPEGFlowTests {
  private let grey: StoredJPEG
  private let color: StoredJPEG

  init() throws {
    grey = try StoredJPEG("28x28, grey")
    color = try StoredJPEG("28x28, RGB")
  }

  @Test func aFolderOfBothFormatsIsReadInTheOrderOfItsNames() throws {
    let place = try Workplace()
    let made = try place.shell("mkdir -p in/b in/.c")
    #expect(made.ending == .exited(0))
    let names = ["a.JPG", "b/1.jpeg", "b/2.png", "c.jpe", "d.Jpeg", "e.jfif", "f.PNG"]
    for name in names {
      try place.write(name.lowercased().hasSuffix("png") ? grey.png.file : grey.file, to: "in/\(name)")
    }
    // Hidden files, other endings, and another format.
    for name in [".c/1.jpg", ".2.jpg", "jpg", "g.jpg.txt", "h.gif"] {
      try place.write(grey.file, to: "in/\(name)")
    }
    let outcome = try place.run("png2raw", "in")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(
      outcome.messageLines == [
        "png2raw: 1 file that is neither PNG nor JPEG was passed over, such as in/h.gif"
      ])
    let expected = SmallStream(names.map { ("in/\($0)", grey.png) }, history: "png2raw in")
    #expect(outcome.output == expected.bytes)
  }

  @Test func png2rawAndImg2rawDifferOnlyInTheirNames() throws {
    let place = try Workplace()
    try place.write(grey.file, to: "a.jpg")
    try place.write([1, 2, 3], to: "b.jpg")
    for command in ["png2raw", "img2raw"] {
      let outcome = try place.run(command, "a.jpg", "b.jpg")
      #expect(outcome.ending == .exited(1))
      #expect(outcome.output == SmallStream([("a.jpg", grey.png)], history: "\(command) a.jpg b.jpg").bytes)
      #expect(
        outcome.messageLines == [
          "\(command): b.jpg: expected a PNG or JPEG file, found bytes 01 02 03",
          "\(command): 1 of 2 files was skipped",
        ])
    }
    let helps = try ["png2raw", "img2raw"].map { try place.run($0, "--help").text }
    #expect(
      helps[0].contains("img2raw is the same command") && helps[1].contains("png2raw is the same command"))
    func nameless(_ text: String) -> [String] {
      text.replacing(/(png|img)2raw/, with: "…").split(whereSeparator: \.isWhitespace).map(String.init)
    }
    #expect(nameless(helps[0]) == nameless(helps[1]))
  }

  @Test func theContentDecidesTheFormatNotTheName() throws {
    let place = try Workplace()
    try place.write(grey.file, to: "a.png")
    try place.write(grey.png.file, to: "b.jpg")
    let outcome = try place.run("png2raw", "a.png", "b.jpg")
    #expect(outcome.ending == .exited(0) && outcome.messageText.isEmpty, "\(outcome.messageText)")
    let expected = SmallStream([("a.png", grey.png), ("b.jpg", grey.png)], history: "png2raw a.png b.jpg")
    #expect(outcome.output == expected.bytes)
  }

  @Test func colorsMatchPillowAndStandardInputIsOnePicture() throws {
    let place = try Workplace()
    var picture = SmallPNG(width: 28, height: 28)
    for (option, pixels) in [("rgb", color.rgb), ("grey", color.grey)] {
      picture.pixels = pixels
      let outcome = try place.run("img2raw", "--color", option, "-", input: .bytes(color.file))
      #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
      #expect(outcome.output == SmallStream([("-", picture)], history: "img2raw --color \(option) -").bytes)
    }
  }

  /// A picture from a phone that was held upright.
  @Test func picturesAreRotatedAsTheirEXIFDataSay() throws {
    let place = try Workplace()
    let turned = try StoredJPEG("orientation 6")
    #expect(turned.width == 6 && turned.height == 11)
    try place.write(turned.file, to: "a.jpg")
    let outcome = try place.run("img2raw", "--size", "11x6", "a.jpg")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(
      outcome.output == SmallStream([("a.jpg", turned.png)], history: "img2raw --size 11x6 a.jpg").bytes)
  }

  @Test func badFilesAreNamedAndTheOthersAreRead() throws {
    let place = try Workplace()
    let half = Array(grey.file.prefix(700))
    let files: [(name: String, file: [UInt8], reason: String)] = [
      ("cmyk.jpg", try StoredJPEG.refused("CMYK"), "the picture has four colours, CMYK or YCCK"),
      ("cut.jpg", half, "the file is truncated: it ends after 700 bytes, before marker EOI"),
      ("first.jpg", [0xFF, 0xD8], "the file is truncated: it ends after 2 bytes"),
      ("mended.jpg", half + [0xFF, 0xD9], "the image data are damaged: premature end of data segment"),
      (
        "small.jpg", try StoredJPEG("17x9").file, "is 9×17 (height × width), but the recipe exact wants 28×28"
      ),
      (
        "web.jpg", Array("RIFF....WEBPVP8 ".utf8),
        "expected a PNG or JPEG file, found a WebP picture; convert it"
      ),
    ]
    try place.write(grey.file, to: "good.jpg")
    for file in files { try place.write(file.file, to: file.name) }
    for jobs in ["1", "3"] {
      let outcome = try place.run("img2raw", "--jobs", jobs, "--errors", "bad.tsv", ".", "-o", "s.raw")
      #expect(outcome.ending == .exited(1))
      #expect(outcome.messageLines.count == files.count + 1)
      for (line, file) in zip(outcome.messageLines, files) {
        #expect(line.hasPrefix("img2raw: ./\(file.name): \(file.reason)"), "\(line)")
      }
      #expect(outcome.messageLines.last == "img2raw: 6 of 7 files were skipped")
      #expect(try place.text(of: "bad.tsv").split(separator: "\n").count == files.count + 1)
    }
    let failing = try place.run("img2raw", "good.jpg", "cut.jpg", "--on-error", "fail", "-o", "new.raw")
    #expect(failing.ending == .exited(65))
    #expect(try !place.names.contains("new.raw"))
  }

  @Test func damageThatNoPixelDependsOnIsCountedAndStrictRefusesIt() throws {
    let place = try Workplace()
    let exif = [0xFF, 0xE1, 0, 10] + Array("Exif\0\0".utf8) + [1, 2]
    try place.write(grey.file + [1, 2], to: "a.jpg")
    try place.write(grey.file + [3], to: "b.jpg")
    try place.write(Array(grey.file[..<2]) + exif + grey.file[2...], to: "c.jpg")
    try place.write(Array(grey.file[..<2]) + [0] + grey.file[2...], to: "d.jpg")
    let names = ["a.jpg", "b.jpg", "c.jpg"]
    let outcome = try place.start("img2raw", names).finish()
    #expect(outcome.ending == .exited(0))
    let expected = SmallStream(names.map { ($0, grey.png) }, history: "img2raw a.jpg b.jpg c.jpg")
    #expect(outcome.output == expected.bytes)
    let starts = [
      "2 pictures, the first a.jpg: bytes after the end of the picture (marker EOI)",
      "c.jpg: byte 2: the EXIF data are damaged",
    ]
    #expect(outcome.messageLines.count == 2)
    for (line, start) in zip(outcome.messageLines, starts) {
      #expect(line.hasPrefix("img2raw: \(start)") && line.contains("--strict"), "\(line)")
    }
    let strict = try place.start("img2raw", ["--strict"] + names).finish()
    #expect(strict.ending == .exited(65))
    #expect(strict.messageLines.count == 4)
    #expect(try place.start("img2raw", ["--quiet"] + names).finish().messageText == "")
    // A JPEG file is recognised by its first three bytes.
    #expect(try place.run("img2raw", "d.jpg").messageText.contains("expected a PNG or JPEG file"))
  }

  @Test func predictionsDoNotDependOnThePicturesFormat() throws {
    let place = try Workplace()
    let images = SmallImages(count: 40, classCount: 2, height: 28, width: 28, seed: 3)
    try place.write(SmallStream(images, classes: ["a", "b"]).bytes, to: "data.raw")
    let training = try place.start(
      trainLine[0], trainLine.dropFirst() + ["--validation", "0", "--output", "model", "data.raw"]
    ).finish()
    #expect(training.ending == .exited(0), "\(training.messageText)")
    try place.write(grey.file, to: "a.jpg")
    try place.write(grey.png.file, to: "b.png")
    try place.write(Array(grey.file.dropLast(9)), to: "c.jpg")
    try place.write(grey.file + [9], to: "d.jpg")
    let line = ["-m", "model", "--paths", "a.jpg", "b.png", "c.jpg", "d.jpg"]
    let outcome = try place.start("fm-predict", line).finish()
    #expect(outcome.ending == .exited(1))
    let rows = outcome.text.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(rows.map(\.first) == ["name", "a.jpg", "b.png", "c.jpg", "d.jpg"])
    #expect(rows[1].dropFirst() == rows[2].dropFirst() && rows[1].dropFirst() == rows[4].dropFirst())
    #expect(!rows[1][1].isEmpty && rows[3][1].isEmpty)
    #expect(rows[3].last?.hasPrefix("the file is truncated") == true)
    #expect(outcome.messageText.contains("fm-predict: d.jpg: ") && outcome.messageText.contains("marker EOI"))
    let strict = try place.start("fm-predict", ["--strict"] + line).finish()
    #expect(strict.messageLines.last?.contains("2 of 4 files gave no prediction") == true)
  }

  #if os(Linux)
    /// The headers promise pictures of 64 megapixels, and the files are long enough to hold them, but do not.
    @Test func memoryDoesNotFollowTheSizesInHeaders() throws {
      let place = try Workplace()
      let progressive = try StoredJPEG("progressive, 4:4:4").file
      // Bytes 5 to 8 of the frame's header are the height and the width.
      let frame = try #require(progressive.indices.first { progressive[$0...].starts(with: [0xFF, 0xC2]) })
      var huge = progressive
      huge.replaceSubrange(frame + 5..<frame + 9, with: [0x20, 0, 0x20, 0])
      huge = huge.dropLast(2) + [UInt8](repeating: 0, count: 500_000) + [0xFF, 0xD9]
      for number in 0..<8 { try place.write(huge, to: "\(number).jpg") }
      try place.write(grey.file, to: "good.jpg")
      var peak = 0
      let child = try place.start("img2raw", ["--jobs", "2", "."])
      let outcome = try child.finish { peak = max(peak, $0.peakMemory ?? 0) }
      #expect(outcome.ending == .exited(1), "\(outcome.messageText)")
      #expect(outcome.messageLines.count == 9, "\(outcome.messageText)")
      for line in outcome.messageLines.dropLast() { #expect(line.contains("the image data are damaged")) }
      // Each of two threads reserves 384 MiB for coefficients, of which only the written part takes memory.
      #expect(peak < 1100 << 20, "\(peak)")
    }
  #endif
}
