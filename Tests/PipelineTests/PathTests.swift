// fm-predict --paths: names in, one line out for each.
import Foundation
import Testing

/// A picture as a PNG file.
private func smallPNG(height: Int, width: Int, _ pixels: some Sequence<UInt8>) -> [UInt8] {
  var picture = SmallPNG(width: width, height: height)
  picture.pixels = Array(pixels)
  return picture.file
}

@Suite struct PathTests {
  private static let images = SmallImages(count: 300, classCount: 2, height: 6, width: 7, seed: 5)

  /// A folder with two streams of the same images, a model of each, and every image as a picture, `0000.png` and so on.
  private static let prepared = PreparedFolder { place in
    var stream = SmallStream(
      images, names: images.labels.indices.map { Array(name($0).utf8) }, classes: ["a", "b"])
    try place.write(stream.bytes, to: "data.raw")
    stream.recipe = "fashion-mnist"
    try place.write(stream.bytes, to: "photos.raw")
    for index in images.labels.indices {
      try place.write(smallPNG(height: 6, width: 7, images.image(index)), to: name(index))
    }
    for (model, data) in [("model", "data.raw"), ("photo-model", "photos.raw")] {
      let training = try place.start(
        trainLine[0], trainLine.dropFirst() + ["--validation", "0", "--output", model, data]
      ).finish()
      try #require(training.ending == .exited(0), "\(training.messageText)")
    }
  }

  private static func place() throws -> Workplace { try prepared.copy() }

  private static func name(_ index: Int) -> String { String(format: "%04d.png", index) }
  private static let list = Array(images.labels.indices.map { name($0) + "\n" }.joined().utf8)

  private func rows(_ text: String) -> [[String]] {
    text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  @Test func picturesArePredictedLikeTheirRecords() throws {
    let place = try Self.place()
    let records = rows(try place.run("fm-predict", "--model", "model", "data.raw").text)
    var texts: Set<String> = []
    for jobs in ["1", "2", "5"] {
      for batchSize in ["1", "100", "1000"] {
        let line = ["--model", "model", "--paths", "--jobs", jobs, "--batch-size", batchSize]
        let outcome = try place.start("fm-predict", line, input: .bytes(Self.list)).finish()
        #expect(outcome.ending == .exited(0) && outcome.messageText.isEmpty, "\(outcome.messageText)")
        texts.insert(outcome.text)
      }
    }
    #expect(texts.count == 1)
    let pictures = rows(texts.first ?? "")
    #expect(pictures.first == ["name", "class", "probability", "error"])
    #expect(records.first == ["name", "truth", "class", "probability"])
    #expect(pictures.count == records.count)
    for (picture, record) in zip(pictures.dropFirst(), records.dropFirst()) {
      #expect(picture == [record[0], record[2], record[3], ""])
    }
  }

  private static let badList: [(name: String, reason: String)] = [
    ("absent.png", "cannot open for reading: No such file or directory"),
    (".", "expected a file, found a folder"),
    ("", "expected the name of a file, found nothing"),
    ("data.raw", "expected a PNG or JPEG file, found a tensor stream"),
    ("wide.png", "is 2×9 (height × width), but the recipe exact wants 6×7; use --recipe fashion-mnist"),
    ("cut.png", "the file is truncated"), ("pipe", "expected a file, found a pipe"),
    ("/dev/null", "expected a file, found a device"),
    (String(repeating: "x", count: 5000), "expected a name of at most 4096 bytes"),
  ]

  private static func addBadFiles(_ place: Workplace) throws {
    try place.write(smallPNG(height: 2, width: 9, [UInt8](repeating: 9, count: 18)), to: "wide.png")
    try place.write(smallPNG(height: 6, width: 7, images.image(0)).dropLast(20), to: "cut.png")
    #expect(try place.shell("mkfifo pipe").ending == .exited(0))
  }

  /// One line per name, in the order of the names, whatever they refer to.
  @Test(arguments: ["1", "4"])
  func aPictureThatCannotBeUsedGetsARowWithTheReason(_ jobs: String) throws {
    let place = try Self.place()
    try Self.addBadFiles(place)
    var names: [String] = []
    for (index, bad) in Self.badList.enumerated() { names += [Self.name(index), bad.name] }
    let list = Array(names.joined(separator: "\n").utf8) + [0x0a]
    let good = rows(try place.run("fm-predict", "--model", "model", "data.raw").text)
    let outcome = try place.start(
      "fm-predict", ["--model", "model", "--paths", "--jobs", jobs], input: .bytes(list)
    ).finish()
    #expect(outcome.ending == .exited(1))
    #expect(
      outcome.messageText
        == "fm-predict: 9 of 18 files gave no prediction; the column 'error' says why\n")
    let found = rows(outcome.text)
    #expect(found.count == names.count + 1)
    for (index, (name, row)) in zip(names, found.dropFirst()).enumerated() {
      if index % 2 == 0 {
        #expect(row == [name, good[index / 2 + 1][2], good[index / 2 + 1][3], ""])
      } else {
        #expect(row[..<3] == [String(name.prefix(4096)), "", ""])
        #expect(row[3].hasPrefix(Self.badList[index / 2].reason), "\(row[3])")
      }
    }
  }

