// fm-audit: findings in files and pipes, tables that other commands read, gates, and refusals.
import Foundation
import Testing

@Suite struct AuditTests {
  /// A folder with two streams. The second repeats images of the first, exactly or nearly, some with another label.
  private static func place(names: Bool = false) throws -> Workplace {
    let place = try Workplace()
    var train = SmallImages(count: 30)
    train.repeatImage(3, as: 7)
    train.repeatImage(3, as: 9)
    train.labels[9] = (train.labels[3] + 1) % 3
    train.pixels.replaceSubrange(20 * 64..<21 * 64, with: [UInt8](repeating: 50, count: 64))
    var test = SmallImages(count: 12, seed: 2)
    test.pixels.replaceSubrange(64..<128, with: train.image(5))
    test.labels[1] = (train.labels[5] + 2) % 3
    test.pixels.replaceSubrange(4 * 64..<5 * 64, with: train.image(6).map { $0 ^ 1 })
    test.labels[4] = train.labels[6]
    for (images, name) in [(train, "train"), (test, "test")] {
      let classes = ["top", "middle", "bottom"]
      let stream =
        names
        ? SmallStream(images, names: (0..<images.count).map { Array("\(name)/\($0)".utf8) }, classes: classes)
        : SmallStream(images, classes: classes)
      try place.write(stream.bytes, to: "\(name).raw")
    }
    return place
  }

