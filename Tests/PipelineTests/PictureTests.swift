// Contact sheets, heat maps, curves and diagrams, as a user makes them.
import Foundation
import Testing

@Suite struct PictureTests {
  /// Class names that could break the files they are written into.
  static let classNames = ["<b>&\"'", "]]><!--", "\\u001b[31mred"]

  /// A folder with labelled images of three classes with hostile names, a model, its predictions, logs and a selection.
  private static let prepared = PreparedFolder { place in
    let images = SmallImages(count: 60)
    let names = (0..<60).map { Array("\u{1B}]0;\($0)\u{7}<i>&.png".utf8) }
    try place.write(
      SmallStream(images, names: names, classes: classNames.map { $0.replacing("\"", with: "\\\"") }).bytes,
      to: "data.raw")
    let outcome = try place.shell(
      """
      set -e
      fm-train --quiet --arch linear:4 --epochs 3 --validation 0.3 --log run-1.jsonl --output model data.raw
      fm-train --quiet --arch linear:2 --epochs 2 --validation 0.3 --log '<other>.jsonl' --output /dev/null data.raw
      fm-train --quiet --arch linear:4 --lr-find --log find.jsonl data.raw > found.txt
      fm-predict --model model data.raw > predictions.tsv
      fm-predict --model model --format raw data.raw > predictions.raw
      fm-eval --format json predictions.tsv > report.json
      head -n 6 predictions.tsv > some.tsv
      """)
    try #require(outcome.ending == .exited(0), "\(outcome.messageText)")
  }

  private static func place() throws -> Workplace { try prepared.copy() }

  private static let lines: [[String]] = [
    ["raw2png", "data.raw", "--limit", "20", "--sheet", "@"],
    [
      "raw2png", "data.raw", "--predictions", "predictions.raw", "--limit", "20", "--columns", "3", "--sheet",
      "@",
    ],
    ["raw2png", "data.raw", "--select", "some.tsv", "--scale", "3", "--sheet", "@"],
    ["fm-plot", "confusion", "predictions.tsv", "--output", "@"],
    ["fm-plot", "confusion", "report.json", "-o", "@"],
    ["fm-plot", "reliability", "predictions.raw", "-o", "@"],
    ["fm-plot", "curves", "run-1.jsonl", "<other>.jsonl", "--learning-rate", "-o", "@"],
    ["fm-plot", "curves", "find.jsonl", "-o", "@"],
  ]

  /// Parses SVG files strictly and prints their root elements; prints the signatures of PNG files. Also prints whether
  /// each is more than 50 pixels wide.
  private static let reader = """
    import sys, xml.etree.ElementTree as tree
    for path in sys.argv[1:]:
        data = open(path, "rb").read()
        if path.endswith(".svg"):
            assert not set(data) & (set(range(32)) - {10}), "control bytes"
            root = tree.fromstring(data)
            kinds = {element.tag.split("}")[1] for element in root.iter()}
            allowed = {"svg", "title", "defs", "g", "symbol", "path", "use", "clipPath", "image", "rect"}
            assert kinds <= allowed, kinds - allowed
            ids = [element.get("id") for element in root.iter() if element.get("id")]
            assert len(ids) == len(set(ids)), "ids are not unique"
            assert b"script" not in data and b"http" not in data.replace(b"http://www.w3.org/", b"")
            print(root.tag, float(root.get("width")[:-2]) > 50)
        else:
            print(data[1:4], int.from_bytes(data[16:20], "big") > 50)
    """

