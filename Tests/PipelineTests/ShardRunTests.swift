// fm-predict --output-directory: one output for each input, and the same command again after an interruption.
import Foundation
import Testing

@Suite struct ShardRunTests {
  /// Streams a.raw and b.raw, archives of the same images, and the models m and n.
  private static let prepared = PreparedFolder { place in
    for (seed, name) in [(5, "a"), (6, "b")] {
      let images = SmallImages(count: 60, classCount: 2, height: 4, width: 4, seed: UInt64(seed))
      try place.write(SmallStream(images).bytes, to: "\(name).raw")
      let packing = try place.shell("raw2png $1.raw --tar - | gzip > $1.tar.gz", [name])
      try #require(packing.ending == .exited(0), "\(packing.messageText)")
    }
    for (model, seed) in [("m", "1"), ("n", "2")] {
      let line = trainLine.dropFirst() + ["--validation", "0", "--seed", seed, "-o", model, "a.raw"]
      let training = try place.start(trainLine[0], Array(line)).finish()
      try #require(training.ending == .exited(0), "\(training.messageText)")
    }
  }

  private static func place() throws -> Workplace { try prepared.copy() }

  private func predict(_ place: Workplace, _ line: String) throws -> Outcome {
    try place.start("fm-predict", line.split(separator: " ").map(String.init)).finish()
  }

  private func changeTime(_ place: Workplace, _ name: String) throws -> Date {
    let attributes = try FileManager.default.attributesOfItem(atPath: "\(place.path)/\(name)")
    return try #require(attributes[.modificationDate] as? Date)
  }

  @Test func outputsMatchSingleRunsAndAreMadeOnce() throws {
    let place = try Self.place()
    let line = "-m m --probabilities --output-directory out a.raw b.raw"
    let first = try predict(place, line)
    #expect(first.ending == .exited(0) && first.output.isEmpty, "\(first.messageText)")
    #expect(first.messageText == "fm-predict: 2 of 2 outputs made\n")
    for name in ["a", "b"] {
      let single = try predict(place, "-m m --probabilities \(name).raw")
      #expect(try place.bytes(of: "out/\(name).tsv") == single.output)
    }
    let before = try changeTime(place, "out/a.tsv")
    let second = try predict(place, line + " --jobs 1 --batch-size 7 -q")
    #expect(second.ending == .exited(0) && second.messageText.isEmpty, "\(second.messageText)")
    #expect(try predict(place, line).messageText == "fm-predict: 0 of 2 outputs made, 2 already existed\n")
    #expect(try changeTime(place, "out/a.tsv") == before)
    // Only the missing output is made.
    #expect(try place.shell("rm out/b.tsv").ending == .exited(0))
    #expect(try predict(place, line).messageText == "fm-predict: 1 of 2 outputs made, 1 already existed\n")
    #expect(try changeTime(place, "out/a.tsv") == before)
    #expect(try place.shell("ls -A out").text == ".fm-predict\na.tsv\nb.tsv\n")
  }

