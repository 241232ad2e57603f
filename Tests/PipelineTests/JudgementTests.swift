// fm-eval's other files, its joins and its merged reports, as a user types them.
import Foundation
import Testing

@Suite struct JudgementTests {
  /// A folder with predictions of 60 records in one file, in two parts, and without true classes, and with the true
  /// classes in a table of their own.
  private static func place() throws -> Workplace {
    let place = try Workplace()
    let classes = ["Coat", "Bag", "Shirt"]
    var rows: [(name: String, truth: String, rest: String)] = []
    for number in 0..<60 {
      let truth = number * 7 % 3
      let predicted = number % 5 == 0 ? (truth + 1) % 3 : truth
      // Multiples of 1/64 whose sum is 1.
      let high = 30 + number % 29
      let shares = (0..<3).map {
        $0 == predicted ? high : ($0 == (predicted + 1) % 3 ? (64 - high) / 2 : 64 - high - (64 - high) / 2)
      }
      let values = shares.map { "\(Double($0) / 64)" }.joined(separator: "\t")
      rows.append(
        ("n\(number).png", classes[truth], "\(classes[predicted])\t\(Double(high) / 64)\t\(values)"))
    }
    let columns = "class\tprobability\tp:Coat\tp:Bag\tp:Shirt\n"
    func table(_ rows: some Sequence<(name: String, truth: String, rest: String)>) -> String {
      "name\ttruth\t" + columns + rows.map { "\($0.name)\t\($0.truth)\t\($0.rest)\n" }.joined()
    }
    try place.write(Array(table(rows).utf8), to: "all.tsv")
    try place.write(Array(table(rows.prefix(11)).utf8), to: "a.tsv")
    try place.write(Array(table(rows.dropFirst(11)).utf8), to: "b.tsv")
    let unlabelled = "name\t" + columns + rows.map { "\($0.name)\t\($0.rest)\n" }.joined()
    try place.write(Array(unlabelled.utf8), to: "unlabelled.tsv")
    let truth = "label,name\n" + rows.reversed().map { "\($0.truth),\($0.name)\n" }.joined()
    try place.write(Array(truth.utf8), to: "truth.csv")
    return place
  }

  @Test func mergedReportsEqualThoseOfASingleEvaluation() throws {
    let place = try Self.place()
    let outcome = try place.shell(
      """
      set -e
      for part in a b all; do fm-eval $part.tsv --format json > $part.json; done
      fm-eval --merge b.json a.json --format json | cmp - all.json
      fm-eval --merge - a.json --format json < b.json | cmp - all.json
      for form in text markdown csv junit; do
        fm-eval all.tsv --min accuracy=0.1 --interval bootstrap --format $form > at-once
        fm-eval --merge a.json b.json --min accuracy=0.1 --interval bootstrap --format $form | cmp - at-once
      done
      fm-eval --merge a.json b.json --baseline all.json --max-drop log_loss=0 > merged.txt
      fm-eval --merge a.json --min accuracy=1
      """)
    #expect(outcome.ending == .exited(1), "\(outcome.messageText)")
    #expect(outcome.messageLines == ["fm-eval: the gate failed: accuracy"])
  }