  @Test func everyPictureIsWholeAndReproducible() throws {
    let place = try Self.place()
    for (index, line) in Self.lines.enumerated() {
      for format in ["svg", "png"] {
        for copy in ["a", "b"] {
          let arguments = line.dropFirst().map { $0 == "@" ? "\(index)-\(copy).\(format)" : $0 }
          let outcome = try place.start(line[0], Array(arguments)).finish()
          #expect(outcome.ending == .exited(0), "\(line): \(outcome.messageText)")
          #expect(outcome.messageText == "" && outcome.output.isEmpty, "\(line)")
        }
        #expect(
          try place.bytes(of: "\(index)-a.\(format)") == place.bytes(of: "\(index)-b.\(format)"), "\(line)")
      }
      let python = ProcessInfo.processInfo.environment["FM_TOOLS_PYTHON"] ?? "python3"
      let read = try place.start(
        "/usr/bin/env", [python, "-c", Self.reader, "\(index)-a.svg", "\(index)-a.png"]
      ).finish()
      #expect(
        read.text == "{http://www.w3.org/2000/svg}svg True\nb'PNG' True\n", "\(line): \(read.messageText)")
    }
    // A report gives the same matrix as the predictions that it judged.
    #expect(try place.bytes(of: "3-a.svg") == place.bytes(of: "4-a.svg"))
    // A sheet with predictions differs from one without.
    #expect(try place.bytes(of: "0-a.png") != place.bytes(of: "1-a.png"))
  }

  @Test func fmEvalDrawsTheSameAsFmPlot() throws {
    let place = try Self.place()
    let outcome = try place.shell(
      """
      set -e
      fm-eval predictions.tsv > plain.txt
      fm-eval predictions.tsv --svg a.svg --png a.png > report.txt
      cmp plain.txt report.txt
      for format in svg png; do
        fm-plot confusion predictions.tsv --to $format > b.$format
        cmp a.$format b.$format
      done
      # A failed gate does not suppress the chart.
      fm-eval predictions.tsv --min accuracy=1 --svg c.svg > report.txt 2> message && exit 9
      test $? = 1
      cmp a.svg c.svg
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)\(outcome.text)")
  }

  private static let invalidLines: [[String]] = [
    ["raw2png", "data.raw"], ["raw2png", "data.raw", "--terminal", "--sheet", "a.png"],
    ["raw2png", "data.raw", "--sheet", "a.jpg"], ["raw2png", "data.raw", "--sheet", "png"],
    ["raw2png", "data.raw", "--sheet", "-"],
    ["raw2png", "data.raw", "--directory", "out", "--predictions", "p.tsv"],
    ["raw2png", "--select", "-", "--terminal"], ["raw2png", "data.raw", "--terminal", "--limit", "0"],
    ["raw2png", "data.raw", "--sheet", "a.png", "--columns", "0"],
    ["raw2png", "data.raw", "--sheet", "a.png", "--scale", "999"],
    ["raw2png", "data.raw", "--terminal", "--scale", "2"],
    ["raw2png", "data.raw", "--sheet", "a.png", "--colors", "256"],
    ["raw2png", "data.raw", "--directory", "out", "--columns", "2"],
    ["fm-eval", "p.tsv", "--svg", "a.svg", "--output", "./a.svg"],
    ["fm-eval", "p.tsv", "--png", "a", "--wrong", "a"],
    // Larger than a picture can be.
    ["raw2png", "data.raw", "--sheet", "a.png", "--columns", "1", "--scale", "256"],
    ["fm-plot", "confusion", "predictions.tsv"],
    ["fm-plot", "confusion", "predictions.tsv", "-o", "a.pdf"],
    ["fm-plot", "confusion", "predictions.tsv", "predictions.tsv", "-o", "a.svg"],
    ["fm-plot", "pie", "predictions.tsv", "-o", "a.svg"], ["fm-plot", "curves", "-o", "a.svg"],
    ["fm-plot", "curves", "run-1.jsonl", "--classes", "mnist", "-o", "a.svg"],
    ["fm-plot", "confusion", "predictions.tsv", "--learning-rate", "-o", "a.svg"],
    ["fm-plot", "curves", "run-1.jsonl", "./run-1.jsonl", "-o", "a.svg"],
    ["fm-eval", "--merge", "report.json", "--columns", "truth,class"],
    ["fm-plot", "curves", "-", "-", "-o", "a.svg"], ["fm-eval", "predictions.tsv", "--svg", "-"],
    ["fm-eval", "predictions.tsv", "--svg", "a", "--png", "a"],
  ]

  @Test func anInvalidCommandLineExitsWith64AndLeavesNothing() throws {
    let place = try Self.place()
    let before = try place.names
    for line in Self.invalidLines {
      let outcome = try place.start(line[0], Array(line.dropFirst())).finish()
      #expect(outcome.ending == .exited(64), "\(line): \(outcome.messageText)")
      #expect(ExitStatusTests.fault(in: outcome, of: line[0]) == nil)
      #expect(try place.names == before)
    }
  }

  @Test func filesThatDoNotMatchAreRefused() throws {
    let place = try Self.place()
    try place.write(SmallStream(SmallImages(count: 59)).bytes, to: "other.raw")
    try place.write(SmallStream(SmallImages(count: 5000, height: 1, width: 1)).bytes, to: "large.raw")
    let made = try place.shell(
      """
      fm-predict --model model --labels index data.raw > numbers.tsv
      awk -F '\\t' -v OFS='\\t' 'NR > 2 { $2 = truth } NR == 2 { truth = $2 } 1' predictions.tsv > wrong.tsv
      printf 'x\\ny\\n' > two
      """)
    #expect(made.ending == .exited(0), "\(made.messageText)")
    let before = try place.names
    for (line, status) in [
      (["raw2png", "other.raw", "--predictions", "predictions.raw", "--terminal"], 65),
      (["raw2png", "other.raw", "--select", "predictions.tsv", "--sheet", "a.png"], 65),
      (["fm-plot", "curves", "run-1.jsonl", "find.jsonl", "-o", "a.svg"], 65),
      (["raw2png", "predictions.raw", "--sheet", "a.png"], 65),
      (["raw2png", "data.raw", "--select", "wrong.tsv", "--terminal"], 65),
      (["raw2png", "data.raw", "--predictions", "wrong.tsv", "--terminal"], 65),
      (["raw2png", "data.raw", "--select", "numbers.tsv", "--terminal"], 65),
      (["raw2png", "data.raw", "--predictions", "numbers.tsv", "--terminal"], 65),
      (["fm-plot", "confusion", "report.json", "--classes", "two", "-o", "a.svg"], 65),
      (["fm-plot", "confusion", "report.json", "--columns", "truth,class", "-o", "a.svg"], 65),
      (["fm-plot", "confusion", "predictions.raw", "--columns", "truth,class", "-o", "a.svg"], 65),
      (["raw2png", "large.raw", "--sheet", "a.png"], 64),
    ] {
      let outcome = try place.start(line[0], Array(line.dropFirst())).finish()
      #expect(outcome.ending == .exited(Int32(status)), "\(line): \(outcome.messageText)")
      #expect(ExitStatusTests.fault(in: outcome, of: line[0]) == nil, "\(line)")
      #expect(try place.names == before)
    }
  }

  @Test func aLogThatEndsInsideALineIsDrawnWithANote() throws {
    let place = try Self.place()
    try place.write(place.bytes(of: "run-1.jsonl").dropLast(30), to: "going.jsonl")
    let outcome = try place.run("fm-plot", "curves", "going.jsonl", "-o", "a.svg")
    #expect(outcome.ending == .exited(0))
    #expect(outcome.messageLines.count == 1)
    #expect(
      outcome.messageText.hasPrefix("fm-plot: going.jsonl: line ")
        && outcome.messageText.contains("the log ends inside the line"), "\(outcome.messageText)")
    #expect(try place.run("fm-plot", "curves", "run-1.jsonl", "-o", "b.svg").messageText == "")
  }

  #if os(Linux)
    @Test func aFullDiskExitsWith74() throws {
      let place = try Self.place()
      let linked = try place.shell("ln -s /dev/full full.png && ln -s /dev/full full.svg")
      #expect(linked.ending == .exited(0))
      for line in Self.lines {
        for format in ["png", "svg"] {
          let arguments = line.dropFirst().map { $0 == "@" ? "full.\(format)" : $0 }
          let outcome = try place.start(line[0], Array(arguments)).finish()
          #expect(outcome.ending == .exited(74), "\(line): \(outcome.messageText)")
          #expect(ExitStatusTests.fault(in: outcome, of: line[0]) == nil)
        }
      }
    }

    /// Without any font, Cairo draws its built-in letters, and the picture is complete.
    @Test func aMachineWithoutFontsStillDraws() throws {
      let place = try Self.place()
      try place.write(
        Array("<?xml version=\"1.0\"?><fontconfig><cachedir>cache</cachedir></fontconfig>".utf8),
        to: "fonts.conf")
      for format in ["png", "svg"] {
        let outcome = try place.start(
          "fm-plot", ["confusion", "report.json", "-o", "new.\(format)"],
          environment: ["FONTCONFIG_FILE": "\(place.path)/fonts.conf"]
        ).finish()
        #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
        #expect(try place.bytes(of: "new.\(format)").count > 1000)
      }
    }
  #endif

  // MARK: The terminal

  @Test func aTerminalGetsTheColorsThatItSupports() throws {
    let place = try Self.place()
    let line = ["data.raw", "--predictions", "predictions.tsv", "--limit", "2", "--terminal"]
    for (environment, code) in [
      (["TERM": "xterm", "COLORTERM": "truecolor"], "\u{1B}[38;2;"),
      (["TERM": "xterm-256color", "COLORTERM": ""], "\u{1B}[38;5;"),
      (["TERM": "vt100", "COLORTERM": ""], nil), (["TERM": "xterm-256color", "NO_COLOR": "1"], nil),
      (["TERM": "dumb", "COLORTERM": "truecolor"], nil),
    ] {
      let terminal = try Descriptor.terminal()
      let outcome = try place.start(
        "raw2png", line, output: .descriptor(terminal.theirs.number), environment: environment
      ).finish()
      #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
      var bytes: [UInt8] = []
      try terminal.ours.makeNonblocking()
      _ = try? terminal.ours.read(into: &bytes)
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(text.contains("▀") == (code != nil), "\(environment)")
      #expect(text.contains("\u{1B}") == (code != nil), "\(environment)")
      if let code { #expect(text.contains(code)) }
      // No part of a name controls the terminal.
      #expect(!text.contains("\u{1B}]") && !text.contains("\u{7}"))
    }
  }

  /// --force is not tested, because the picture would fill a terminal that nobody reads.
  @Test func aPNGIsNotWrittenToATerminal() throws {
    let place = try Self.place()
    let terminal = try Descriptor.terminal()
    let outcome = try place.run(
      "fm-plot", "confusion", "report.json", "--to", "png", output: .descriptor(terminal.theirs.number))
    #expect(outcome.ending == .exited(64))
    #expect(ExitStatusTests.fault(in: outcome, of: "fm-plot") == nil)
    for hint in ["terminal", "--force", "fm-plot "] { #expect(outcome.messageText.contains(hint)) }
  }

  @Test func aPipeGetsLettersUnlessColorsAreRequested() throws {
    let place = try Self.place()
    let plain = try place.run("raw2png", "data.raw", "--limit", "3", "--terminal")
    #expect(plain.ending == .exited(0) && !plain.output.contains(0x1B))
    #expect(!plain.text.isEmpty && plain.text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    let colored = try place.run("raw2png", "data.raw", "--limit", "3", "--terminal", "--colors", "24-bit")
    #expect(colored.text.contains("\u{1B}[38;2;"))
  }
}