  @Test func aFolderIsNoFinishedOutput() throws {
    let place = try Self.place()
    #expect(try predict(place, "-m m --output-directory out a.raw").ending == .exited(0))
    #expect(try place.shell("rm out/a.tsv; mkdir out/a.tsv").ending == .exited(0))
    let outcome = try predict(place, "-m m --output-directory out a.raw")
    #expect(outcome.ending == .exited(73), "\(outcome.messageText)")
    #expect(
      outcome.messageText == "fm-predict: out/a.tsv: cannot create: it is a folder; name a file in it\n")
  }

  @Test func outputsOfOtherModelsOptionsOrInputsAreMadeAgain() throws {
    let place = try Self.place()
    func made(_ line: String) throws -> [String] {
      let outcome = try predict(place, "--output-directory out a.raw \(line)")
      #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
      return outcome.messageLines.map(String.init)
    }
    let summary = "fm-predict: 1 of 1 output made"
    #expect(try made("-m m") == [summary])
    let again = "fm-predict: out/a.tsv: making it again, since"
    #expect(try made("-m n") == ["\(again) the model changed", summary])
    #expect(try place.bytes(of: "out/a.tsv") == predict(place, "-m n a.raw").output)
    #expect(try made("-m n --top 2") == ["\(again) the options changed", summary])
    // A model under another name is the same model.
    #expect(try place.shell("cp n copy; cp b.raw a.raw").ending == .exited(0))
    #expect(try made("-m copy --top 2") == ["\(again) the input changed", summary])
    #expect(try made("-m n --top 2") == ["fm-predict: 0 of 1 output made, 1 already existed"])
  }

  /// A stream of predictions says how it was made, but does not name the other inputs of the run.
  @Test func aStreamOfPredictionsMatchesASingleRun() throws {
    let place = try Self.place()
    let several = try predict(place, "-m m --format raw --output-directory out a.raw b.raw")
    #expect(several.ending == .exited(0), "\(several.messageText)")
    #expect(try place.bytes(of: "out/b.raw") == predict(place, "-m m --format raw b.raw").output)
  }

  @Test func aBadInputIsNamedAndTheOthersArePredicted() throws {
    let place = try Self.place()
    try place.write(place.bytes(of: "a.raw").dropLast(100), to: "cut.raw")
    try place.write(Array("text".utf8), to: "text.raw")
    let line = "-m m --output-directory out cut.raw absent.raw a.raw text.raw b.raw"
    let outcome = try predict(place, line)
    #expect(outcome.ending == .exited(1))
    let lines = outcome.messageLines
    #expect(lines.count == 4, "\(outcome.messageText)")
    #expect(lines[0].hasPrefix("fm-predict: cut.raw: ") && lines[2].hasPrefix("fm-predict: text.raw: "))
    #expect(lines[1] == "fm-predict: absent.raw: cannot open for reading: No such file or directory")
    #expect(lines[3] == "fm-predict: 2 of 5 outputs made, 3 could not be made")
    #expect(try place.shell("ls out").text == "a.tsv\nb.tsv\n")
    // The same happens again until the inputs are whole.
    #expect(try predict(place, line).ending == .exited(1))
    #expect(try place.shell("cp a.raw cut.raw; cp a.raw absent.raw; cp a.raw text.raw").ending == .exited(0))
    #expect(try predict(place, line).messageText == "fm-predict: 3 of 5 outputs made, 2 already existed\n")
  }

  @Test func archivesGiveRowsAndTheirFailuresAreRemembered() throws {
    let place = try Self.place()
    try place.write(
      SmallTar([("1.png", SmallPNG().file), ("2.png", Array("text".utf8))]).bytes, to: "bad.tar")
    try place.write(SmallTar([("1.png", SmallPNG().file)]).bytes.prefix(700), to: "cut.tar")
    let line = "-m m --tar --output-directory out a.tar.gz bad.tar cut.tar b.tar.gz"
    let first = try predict(place, line)
    #expect(first.ending == .exited(1))
    #expect(first.messageLines.count == 2, "\(first.messageText)")
    #expect(first.messageLines[0].hasPrefix("fm-predict: cut.tar: is damaged or was cut short in '1.png'"))
    let end = "1 could not be made, 1 row in 1 output has no prediction\n"
    #expect(first.messageText.hasSuffix("fm-predict: 3 of 4 outputs made, \(end)"))
    #expect(try place.shell("ls out").text == "a.tsv\nb.tsv\nbad.tsv\n")
    #expect(try place.bytes(of: "out/a.tsv") == predict(place, "-m m --tar a.tar.gz").output)
    let second = try predict(place, line)
    #expect(second.ending == .exited(1))
    #expect(second.messageText.hasSuffix("fm-predict: 0 of 4 outputs made, 3 already existed, \(end)"))
    #expect(
      try predict(place, "-m m --tar --output-directory out bad.tar --keep-going").ending == .exited(0))
    // Imitates a run that was killed between an output and its count of failures.
    let editing = try place.shell("sed -i 's/^failures.*/failures\tunknown/' out/.fm-predict/bad.tsv")
    #expect(editing.ending == .exited(0))
    let third = try predict(place, line)
    #expect(third.ending == .exited(1))
    #expect(third.messageText.hasSuffix("fm-predict: 1 of 4 outputs made, 2 already existed, \(end)"))
    #expect(!third.messageText.contains("making it again"))
  }

  /// Whenever a run is killed, the same command completes it with the same outputs, and no output is ever partial.
  @Test func theSameCommandCompletesAKilledRun() throws {
    let place = try Self.place()
    let outcome = try place.shell(
      """
      for number in $(seq 30); do cp a.raw shard-$number.raw; done
      fm-predict -q -m m a.raw > whole
      kills=0
      for delay in 0.02 0.05 0.1 0.15 0.2 0.3; do
        fm-predict -q -m m --output-directory out shard-*.raw & process=$!
        sleep $delay
        kill -9 $process 2> /dev/null && kills=$((kills + 1))
        wait $process 2> /dev/null
        for output in out/*.tsv; do [ ! -e $output ] || cmp $output whole || exit 1; done
      done
      fm-predict -q -m m --output-directory out shard-*.raw || exit 1
      for number in $(seq 30); do cmp out/shard-$number.tsv whole || exit 1; done
      [ $kills -gt 0 ] || exit 1
      ls -A out | wc -l
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(outcome.text == "31\n")
  }

  @Test func severalProcessesShareAFolder() throws {
    let place = try Self.place()
    let outcome = try place.shell(
      """
      for number in $(seq 40); do cp a.raw $number.raw; done
      ls [0-9]*.raw | xargs -n 10 -P 4 fm-predict -q -m m --output-directory out || exit 1
      fm-predict -m m --output-directory out [0-9]*.raw
      """)
    #expect(outcome.ending == .exited(0))
    #expect(outcome.messageText == "fm-predict: 0 of 40 outputs made, 40 already existed\n")
  }

  @Test func conflictingOutputsAreRefused() throws {
    let place = try Self.place()
    #expect(try place.shell("mkdir out d; cp a.raw d; echo mine > out/a.tsv").ending == .exited(0))
    for line in [
      "a.raw d/a.raw", "-", "a.raw -o b.tsv", "", "--paths a.png",
      "a.raw b.raw --format raw --output-directory .",
    ] {
      let outcome = try predict(place, "-m m --output-directory out \(line)")
      #expect(outcome.ending == .exited(64), "\(line): \(outcome.messageText)")
      #expect(outcome.messageLines.count == 1)
    }
    #expect(try place.shell("ls -A out").text == "a.tsv\n")
    let foreign = try predict(place, "-m m --output-directory out a.raw b.raw")
    #expect(foreign.ending == .exited(1))
    #expect(
      foreign.messageLines[0]
        == "fm-predict: out/a.tsv: already exists, but nothing says how it was made; remove it, or replace it with --force"
    )
    #expect(try place.text(of: "out/a.tsv") == "mine\n")
    #expect(try predict(place, "-m m --force --output-directory out a.raw b.raw").ending == .exited(0))
    #expect(try place.bytes(of: "out/a.tsv") == predict(place, "-m m a.raw").output)
    try place.write([], to: "file")
    #expect(try predict(place, "-m m --output-directory file a.raw").ending == .exited(73))
    #expect(try predict(place, "-m m --output-directory no/such a.raw").ending == .exited(73))
  }
}