  @Test func oldReportsAreMergedWithANote() throws {
    let place = try Self.place()
    let outcome = try place.shell(
      """
      set -e
      fm-eval a.tsv --format json > a.json
      fm-eval b.tsv --format json | sed 's/"sums"/"other"/' > b.json
      fm-eval --merge a.json b.json --format csv > merged.csv
      ! grep -q log_loss merged.csv && grep -q '^records,,60$' merged.csv
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(
      outcome.messageLines.count == 1
        && outcome.messageText.hasPrefix("fm-eval: b.json: has no sums of log_loss"))
  }

  @Test func trueClassesAreJoined() throws {
    let place = try Self.place()
    let outcome = try place.shell(
      """
      set -e
      fm-eval all.tsv --format csv > own.csv
      fm-eval unlabelled.tsv --truth truth.csv --format csv | cmp - own.csv
      fm-eval - --truth truth.csv --format csv < unlabelled.tsv | cmp - own.csv
      fm-eval unlabelled.tsv --truth - --format csv < truth.csv | cmp - own.csv
      head -n 31 unlabelled.tsv | fm-eval --truth truth.csv --missing skip --format json
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let report = try #require(JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
    #expect(report["records"] as? Int == 30)
    #expect(report["left_out"] as? [String: Int] == ["not_predicted": 30, "without_truth": 0])
    let gap = try place.shell("head -n 31 unlabelled.tsv | fm-eval --truth truth.csv")
    #expect(gap.ending == .exited(65))
    #expect(gap.messageText.contains("30 true classes were not predicted (the first: 'n59.png')"))
  }

  @Test func wrongRecordsGoToAFileOfTheirOwn() throws {
    let place = try Self.place()
    let outcome = try place.shell(
      """
      set -e
      fm-eval all.tsv > plain.txt
      fm-eval all.tsv --wrong wrong.tsv --wrong-limit 4 | cmp - plain.txt
      fm-eval all.tsv --wrong - --output report.txt | head -n 5 | cmp - wrong.tsv
      cmp report.txt plain.txt
      # Also if a gate fails, which is an answer and not an error.
      fm-eval all.tsv --min accuracy=1 --wrong failed.tsv > report.txt || test $? = 1
      head -n 5 failed.tsv | cmp - wrong.tsv
      sed -n '1,2p' wrong.tsv
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    // The wrong records are 0, 5, 10 … 55. Of these, number % 29 is largest for the last.
    #expect(outcome.text == "record\tname\ttruth\tclass\tprobability\n55\tn55.png\tBag\tShirt\t0.875\n")
  }

  @Test func theSameSeedGivesTheSameBytes() throws {
    let place = try Self.place()
    let outcome = try place.shell(
      """
      set -e
      for seed in 0 1 0 1; do
        fm-eval all.tsv --interval bootstrap --resamples 500 --seed $seed --format json | cksum
      done
      fm-eval all.tsv --interval bootstrap --resamples 500 --format json | cksum
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let sums = outcome.text.split(separator: "\n")
    #expect(sums.count == 5 && sums[0] == sums[2] && sums[1] == sums[3] && sums[0] == sums[4])
    #expect(sums[0] != sums[1])
  }

  @Test func areasAndCoverageAppearOnlyOnRequest() throws {
    let place = try Self.place()
    let outcome = try place.shell(
      """
      set -e
      fm-eval all.tsv --format json > plain.json
      ! grep -E 'roc_auc|aurc|coverage|"answered"|"cost"|not_merged' plain.json
      fm-eval all.tsv --areas --format json | grep -c roc_auc
      fm-eval all.tsv --min macro.roc_auc=0.5 --min classes.Bag.average_precision=0.5 --format csv |
        grep -c 'average_precision'
      fm-eval all.tsv --coverage-at 0.9 --format json > covered.json
      grep -c threshold covered.json
      fm-eval a.tsv --areas --coverage --format json > a.json
      fm-eval b.tsv --format json > b.json
      fm-eval --merge a.json b.json
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(outcome.text.hasPrefix("4\n4\n7\nAccuracy "), "\(outcome.text)")
    #expect(
      outcome.text.contains(
        "\n  not merged, because reports hold no scores: areas, coverage\n"))
    #expect(
      outcome.messageLines.count == 1
        && outcome.messageText.hasPrefix(
          "fm-eval: roc_auc, average_precision, aurc, coverage: not in the merged report:")
    )
  }

  @Test func chosenThresholdsAreApplied() throws {
    let place = try Self.place()
    try place.write(
      Array("truth\tCoat\tBag\tShirt\nCoat\t0\t1\t1\nBag\t5\t0\t1\nShirt\t1\t1\t0\n".utf8), to: "costs.tsv")
    let outcome = try place.shell(
      """
      set -e
      fm-eval all.tsv > plain.txt
      fm-eval all.tsv --choose-thresholds f1 --thresholds-out t.tsv | cmp - plain.txt
      head -n 1 t.tsv && wc -l < t.tsv
      fm-eval all.tsv --thresholds t.tsv --threshold Bag=never --format csv > with.csv
      grep -c '^answered.accuracy,,' with.csv
      fm-eval all.tsv --threshold Bag=never --wrong w.tsv > never.txt
      ! cut -f 4 w.tsv | grep Bag
      fm-eval all.tsv --costs costs.tsv --max cost.answers=9 --format csv | grep -c '^cost.'
      fm-eval a.tsv --costs costs.tsv --format json > a.json
      fm-eval --merge a.json --costs costs.tsv --format csv | grep -c '^cost.'
      fm-eval all.tsv --threshold Hat=0.5
      """)
    #expect(outcome.ending == .exited(64), "\(outcome.messageText)")
    #expect(
      outcome.messageText.hasSuffix(
        "--threshold: there is no class 'Hat' among 'Coat', 'Bag', 'Shirt'\n"))
    #expect(
      outcome.text == "class\tthreshold\tprecision\trecall\tf1\trecords\n4\n1\n2\n1\n", "\(outcome.text)")
  }

  @Test(arguments: [
    ["--merge"], ["a.tsv", "b.tsv"], ["--merge", "a.json", "--truth", "truth.csv"],
    ["--merge", "a.json", "--wrong", "w.tsv"], ["--merge", "-", "-"], ["--truth", "-"],
    ["a.tsv", "--missing", "skip"], ["a.tsv", "--missing", "guess", "--truth", "truth.csv"],
    ["a.tsv", "--wrong-limit", "3"], ["a.tsv", "--wrong", "w.tsv", "--wrong-limit", "0"],
    ["a.tsv", "--wrong", "-"], ["a.tsv", "--seed", "1"], ["a.tsv", "--resamples", "1000"],
    ["a.tsv", "--interval", "bootstrap", "--resamples", "99"], ["a.tsv", "--interval", "guess"],
    ["a.tsv", "--interval", "bootstrap", "--seed", "-1"], ["a.tsv", "--format", "xml"],
    ["a.tsv", "--confidence", "1"],
    ["a.tsv", "--coverage-at", "0"], ["a.tsv", "--coverage-at", "99"], ["--merge", "a.json", "--areas"],
    ["--merge", "a.json", "--coverage"], ["--merge", "a.json", "--threshold", "Bag=0.5"],
    ["a.tsv", "--choose-thresholds", "f1"], ["a.tsv", "--thresholds-out", "t.tsv"],
    ["a.tsv", "--choose-thresholds", "f2", "--thresholds-out", "t.tsv"], ["a.tsv", "--threshold", "Bag"],
    ["a.tsv", "--threshold", "Bag=2"], ["a.tsv", "--threshold", "Bag=0.5", "--threshold", "Bag=0.6"],
  ])
  func contradictoryOptionsExitWith64(_ arguments: [String]) throws {
    let place = try Self.place()
    let before = try place.names
    let outcome = try place.start("fm-eval", arguments).finish()
    #expect(outcome.ending == .exited(64), "\(arguments): \(outcome.messageText)")
    #expect(outcome.messageLines.count == 1 && outcome.output == [])
    #expect(try place.names == before)
  }

  @Test func helpHasEveryOptionAndItsDefault() throws {
    // Undoes the wrapping of lines.
    let help = try Workplace().run("fm-eval", "--help").text.split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
    for option in [
      "--merge", "--truth <file>", "--missing <what>", "--wrong <file>", "--wrong-limit <n>",
      "--interval <method>",
      "--resamples <n>", "--seed <n>", "--confidence <share>", "--areas", "--coverage",
      "--coverage-at <accuracy>",
      "--costs <file>", "--choose-thresholds <goal>", "--thresholds-out <file>", "--thresholds <file>",
      "--threshold <class=probability>",
    ] {
      #expect(help.contains(option), "\(option)")
    }
    for value in ["text, json, markdown, csv, junit", "wilson", "default: 10000", "fail, skip"] {
      #expect(help.contains(value), "\(value)")
    }
  }
}