  @Test func otherFormatsHaveTheReasonsToo() throws {
    let place = try Self.place()
    let list = Array("0000.png\nabsent.png\n0001.png\n".utf8)
    func output(_ options: String...) throws -> String {
      let outcome = try place.start("fm-predict", ["-m", "model", "--paths"] + options, input: .bytes(list))
        .finish()
      #expect(outcome.ending == .exited(1), "\(outcome.messageText)")
      return outcome.text
    }
    let csv = try output("--format", "csv", "--top", "2").split(separator: "\n")
    #expect(csv[0] == "name,class,probability,class2,probability2,error")
    #expect(csv[2] == "absent.png,,,,,cannot open for reading: No such file or directory")
    #expect(csv.count == 4)

    for options in [["--probabilities"], []] {
      let lines = try place.start(
        "fm-predict", ["-m", "model", "--paths", "--format", "jsonl"] + options, input: .bytes(list)
      ).finish().text.split(separator: "\n")
      let objects = try lines.map {
        try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
      #expect(objects.count == 3)
      #expect(objects[0]["error"] is NSNull && objects[0]["class"] is String)
      #expect(objects[1]["class"] is NSNull && objects[1]["probability"] is NSNull)
      #expect(objects[1]["error"] as? String == "cannot open for reading: No such file or directory")
      #expect(Set(objects[0].keys) == Set(objects[1].keys))
      #expect(objects[0].keys.contains("probabilities") == !options.isEmpty)
    }
    let wide = try output("--probabilities").split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
    #expect(wide[0] == ["name", "class", "probability", "p:a", "p:b", "error"])
    #expect(wide.allSatisfy { $0.count == 6 })
    let bare = try output("--no-header")
    #expect(bare.hasPrefix("0000.png\t") && bare.split(separator: "\n").count == 3)
  }

  /// Each name is answered while the sender waits.
  @Test(arguments: [1, 2, 3])
  func everyNameIsAnsweredBeforeTheNext(_ jobs: Int) throws {
    let place = try Self.place()
    let (reader, writer) = try Descriptor.pipe()
    let child = try place.start(
      "fm-predict", ["--model", "model", "--paths", "--jobs", "\(jobs)"], input: .descriptor(reader.number))
    var count = 1
    for (index, piece) in [1, 1, 70, 2, 200, 1].enumerated() {
      let names = (0..<piece).map { $0 % 7 == 6 ? "absent" : Self.name($0) }
      // Whole names and the beginning of the next.
      try writer.write(Array((names.joined(separator: "\n") + "\n00").utf8)[...])
      count += piece
      #expect(try child.drain { $0.output.count { $0 == 0x0a } >= count }, "\(index)")
      #expect(child.output.count { $0 == 0x0a } == count)
      try writer.write(Array("00.png\n".utf8)[...])
      count += 1
      #expect(try child.drain { $0.output.count { $0 == 0x0a } >= count }, "\(index)")
    }
    child.send(signal: SIGTERM)
    #expect(try withExtendedLifetime(writer) { try child.finish().ending } == .killed(signal: SIGTERM))
  }

  @Test func namesAreAnyBytesAndTheLastNeedsNoTerminator() throws {
    let place = try Self.place()
    let outcome = try place.shell(
      #"""
      set -e
      mkdir odd
      cp 0000.png $'odd/new\nline'; cp 0001.png $'odd/\xff'; cp 0002.png 'odd/ blank '; cp 0003.png $'odd/tab\t\e[31m'
      printf 'odd/new\nline\0odd/\xff\0odd/ blank \0odd/tab\t\x1b[31m' > names
      fm-predict -m model --paths --null < names > one
      fm-predict -m model --paths $'odd/new\nline' $'odd/\xff' 'odd/ blank ' $'odd/tab\t\e[31m' > two
      cmp one two
      xargs -0 fm-predict -m model --paths -- < names | cmp one -
      cat one
      """#)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(
      rows(outcome.text).map(\.first)
        == ["name", "odd/new\\nline", "odd/\\xff", "odd/ blank ", "odd/tab\\t\\x1b[31m"])
  }

  @Test func namesMayComeFromFindXargsAndSplit() throws {
    let place = try Self.place()
    let outcome = try place.shell(
      """
      set -e -o pipefail
      ls 0*.png > names
      fm-predict -m model --paths < names > all
      find . -name '0*.png' | sort | fm-predict -m model --paths | sed 's|^[.]/||' | cmp all -
      xargs fm-predict -m model --paths < names | cmp all -
      xargs -n 7 fm-predict -m model --paths --no-header < names | cmp <(tail -n +2 all) -
      split -l 50 names piece.
      for piece in piece.*; do fm-predict -m model --paths --no-header < $piece; done | cmp <(tail -n +2 all) -
      fm-predict -m model --paths < /dev/null
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(outcome.text == "name\tclass\tprobability\terror\n")
  }

  // MARK: Recipes

  @Test func picturesBecomeImagesWithTheModelsRecipe() throws {
    let place = try Self.place()
    var pixels = [UInt8](repeating: 255, count: 3 * 40 * 30)
    for row in 5..<35 {
      for column in 8..<20 {
        for channel in 0..<3 { pixels[(row * 30 + column) * 3 + channel] = UInt8(60 * channel + row) }
      }
    }
    try place.write(smallPNG(height: 40, width: 30, pixels), to: "photo.png")
    func predict(_ model: String, _ options: String...) throws -> Outcome {
      try place.start("fm-predict", ["-m", model, "--paths"] + options + ["photo.png"]).finish()
    }
    let recorded = try predict("photo-model")
    #expect(recorded.ending == .exited(0), "\(recorded.messageText)")
    #expect(try predict("photo-model", "--recipe", "fashion-mnist").text == recorded.text)
    // The two models differ only in the recorded recipe.
    #expect(try predict("model", "--recipe", "fashion-mnist").text == recorded.text)
    #expect(try predict("model").ending == .exited(1))
    let other = try predict("photo-model", "--recipe", "fit")
    #expect(other.ending == .exited(64))
    #expect(
      other.messageText
        == "fm-predict: --recipe: photo-model learned from images made by 'fashion-mnist', not by 'fit filter=area"
        + " fit=contain background=auto invert=auto'; leave --recipe out, or use --force\n")
    let forced = try predict("photo-model", "--recipe", "fit", "--force")
    #expect(forced.ending == .exited(0))
    #expect(try predict("model", "--recipe", "fit").text == forced.text)
    #expect(try predict("photo-model", "--recipe", "exact").ending == .exited(1))
  }

  @Test func whiteArticlesOnWhiteAreReported() throws {
    let place = try Self.place()
    try place.write(smallPNG(height: 9, width: 9, [UInt8](repeating: 250, count: 81)), to: "white\u{1b}.png")
    let outcome = try place.run("fm-predict", "-m", "photo-model", "--paths", "white\u{1b}.png")
    #expect(outcome.ending == .exited(0))
    #expect(
      outcome.messageText.hasPrefix("fm-predict: white\\x1b.png: all of it is close to the colour"),
      "\(outcome.messageText)")
    #expect(rows(outcome.text).count == 2)
    let quiet = try place.run("fm-predict", "-q", "-m", "photo-model", "--paths", "white\u{1b}.png")
    #expect(quiet.messageText.isEmpty && quiet.text == outcome.text)
  }

