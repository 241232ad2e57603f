// Names are bytes. Whatever they contain, a row stays one row, and no name controls the terminal.
import Foundation
import Testing

@Suite struct NameTests {
  static let names: [[UInt8]] = [
    Array("plain.png".utf8), Array("two words".utf8), Array("tab\tin it".utf8), Array("new\nline".utf8),
    Array("back\\slash".utf8), Array("\u{1B}[31mred".utf8), Array("Größe, \"quoted\"".utf8),
    [0x66, 0xff, 0xfe],
    Array("-".utf8), Array("#x".utf8),
  ]
  static let displayed = [
    "plain.png", "two words", "tab\\tin it", "new\\nline", "back\\\\slash", "\\x1b[31mred",
    "Größe, \"quoted\"",
    "f\\xff\\xfe", "-", "#x",
  ]

  private func place() throws -> Workplace {
    let place = try Workplace()
    var images = SmallImages(count: Self.names.count, classCount: 2, height: 2, width: 2)
    images.labels = images.labels.indices.map { UInt8($0 % 2) }
    try place.write(SmallStream(images, names: Self.names).bytes, to: "data.raw")
    let outcome = try place.shell(
      "fm-train --quiet --arch linear:2 --epochs 1 --validation data.raw --output model data.raw")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    return place
  }

  @Test func everyNameTakesOneRowOfATable() throws {
    let place = try place()
    let outcome = try place.run("fm-predict", "--model", "model", "data.raw")
    let rows = outcome.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
    let column = try #require(rows.first?.firstIndex(of: "name"))
    #expect(rows.dropFirst().map { String($0[column]) } == Self.displayed)
    #expect(outcome.output.allSatisfy { $0 >= 0x20 || $0 == 0x09 || $0 == 0x0a })
  }

  @Test func everyNameTakesOneLineOfJSON() throws {
    let place = try place()
    let outcome = try place.run("fm-predict", "--model", "model", "--format", "jsonl", "data.raw")
    let names = try outcome.text.split(separator: "\n").map { line in
      let row = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      return try #require(row["name"] as? String)
    }
    #expect(names.count == Self.names.count)
    #expect(outcome.output.allSatisfy { $0 >= 0x20 || $0 == 0x0a })
  }

  @Test func predictionsAreJoinedByName() throws {
    let place = try place()
    // A comparison joins predictions by name, and the same predictions in another format do not differ.
    let outcome = try place.shell(
      """
      set -e
      fm-predict --model model data.raw > own.tsv
      for format in tsv csv jsonl raw; do
        fm-predict --model model --format $format data.raw |
          fm-eval --baseline own.tsv --max-drop accuracy=0 > report
        grep -qi accuracy report
      done
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
  }

  @Test func namesSurviveFilters() throws {
    let place = try place()
    let outcome = try place.shell(
      """
      set -e
      fm-split --by random --validation 4 --train a.raw --held-out b.raw data.raw
      cat a.raw b.raw | fm-predict --model model | sort
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    for name in Self.displayed { #expect(outcome.text.contains(name), "\(name)") }
    #expect(outcome.text.split(separator: "\n").count == Self.names.count + 1)
  }

  @Test(arguments: commands)
  func fileNamesInMessagesAreHarmless(_ command: String) throws {
    let place = try Workplace()
    let file = "no\nsuch\u{1B}[31m file"
    let arguments =
      switch command {
      case "fm-split": ["--emit", "train", file]
      case "fm-train": ["--arch", "ffnn", "--output", "new", file]
      case "fm-predict": ["--model", file]
      case "raw2png": ["--terminal", file]
      case "fm-plot": ["confusion", file, "--to", "svg"]
      case "fm-export": [file, "--to", "onnx"]
      default: [file]
      }
    let outcome = try place.start(command, arguments).finish()
    #expect(outcome.ending == .exited(66), "\(outcome.messageText)")
    #expect(outcome.messageText.hasPrefix(#"\#(command): no\nsuch\x1b[31m file: "#), "\(outcome.messageText)")
    #expect(ExitStatusTests.fault(in: outcome, of: command) == nil)
  }
}
