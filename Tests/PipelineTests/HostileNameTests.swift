// Names of classes and records that could break a report. Strict readers still accept every format, and no name
// controls the terminal.
import Foundation
import Testing

@Suite struct HostileNameTests {
  /// Names that could break one of the formats, as bytes.
  static let names: [[UInt8]] = [
    Array("tab\there".utf8), Array("line\nfeed".utf8), Array("carriage\rreturn".utf8),
    Array("=cmd()".utf8), Array("@SUM(A1)".utf8), Array("+1".utf8), Array("-1".utf8), Array("'=1".utf8),
    Array("\u{FF1D}cmd()".utf8), Array("<script>alert(1)</script>".utf8), Array("]]>".utf8),
    Array("<!-- & \"quotes\" 'too' -->".utf8), Array("a|b".utf8), Array("`code` **bold** _it_ [x](y)".utf8),
    Array("- item".utf8), Array("# head".utf8), Array("\u{1B}[31mred\u{1B}]0;title\u{07}".utf8),
    Array("\u{9B}31m".utf8), Array("\u{7F}".utf8), Array("\u{FFFE}\u{FFFF}".utf8),
    Array("comma, \"quote\"".utf8),
    Array("back\\slash \\t".utf8), Array("</details>".utf8), Array("Größe 衣服".utf8), [0x66, 0xFF, 0xFE],
    [0xC3], Array(String(repeating: "long <&>|\t", count: 409).utf8) + Array("123456".utf8),
  ]

  /// Predictions as another tool would write them: a CSV file with the unescaped names, for classes and for records.
  private static func place() throws -> Workplace {
    let place = try Workplace()
    func quoted(_ name: [UInt8]) -> [UInt8] {
      [0x22] + name.flatMap { $0 == 0x22 ? [0x22, 0x22] : [$0] } + [0x22]
    }
    var csv = Array("name,truth,class,probability\n".utf8)
    for (index, name) in names.enumerated() {
      // Each class is predicted correctly once, and mistaken for the next one once.
      for predicted in [name, names[(index + 1) % names.count]] {
        csv +=
          quoted(name + Array(" \(predicted == name)".utf8)) + [0x2C] + quoted(name) + [0x2C]
          + quoted(predicted)
        csv += Array(",0.\(index + 10)\n".utf8)
      }
    }
    try place.write(csv, to: "predictions.csv")
    return place
  }

  /// Reads the reports as a strict reader of each format does. Python's expat refuses anything that is not XML 1.0.
  private static let check = #"""
    import csv, io, json, re, sys, xml.etree.ElementTree as tree

    report = json.load(open("report.json"))
    names = [figures["name"] for figures in report["classes"]]
    count = int(sys.argv[1])
    assert len(names) == len(set(names)) == count, (len(names), count)

    def shown(name):
        table = {9: "\\t", 10: "\\n", 13: "\\r", 92: "\\\\"}
        def escaped(c):
            if ord(c) in table:
                return table[ord(c)]
            control = ord(c) < 32 or 127 <= ord(c) < 160
            return "".join(f"\\x{b:02x}" for b in c.encode()) if control else c
        return "".join(map(escaped, name))

    def text(name):
        data = open(name, "rb").read()
        assert all(b >= 32 or b == 10 or (b == 9 and name.endswith(".tsv")) for b in data), name
        assert not any(0x80 <= ord(c) < 0xA0 or ord(c) == 0x7F for c in data.decode()), name
        return data.decode()

    # CSV: three fields per line, and the names survive.
    rows = list(csv.reader(io.StringIO(text("report.csv"), newline=""), strict=True))
    assert rows[0] == ["metric", "class", "value"] and all(len(row) == 3 for row in rows)
    cells = [row[1] for row in rows if row[0] == "recall"]
    assert not any(cell[0] in "=+-@\uff1d" for cell in cells)
    assert [re.sub("^'", "", cell) for cell in cells] == [shown(name) for name in names]
    assert all(float(row[2]) == float(row[2]) for row in rows[1:])

