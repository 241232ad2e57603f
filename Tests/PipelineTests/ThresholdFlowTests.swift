// Thresholds from end to end: fm-eval chooses them, fm-predict applies them, and fm-eval judges the answers.
import Testing

@Suite struct ThresholdFlowTests {
  private static let prepared = PreparedFolder { place in
    let images = SmallImages(count: 120)
    try place.write(SmallStream(images, classes: ["a", "b", "c"]).bytes, to: "data.raw")
    try place.write(SmallStream(images).bytes, to: "nameless.raw")
    let outcome = try place.shell(
      """
      set -e
      fm-train --quiet --epochs 1 --arch 'linear:4 relu' --output model data.raw
      fm-train --quiet --epochs 1 --arch 'linear:4 relu' --output numbered nameless.raw
      fm-predict -m model --probabilities data.raw > all.tsv
      """)
    try #require(outcome.ending == .exited(0), "\(outcome.messageText)")
  }

  private static func place() throws -> Workplace { try prepared.copy() }

  @Test func fmPredictAndFmEvalWithholdTheSameAnswers() throws {
    let place = try Self.place()
    let outcome = try place.shell(
      """
      set -e
      fm-eval all.tsv --choose-thresholds f1 --thresholds-out t.tsv > plain.txt
      cut -f 1 t.tsv | tr '\\n' ' '
      for options in '--thresholds t.tsv' '--thresholds t.tsv --threshold b=0.5' '--threshold a=never'; do
        fm-eval all.tsv $options --min answered.coverage=1e-9 --format json > judged.json || test $? = 1
        for form in tsv csv jsonl; do
          fm-predict -m model --probabilities $options --format $form data.raw |
            fm-eval --min answered.coverage=1e-9 --format json | cmp - judged.json
        done
      done
      fm-predict -m model --thresholds t.tsv --threshold a=never data.raw | cut -f 3 | grep -c '^a$' || test $? = 1
      # One limit for all classes equals that limit for each class.
      fm-predict -m model --min-probability 0.4 data.raw > limit.tsv
      fm-predict -m model --threshold a=0.4 --threshold b=0.4 --threshold c=0.4 data.raw | cmp - limit.tsv
      fm-predict -m numbered --threshold 1=never data.raw > numbered.tsv
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(outcome.text == "class a b c 0\n", "\(outcome.text)")
  }

  @Test func aStreamOfPredictionsNeedsTheClassNamesFirst() throws {
    let place = try Self.place()
    let outcome = try place.shell(
      """
      set -e
      fm-predict -m model --format raw data.raw > p.raw
      printf 'a\\nb\\nc\\n' > names
      fm-eval all.tsv --threshold a=0.4 --format csv > text.csv
      fm-eval p.raw --classes names --threshold a=0.4 --format csv | cmp - text.csv
      fm-eval p.raw --threshold a=0.4
      """)
    #expect(outcome.ending == .exited(65), "\(outcome.messageText)")
    #expect(
      outcome.messageText
        == "fm-eval: --threshold: there is no class 'a' among '0', '1', '2'; the stream p.raw names its classes"
        + " too late; name them with --classes\n")
  }

  @Test(arguments: [
    (["--threshold", "z=0.5"], 64, "--threshold: there is no class 'z' among 'a', 'b', 'c'"),
    (["--threshold", "a"], 64, "--threshold: expected CLASS=PROBABILITY, for example Shirt=0.8, got 'a'"),
    (["--threshold", "a=1.5"], 64, "--threshold: expected a probability from 0 to 1 for 'a'"),
    (["--threshold", "a=0.5", "--format", "raw"], 64, "--format raw holds every probability"),
    (["--thresholds", "wrong.tsv"], 65, "wrong.tsv: there is no class 'z' among 'a', 'b', 'c'"),
    (["--thresholds", "data.raw"], 65, "data.raw: "), (["--thresholds", "missing.tsv"], 66, "missing.tsv: "),
  ])
  func invalidThresholdsAreRefused(_ arguments: [String], _ status: Int32, _ words: String) throws {
    let place = try Self.place()
    try place.write(Array("class\tthreshold\na\t0.5\nz\t0.5\n".utf8), to: "wrong.tsv")
    let outcome = try place.start("fm-predict", ["-m", "model"] + arguments + ["nameless.raw"]).finish()
    #expect(outcome.ending == .exited(status), "\(outcome.messageText)")
    #expect(outcome.messageText.contains(words), "\(outcome.messageText)")
    #expect(!outcome.text.contains("record\t"))
  }
}
