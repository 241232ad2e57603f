// A failed prediction, wherever in a pipeline, does not pass a later gate.
import Foundation
import Testing

@Suite struct FailureFlowTests {
  private static let prepared = PreparedFolder { place in
    try place.write(SmallStream(SmallImages(count: 2000, classCount: 2)).bytes, to: "data.raw")
    let outcome = try place.shell("fm-train -q --arch linear:2 --epochs 1 -o model data.raw")
    try #require(outcome.ending == .exited(0), "\(outcome.messageText)")
  }

  private static func place() throws -> Workplace { try prepared.copy() }

  @Test(arguments: ["tsv", "csv", "jsonl", "raw"])
  func aTruncatedStreamPassesNoGate(format: String) throws {
    let outcome = try Self.place().shell(
      """
      size=$(stat -c %s data.raw 2> /dev/null || stat -f %z data.raw)
      head -c $((size / 2)) data.raw | fm-predict -m model --format \(format) 2> /dev/null |
        fm-eval --max accuracy=0.9999 > report; echo $?
      head -c $((size / 2)) data.raw | fm-predict -m model --format \(format) > cut 2> /dev/null; echo $?
      for reader in 'fm-eval' 'fm-plot confusion -o c.svg' 'fm-plot reliability -o r.svg' \\
        'raw2png data.raw --limit 2 --sheet s.png --predictions' 'raw2png data.raw --sheet s.png --select'; do
        $reader cut 2> message; echo $?
        test '\(format)' = raw || grep -q 'the command that wrote this failed: fm-predict: stdin: ' message || cat message
      done
      ls
      """)
    #expect(
      outcome.text == String(repeating: "65\n", count: 7) + "cut\ndata.raw\nmessage\nmodel\nreport\n",
      "\(outcome.text)")
  }

  @Test func aFailureAtTheStartIsNoticedAmongOtherPredictions() throws {
    let outcome = try Self.place().shell(
      """
      { fm-predict -m model data.raw; fm-predict -m absent --no-header data.raw; fm-predict -m model data.raw; } 2> /dev/null |
        fm-eval 2> message; echo $?
      { fm-predict -m model --no-header absent; fm-predict -m model data.raw --no-header; } 2> /dev/null |
        fm-eval; echo $?
      { fm-predict -m model data.raw; fm-predict -m model absent; } 2> /dev/null | fm-eval 2>> message; echo $?
      fm-predict -m absent data.raw 2> message | wc -c
      fm-predict -m absent -o file.tsv data.raw; echo $?; ls file.tsv
      { fm-predict -m model data.raw; fm-predict -m model data.raw; } | fm-eval --min records=4000 > report; echo $?
      { fm-predict -m model --no-header data.raw; fm-predict -m model data.raw; } | fm-eval --min records=4000 > report
      echo $?
      """)
    #expect(outcome.text == "65\n65\n65\n0\n66\n0\n0\n", "\(outcome.text)\(outcome.messageText)")
  }

  @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGKILL], ["tsv", "jsonl"])
  func aSignalLeavesAFailureAsTheLastLine(_ signal: Int32, format: String) throws {
    let place = try Self.place()
    let bytes = try place.bytes(of: "data.raw")
    let pipe = try Descriptor.pipe()
    let child = try place.start(
      "fm-predict", ["-m", "model", "--format", format], input: .descriptor(pipe.reader.number))
    try pipe.writer.write(bytes[..<(bytes.count / 4)])
    #expect(try child.drain { $0.output.count { $0 == 0x0a } > 10 })
    child.send(signal: signal)
    let outcome = try child.finish()
    #expect(outcome.ending == .killed(signal: signal))
    let last = outcome.text.split(separator: "\n").last
    #expect(last?.hasPrefix(format == "tsv" ? "#failed\tfm-predict: " : "{\"failed\":\"fm-predict: ") == true)
    try place.write(outcome.output, to: "stopped")
    #expect(try place.run("fm-eval", "stopped").ending == .exited(65))
  }

  /// If nobody reads standard error any more, messages are dropped and the work continues.
  @Test func aClosedStandardErrorStopsNoCommand() throws {
    let outcome = try Self.place().shell(
      """
      exec 3> >(:); wait $!
      fm-predict -m model --paths absent.png 2>&3 | wc -l; echo ${PIPESTATUS[0]}
      fm-eval absent 2>&3; echo $?
      fm-train --arch linear:4 --epochs 2 --progress always -o new data.raw 2>&3; echo $?
      """)
    #expect(outcome.text == "2\n1\n66\n0\n", "\(outcome.text)")
  }

  @Test func filesThatFailBecomeRowsAndTheJobContinues() throws {
    let place = try Self.place()
    let outcome = try place.shell(
      """
      raw2png -q data.raw --limit 3 --directory p
      ls p/*.png > names; echo absent.png >> names
      fm-predict -m model --paths < names > one.tsv 2> /dev/null; echo $?
      fm-predict -m model --paths --keep-going < names > two.tsv; echo $?
      cmp one.tsv two.tsv; echo $?
      { printf 'name\\ttruth\\n'; sed 's/$/\\t0/' names; } > truth.tsv
      for options in '' '--format csv' '--format jsonl' '--no-header'; do
        fm-predict -q -m model --paths --keep-going $options < names |
          fm-eval --truth truth.tsv --min records=3 --max unanswered=1 > report || echo "$options: $?"
      done
      fm-predict -m model --keep-going data.raw; echo $?
      """)
    #expect(outcome.text == "1\n0\n0\n64\n", "\(outcome.text)\(outcome.messageText)")
    #expect(
      outcome.messageLines.first == "fm-predict: 1 of 4 files gave no prediction; the column 'error' says why"
    )
  }
}