    # JUnit: the expected elements, and no others.
    suites = tree.fromstring(text("report.xml"))
    assert {e.tag for e in suites.iter()} == {
        "testsuites", "testsuite", "properties", "property", "testcase", "failure", "system-out"}
    cases = list(suites.iter("testcase"))
    assert len(cases) == count and suites.get("failures") == str(count)
    for name, case in zip(names, cases):
        if "\ufffe" not in name:
            assert case.get("name") == f"classes.{shown(name)}.recall at least 0.9", case.get("name")
            assert f"classes.{shown(name)}.recall" in case.find("failure").text

    # Markdown: every row of a table has all its cells, and no markup from a name survives.
    width = None
    for line in text("report.md").split("\n"):
        cells = len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) if line.startswith("|") else None
        assert width is None or cells is None or cells == width, line
        width = cells
        if not line.startswith(("<details>", "</details>")):
            assert not re.search(r"(?<!\\)(?:\\\\)*[<>`]", line), line
    # TSV: every row has the columns of the header.
    rows = [line.split("\t") for line in text("wrong.tsv").split("\n")[:-1]]
    assert rows[0] == ["record", "name", "truth", "class", "probability"]
    assert len(rows) == count + 1 and all(len(row) == 5 for row in rows)
    assert [float(row[4]) for row in rows[1:]] == sorted((float(row[4]) for row in rows[1:]), reverse=True)
    assert {row[2] for row in rows[1:]} == {row[3] for row in rows[1:]} == {shown(name) for name in names}
    text("report.txt")
    """#

  private static let python = ProcessInfo.processInfo.environment["FM_TOOLS_PYTHON"] ?? "python3"

  @Test func everyReportFormatStaysIntact() throws {
    let place = try Self.place()
    try place.write(Array(Self.check.utf8), to: "check.py")
    let outcome = try place.shell(
      #"""
      set -e
      fm-eval predictions.csv --format json --wrong wrong.tsv > report.json
      fm-eval predictions.csv --format csv > report.csv
      fm-eval predictions.csv > report.txt
      # A gate for each class, all of which fail.
      "$1" - <<'end' > gates
      import json, sys
      for figures in json.load(open("report.json"))["classes"]:
          sys.stdout.write(f"--min=classes.{figures['name']}.recall=0.9\0")
      end
      for form in junit:report.xml markdown:report.md; do
        status=0
        xargs -0 fm-eval predictions.csv --format ${form%:*} --output ${form#*:} < gates 2> messages || status=$?
        [ $status = 123 ] && [ $(wc -l < messages) = 1 ]
      done
      "$1" check.py "$2"
      """#, [Self.python, "\(Self.names.count)"])
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
  }

  /// fm-eval reads the table that it wrote, and finds the same classes in it.
  @Test func theTableOfWrongRecordsCanBeRead() throws {
    let place = try Self.place()
    let outcome = try place.shell(
      """
      set -e
      fm-eval predictions.csv --wrong wrong.tsv > report.txt
      fm-eval wrong.tsv --wrong again.tsv --format json > wrong.json
      cmp wrong.tsv again.tsv
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let report = try place.report("wrong.json")
    #expect(report["records"] as? Int == Self.names.count && report["correct"] as? Int == 0)
    #expect((report["classes"] as? [Any])?.count == Self.names.count)
  }

  @Test func messagesAreOneLineWithoutControlCharacters() throws {
    let place = try Self.place()
    let outcome = try place.shell(
      """
      printf 'name,truth\\n"no\\033[31m","a"\\n' > truth.csv
      printf 'name,class\\n"\\033]0;title\\a",a\\n' | fm-eval --truth truth.csv
      """)
    #expect(outcome.ending == .exited(65))
    #expect(outcome.messageLines.count == 1)
    #expect(outcome.messages.allSatisfy { $0 >= 0x20 || $0 == 0x0A }, "\(outcome.messageText)")
  }
}
