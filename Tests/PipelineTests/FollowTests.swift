// fm-plot compare and fm-plot curves --follow, as a user calls them.
import Foundation
import Testing

@Suite struct FollowTests {
  private static let epochs = (1...3).map {
    "{\"event\":\"epoch\",\"epoch\":\($0),\"learning_rate\":0.1,\"training_loss\":\(1 / Double($0)),\"training_accuracy\":0.\($0)}\n"
  }

  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.write(Array(("{\"event\":\"start\"}\n" + Self.epochs[0]).utf8), to: "begun.jsonl")
    return place
  }

  /// The log appears after the command has started, grows, and ends. Then the command ends too, and its chart shows the
  /// whole log.
  @Test func aLogIsFollowedToItsEnd() throws {
    let place = try place()
    let outcome = try place.shell(
      """
      set -e
      fm-plot curves log.jsonl --follow --output follow.svg &
      cp begun.jsonl log.jsonl
      until [ -e follow.svg ]; do kill -0 $!; done
      cp follow.svg first.svg
      printf '%s' "$1" >> log.jsonl
      printf '{"event":"end"}\\n' >> log.jsonl
      wait $!
      fm-plot curves log.jsonl --output whole.svg
      cmp follow.svg whole.svg
      if cmp -s first.svg whole.svg; then exit 9; fi
      """, [Self.epochs[1...].joined()])
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    // The log may or may not exist when the command first looks.
    let waits = "fm-plot: log.jsonl: no log with an epoch exists yet; waiting for it\n"
    #expect(["", waits].contains(outcome.messageText))
  }

  @Test func aTerminalShowsTheCurves() throws {
    let place = try place()
    try place.write(try place.bytes(of: "begun.jsonl") + Array("{\"event\":\"end\"}\n".utf8), to: "log.jsonl")
    let terminal = try Descriptor.terminal()
    let outcome = try place.start(
      "fm-plot", ["curves", "log.jsonl", "--follow"], output: .descriptor(terminal.theirs.number)
    ).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    var bytes: [UInt8] = []
    try terminal.ours.makeNonblocking()
    _ = try terminal.ours.read(into: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self).contains("Loss"))
  }

  @Test(
    arguments: [
      ("confusion p.tsv --follow -o a.svg", 64, "--follow is for curves"),
      ("curves - --follow -o a.svg", 64, "--follow reads logs again and again"),
      ("curves begun.jsonl --follow", 64, "--follow draws in a terminal or rewrites a file"),
      ("curves begun.jsonl --follow --to svg", 64, "--follow draws in a terminal or rewrites a file"),
      ("curves begun.jsonl -o a.tsv", 64, "tsv is for compare; curves is drawn as svg or png"),
      ("compare begun.jsonl -o a.svg", 64, "compare: expected two files or more"),
      ("compare begun.jsonl ./begun.jsonl -o a.svg", 64, "compare: './begun.jsonl' is given twice"),
      ("compare begun.jsonl nothing -o a.svg", 65, "begun.jsonl: "),
      ("compare p.tsv nothing -o a.svg", 66, "nothing: cannot open for reading"),
      ("compare p.tsv q.tsv", 64, "expected a format: type --to svg or png"),
    ])
  func invalidCommandLinesAreRefused(_ arguments: String, _ status: Int, _ message: String) throws {
    let place = try place()
    try place.write(Array("truth\tclass\na\ta\nb\ta\n".utf8), to: "p.tsv")
    try place.write(Array("truth\tclass\na\tb\nb\ta\n".utf8), to: "q.tsv")
    let before = try place.names
    let outcome = try place.shell("fm-plot \(arguments)")
    #expect(outcome.ending == .exited(Int32(status)), "\(outcome.messageText)")
    #expect(outcome.messageText.hasPrefix("fm-plot: \(message)"), "\(outcome.messageText)")
    #expect(try place.names == before)
  }

  @Test func modelsAreComparedInATableAndAChart() throws {
    let place = try Workplace()
    try place.write(Array("truth\tclass\na\ta\nb\ta\nb\ta\n".utf8), to: "p.tsv")
    try place.write(Array("truth\tclass\na\ta\nb\tb\nb\ta\n".utf8), to: "q.tsv")
    let outcome = try place.shell(
      """
      set -e
      fm-plot compare p.tsv q.tsv --output models.svg
      fm-plot compare p.tsv q.tsv --output models.tsv
      fm-plot compare p.tsv q.tsv --to tsv | cmp - models.tsv
      fm-eval --format json q.tsv > report.json
      fm-plot compare p.tsv report.json --to tsv | cut -f 1-6 | tail -n 1
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(outcome.text.hasPrefix("report.json\t3\t2\t0.6666666666666666\t"), "\(outcome.text)")
    #expect(try place.text(of: "models.tsv").split(separator: "\n")[2].hasSuffix("\t1\t0\t1.0\t1.0"))
    #expect(try place.text(of: "models.svg").contains("q.tsv 66.67 %, +33.33 points, p 1.00"))
  }
}