  /// Doubtful pictures are reported in one line for each kind of doubt, as by png2raw.
  @Test func blankPicturesAndDamageAreCounted() throws {
    let place = try Self.place()
    let picture = smallPNG(height: 6, width: 7, [UInt8](repeating: 3, count: 42))
    try place.write(picture + [1, 2], to: "a.png")
    try place.write(picture + [1], to: "b.png")
    for jobs in ["1", "3"] {
      let line = ["-m", "model", "--paths", "--jobs", jobs, "a.png", "0000.png", "b.png"]
      let outcome = try place.start("fm-predict", line).finish()
      #expect(outcome.ending == .exited(0))
      #expect(
        outcome.messageLines.map { String($0.prefix(40)) }
          == [
            "fm-predict: 2 pictures, the first a.png: ", "fm-predict: 2 pictures, the first a.png: ",
          ].map { String($0.prefix(40)) })
      #expect(
        outcome.messageText.contains("the images are blank") && outcome.messageText.contains("chunk IEND"))
      let quiet = try place.start("fm-predict", ["--quiet"] + line).finish()
      #expect(quiet.messageText == "" && quiet.output == outcome.output)
      let strict = try place.start("fm-predict", ["--strict"] + line).finish()
      #expect(strict.ending == .exited(1))
      #expect(strict.messageText.contains("2 of 3 files gave no prediction"))
      #expect(
        rows(strict.text)[1][3].contains("expected the end of the file after chunk IEND, found 2 bytes more"))
    }
    #expect(try place.run("fm-predict", "-m", "model", "--strict", "data.raw").ending == .exited(64))
  }

  @Test func listsFromWindowsAreRead() throws {
    let place = try Self.place()
    let plain = try place.start("fm-predict", ["-m", "model", "--paths"], input: .bytes(Self.list)).finish()
    let list = Array("\u{FEFF}".utf8) + Self.list.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
    let outcome = try place.start("fm-predict", ["-m", "model", "--paths"], input: .bytes(list)).finish()
    #expect(outcome.ending == .exited(0))
    #expect(outcome.output == plain.output)
    let message = "fm-predict: stdin: \(Self.images.labels.count) lines end with a carriage return"
    #expect(outcome.messageLines.count == 1 && outcome.messageText.hasPrefix(message))
    let quiet = try place.start("fm-predict", ["-q", "-m", "model", "--paths"], input: .bytes(list)).finish()
    #expect(quiet.messageText == "" && quiet.output == plain.output)
  }

  @Test func unknownRecipesAreNamed() throws {
    let place = try Self.place()
    var stream = SmallStream(Self.images)
    stream.recipe = "crop size=9"
    try place.write(stream.bytes, to: "new.raw")
    #expect(
      try place.start(trainLine[0], trainLine.dropFirst() + ["-o", "new", "new.raw"]).finish().ending
        == .exited(0))
    let outcome = try place.run("fm-predict", "-m", "new", "--paths", "0000.png")
    #expect(outcome.ending == .exited(65))
    #expect(
      outcome.messageText.contains("made by the recipe 'crop size=9', which this version does not know"))
    #expect(
      try place.run("fm-predict", "-m", "new", "--paths", "--recipe", "exact", "0000.png").ending
        == .exited(0))
  }

  @Test(arguments: [
    (["--paths", "--format", "raw"], "--format raw has no place"),
    (["--null", "data.raw"], "--null is for lists of names"),
    (["--recipe", "exact", "data.raw"], "--recipe is for pictures"),
    (["--paths", "--filter", "area"], "--filter belongs to --recipe fit"),
    (["--paths", "--background", "0"], "--background needs --recipe"),
    (["--paths", "0000.png", "-"], "not both"), (["--paths", "-0", "0000.png"], "here they are arguments"),
    (["data.raw", "data.raw"], "expected one stream, got 2"),
    (["--format", "jsonl", "--no-header", "data.raw"], "--no-header"),
    (["--format", "raw", "--no-header"], "--no-header"),
  ])
  func invalidCommandLinesAreRefused(_ arguments: [String], _ text: String) throws {
    let place = try Workplace()
    let outcome = try place.start("fm-predict", ["--model", "model"] + arguments).finish()
    #expect(outcome.ending == .exited(64), "\(outcome.messageText)")
    #expect(outcome.messageText.contains(text), "\(outcome.messageText)")
    #expect(ExitStatusTests.fault(in: outcome, of: "fm-predict") == nil)
    #expect(outcome.output.isEmpty)
  }

  #if os(Linux)
    @Test func aFullDiskExitsWith74() throws {
      let place = try Self.place()
      let outcome = try place.start(
        "fm-predict", ["-m", "model", "--paths"], input: .bytes(Self.list), output: .file("/dev/full")
      ).finish()
      #expect(outcome.ending == .exited(74))
      #expect(ExitStatusTests.fault(in: outcome, of: "fm-predict") == nil)
    }

    /// 60,000 names go through a process that grows by far less than they take.
    @Test(arguments: [1, 2])
    func memoryDoesNotGrowWithTheNumberOfNames(_ jobs: Int) throws {
      let place = try Self.place()
      let child = try place.start(
        "fm-predict", ["--model", "model", "--paths", "--jobs", "\(jobs)"],
        input: .bytes(Array(repeatElement(Self.list, count: 200).joined())))
      var peak = 0
      func notePeak(_ child: ChildProcess) { peak = max(peak, child.peakMemory ?? 0) }
      #expect(
        try child.drain {
          notePeak($0)
          return $0.output.count > 100_000
        })
      let early = peak
      #expect(early > 0)
      let outcome = try child.finish(watching: notePeak)
      #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
      #expect(outcome.text.split(separator: "\n").count == 60_001)
      #expect(peak - early < 6 << 20, "from \(early) to \(peak) bytes")
    }
  #endif
}