  private func fields(_ text: String) -> [[String]] {
    text.split(separator: "\n").map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  private static let found = [
    "contradiction train.raw 9 train.raw 3 0.000", "contradiction test.raw 1 train.raw 5 0.000",
    "leak test.raw 1 train.raw 5 0.000", "near-leak test.raw 4 train.raw 6 1.000",
    "duplicate train.raw 7 train.raw 3 0.000", "duplicate train.raw 9 train.raw 3 0.000",
    "blank train.raw 20   ", "small-class",
  ]

  @Test func findingsAreTheSameFromFilesAndPipesWithAnyNumberOfThreads() throws {
    let place = try Self.place()
    let whole = try place.run("fm-audit", "train.raw", "test.raw", "--jobs", "1")
    #expect(whole.ending == .exited(0), "\(whole.messageText)")
    let table = fields(whole.text)
    #expect(
      table[0] == [
        "kind", "stream", "record", "truth", "class", "other_stream", "other_record", "distance", "bits",
        "count", "score",
      ])
    let records = table.dropFirst().filter { $0[0] != "small-class" }
    #expect(
      records.map { ([$0[0], $0[1], $0[2], $0[5], $0[6], $0[7]]).joined(separator: " ") }
        == Self.found.dropLast())
    #expect(
      whole.messageText.hasPrefix(
        "fm-audit: train.raw: 30 records, 3 classes of "), "\(whole.messageText)")
    #expect(whole.messageLines.contains("  contradiction       2"), "\(whole.messageText)")
    for jobs in ["2", "3"] {
      #expect(try place.run("fm-audit", "-q", "train.raw", "test.raw", "-j", jobs).text == whole.text)
    }
    let piped = try place.shell("cat train.raw | fm-audit -q - test.raw")
    #expect(piped.text == whole.text.replacing("train.raw", with: "stdin") && piped.messageText == "")
    let redirected = try place.shell("fm-audit -q train.raw /dev/stdin < test.raw")
    #expect(redirected.ending == .exited(0), "\(redirected.messageText)")
    #expect(fields(redirected.text).map { $0[2] } == table.map { $0[2] })
  }

  @Test(arguments: [false, true])
  func aSheetShowsTheRecordsOfATable(_ hasNames: Bool) throws {
    let place = try Self.place(names: hasNames)
    for (kind, stream, records) in [
      ("contradiction", "train.raw", ["9"]), ("leak", "test.raw", ["1"]), ("near-leak", "test.raw", ["4"]),
      ("duplicate", "train.raw", ["7", "9"]), ("blank", "train.raw", ["20"]),
    ] {
      let outcome = try place.shell(
        """
        set -e
        fm-audit -q train.raw test.raw --only "$1" --of "$2" -o table
        cut -f 3 table | tail -n +2
        raw2png "$2" --select table --sheet sheet.png
        raw2png "$2" --select table --terminal --colors none > shown
        """, [kind, stream])
      #expect(outcome.ending == .exited(0), "\(kind): \(outcome.messageText)")
      #expect(outcome.text.split(separator: "\n").map(String.init) == records)
      if kind == "contradiction" { #expect(try !place.text(of: "shown").isEmpty) }
    }
  }

  @Test func duplicatesAreFoundWithoutLabels() throws {
    let place = try Workplace()
    let images = SmallImages(count: 3)
    let stream = SmallStream(
      fields: ["('image', '|u1', (8, 8))"], records: [0, 1, 0].map { Array(images.image($0)) }, classes: nil,
      history: ["test"])
    try place.write(stream.bytes, to: "data.raw")
    let outcome = try place.run("fm-audit", "data.raw")
    #expect(
      fields(outcome.text) == [
        [
          "kind", "stream", "record", "class", "other_stream", "other_record", "distance", "bits", "count",
          "score",
        ],
        ["duplicate", "data.raw", "2", "", "data.raw", "0", "0.000", "0", "2", ""],
      ])
    #expect(outcome.messageLines.first == "fm-audit: data.raw: 3 records without labels")
    let gate = try place.run("fm-audit", "-q", "data.raw", "--max", "contradiction=0")
    #expect(gate.ending == .exited(65))
    #expect(
      gate.messageText
        == "fm-audit: the gate on 'contradiction' cannot be judged: no stream has labels; leave out --max contradiction\n"
    )
    #expect(gate.output == [])
    let sheet = try place.shell(
      "fm-audit -q data.raw -o t && raw2png data.raw --select t --terminal > shown")
    #expect(sheet.ending == .exited(0), "\(sheet.messageText)")
  }

  // MARK: Gates

  @Test func gatesSetTheExitStatus() throws {
    let place = try Self.place()
    let passed = try place.run(
      "fm-audit", "-q", "train.raw", "test.raw", "--max", "leak=1", "--max", "blank=1", "--max",
      "imbalance=30")
    #expect(passed.ending == .exited(0) && passed.messageText == "")
    let failed = try place.run(
      "fm-audit", "-q", "train.raw", "test.raw", "--max", "leak=0", "--max", "blank=1", "--summary", "s.json")
    #expect(failed.ending == .exited(1))
    #expect(failed.messageText == "fm-audit: 1 of 2 gates failed: leak is 1, at most 0\n")
    // A failed gate does not suppress the findings.
    #expect(failed.text == passed.text)
    let summary = try #require(
      JSONSerialization.jsonObject(with: Data(place.bytes(of: "s.json"))) as? [String: Any])
    #expect((summary["findings"] as? [String: Int])?["contradiction"] == 2)
    #expect((summary["gates"] as? [[String: Any]])?.map { $0["passed"] as? Bool } == [false, true])
    let one = try place.run(
      "fm-audit", "-q", "train.raw", "--only", "leak", "test.raw", "--max", "duplicate=1")
    #expect(one.messageText == "fm-audit: the gate failed: duplicate is 2, at most 1\n")
    #expect(fields(one.text).map { $0[0] } == ["kind", "leak"])
  }

  @Test(
    arguments: [
      (["--max", "leaks=0"], "there is no kind 'leaks'"), (["--max", "leak"], "expected KIND=NUMBER"),
      (["--max", "suspect=0"], "--max suspect: expected --predictions"),
      (["--only", "suspect"], "--only suspect: expected --predictions"),
      (["--only", "leak"], "--only leak: expected two streams"), (["--only", "shadow"], "shadow"),
      (["--max", "near-leak=0"], "--max near-leak: expected two streams"),
      (["--no-near", "--only", "near-duplicate"], "--no-near leaves these out"),
      (["--within", "65"], "--within: expected 0 to 64"), (["--distance", "-1"], "--distance"),
      (["--distance", "nan"], "--distance"), (["--small-class", "-1"], "--small-class"),
      (["--of", "test.raw"], "--of: 'test.raw' is not among the streams"),
      (["--predictions", "a", "--predictions", "b"], "expected at most one for each stream"),
      (["--rank", "size"], "size"), (["./train.raw"], "given twice"),
      (
        ["--no-near", "--within", "9"],
        "--within is for images that are nearly the same, which --no-near leaves out"
      ),
      (["--only", "duplicate", "--distance", "9"], "nearly the same, which --only leaves out"),
      (
        ["--only", "duplicate", "--small-class", "9"],
        "--small-class is for small classes, which --only leaves"
      ),
      (["--rank", "margin"], "--rank is for suspect labels, which need --predictions"),
      (
        ["--rank", "margin", "--predictions", "a", "--only", "duplicate"],
        "suspect labels, which --only leaves out"
      ),
    ] as [([String], String)])
  func invalidOptionsAreUsageErrors(_ options: [String], _ reason: String) throws {
    let place = try Self.place()
    let outcome = try place.start("fm-audit", ["train.raw"] + options).finish()
    #expect(outcome.ending == .exited(64), "\(outcome.messageText)")
    #expect(ExitStatusTests.fault(in: outcome, of: "fm-audit") == nil)
    #expect(outcome.messageText.contains(reason), "\(outcome.messageText)")
    #expect(outcome.output == [])
  }

  /// The stream does not exist either, which would be reported if it were opened first.
  @Test(arguments: [["-o", "no/such"], ["--summary", "no/such"]])
  func outputsAreCheckedBeforeInputs(_ options: [String]) throws {
    let place = try Workplace()
    let outcome = try place.start("fm-audit", ["absent.raw"] + options).finish()
    #expect(outcome.ending == .exited(73), "\(outcome.messageText)")
    #expect(outcome.messageText.contains("no/such"), "\(outcome.messageText)")
    #expect(try place.names.isEmpty)
  }

  @Test func incompatibleStreamsAreRefused() throws {
    let place = try Self.place()
    let (classes, other) = (["top", "middle", "bottom"], ["top", "bottom", "middle"])
    try place.write(SmallStream(SmallImages(count: 3, width: 4), classes: classes).bytes, to: "narrow.raw")
    try place.write(SmallStream(SmallImages(count: 3), classes: other).bytes, to: "other.raw")
    for (file, message) in [
      (
        "narrow.raw",
        "narrow.raw: expected images of 8×8 like those of train.raw, found 8×4; audit streams of one shape together"
      ),
      (
        "other.raw",
        "other.raw: its classes are those of train.raw in another order: class 1 is 'bottom' here, 'middle' there;"
          + " audit streams of the same classes together"
      ),
    ] {
      let outcome = try place.run("fm-audit", "-q", "train.raw", file)
      #expect(outcome.ending == .exited(65))
      #expect(outcome.messageText == "fm-audit: \(message)\n")
      #expect(outcome.output == [])
    }
  }

  // MARK: Predictions

  @Test(arguments: [
    "--probabilities", "--format raw", "--format jsonl --probabilities", "--log-probabilities",
  ])
  func predictionsRevealSuspectLabels(_ form: String) throws {
    let place = try Workplace()
    var images = SmallImages(count: 200)
    let classes = ["top", "middle", "bottom"]
    // The model learns from the correct labels.
    try place.write(SmallStream(images, classes: classes).bytes, to: "clean.raw")
    let wrong = Array(stride(from: 0, to: 200, by: 10))
    for record in wrong { images.labels[record] = (images.labels[record] + 1) % 3 }
    var stream = SmallStream(images, classes: classes)
    try place.write(stream.bytes, to: "data.raw")
    stream.records.removeLast()
    try place.write(stream.bytes, to: "fewer.raw")
    let outcome = try place.shell(
      """
      set -e
      fm-train -q --arch 'linear:16 relu' --epochs 20 --batch-size 20 --validation 0.2 --seed 1 -o model clean.raw
      fm-predict --model model \(form) data.raw > predictions
      fm-audit data.raw -q --predictions predictions --only suspect -o suspects
      raw2png data.raw --select suspects --predictions predictions --sheet sheet.png
      cut -f 3,4,5,11 suspects
      ! fm-audit -q fewer.raw --predictions predictions 1>&2
      ! fm-audit -q data.raw --predictions predictions --max suspect=19 > table 2> gate
      grep -q 'the gate failed: suspect is 20, at most 19' gate
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let rows = fields(outcome.text)
    #expect(rows[0] == ["record", "truth", "class", "score"])
    #expect(rows.dropFirst().map { Int($0[0]) ?? -1 }.sorted() == wrong)
    for row in rows.dropFirst() {
      let label = Int(images.labels[Int(row[0]) ?? 0])
      #expect(row[1] == classes[label] && row[2] == classes[(label + 2) % 3])
    }
    let scores = rows.dropFirst().compactMap { Double($0[3]) }
    #expect(scores == scores.sorted() && scores.count == 20 && scores.allSatisfy { 0 <= $0 && $0 < 0.5 })
    #expect(
      outcome.messageText
        == "fm-audit: predictions: expected a prediction for each of the 199 records of fewer.raw, found 200;"
        + " are they of another stream?\n")
  }

  @Test(arguments: ["contradiction", "small-class", "missing-class"])
  func aKindThatNeedsLabelsIsRefusedWithoutThem(_ kind: String) throws {
    let place = try Workplace()
    try place.write(SmallImages(count: 9).imageFile, to: "images")
    let outcome = try place.shell("idx2raw images > nolabels.raw; fm-audit -q nolabels.raw --only \(kind)")
    #expect(outcome.ending == .exited(65) && outcome.text.isEmpty)
    #expect(
      outcome.messageText == "fm-audit: findings of the kind '\(kind)' need labels, and no stream has any;"
        + " leave out --only \(kind)\n")
  }
}

extension SmallImages {
  /// Gives one record the image and the label of another.
  fileprivate mutating func repeatImage(_ source: Int, as record: Int) {
    pixels.replaceSubrange(record * height * width..<(record + 1) * height * width, with: image(source))
    labels[record] = labels[source]
  }
}
