// fm-eval --html as a user types it: its combinations with other options, its refusals, and the page, read strictly.
import Foundation
import Testing

@Suite struct PageFlowTests {
  private static let python = ProcessInfo.processInfo.environment["FM_TOOLS_PYTHON"] ?? "python3"

  /// A folder with labelled images of three classes, and predictions of them with and without all probabilities, with
  /// class numbers, and with mistakes.
  private static let prepared = PreparedFolder { place in
    let images = SmallImages(count: 120)
    try place.write(SmallStream(images, classes: ["Coat", "Bag", "Shirt"]).bytes, to: "data.raw")
    try place.write(
      SmallStream(SmallImages(count: 3), classes: ["Coat", "Bag", "Shirt"]).bytes, to: "few.raw")
    let outcome = try place.shell(
      """
      set -e
      fm-train --quiet --arch linear:2 --epochs 1 --batch-size 60 --validation 0 --output model data.raw
      fm-predict --model model --probabilities data.raw > all.tsv
      fm-predict --model model --format raw data.raw > predictions.raw
      fm-predict --model model --labels index data.raw > numbers.tsv
      cut -f 1-3 all.tsv > bare.tsv
      printf 'Coat\\nBag\\nShirt\\n' > classes.txt
      { cat all.tsv; tail -n +2 all.tsv; } > twice.tsv
      printf 'record\\ttruth\\tclass\\nx\\ta\\tb\\nx\\tb\\tb\\n' > words.tsv
      """)
    try #require(outcome.ending == .exited(0), "\(outcome.messageText)")
  }

  static func place() throws -> Workplace { try prepared.copy() }

  /// Reads a page strictly: every element is closed where it must be, every image has a text, every table has a caption
  /// and headings with a scope, heading levels descend by one, identifiers are unique, every reference finds its
  /// identifier, and the policy has the hash of the script. Prints the number of pictures of mistakes.
  private static let reader = #"""
    import base64, hashlib, html.parser, sys

    VOID = {"meta", "img", "path", "rect", "circle", "br"}

    class Page(html.parser.HTMLParser):
        def __init__(self):
            super().__init__(convert_charrefs=True)
            self.open, self.ids, self.wanted, self.levels = [], [], [], []
            self.images, self.kinds, self.policy, self.script = 0, {}, None, ""

        def handle_starttag(self, tag, attributes):
            values = dict(attributes)
            assert len(values) == len(attributes), "an attribute comes twice"
            assert not any(name.startswith("on") for name in values), values
            self.kinds[tag] = self.kinds.get(tag, 0) + 1
            self.ids += [values["id"]] if "id" in values else []
            for name in ("aria-labelledby", "aria-describedby"):
                self.wanted += values.get(name, "").split()
            if values.get("href", "").startswith("#"):
                self.wanted.append(values["href"][1:])
            if tag == "html":
                assert values["lang"] == "en"
            if tag == "meta" and "http-equiv" in values:
                self.policy = values["content"]
            if tag == "img":
                assert values["alt"] and values["src"].startswith("data:image/png;base64,")
                assert base64.b64decode(values["src"].split(",")[1], validate=True)[1:4] == b"PNG"
                self.images += "gallery" in [kind for _, kind in self.open]
            if tag == "th":
                assert values["scope"] in ("row", "col")
            if tag in ("h1", "h2", "h3"):
                level = int(tag[1])
                assert level <= (self.levels or [0])[-1] + 1, "a heading level is skipped"
                self.levels.append(level)
            if tag == "caption":
                assert self.open[-1][0] == "table"
            if tag not in VOID:
                self.open.append((tag, values.get("class", "")))

        handle_startendtag = handle_starttag

        def handle_endtag(self, tag):
            assert tag not in VOID and self.open, tag
            assert self.open.pop()[0] == tag, f"{tag} is closed at {self.getpos()}"

        def handle_data(self, data):
            if self.open and self.open[-1][0] == "script":
                self.script += data

    text = open(sys.argv[1], encoding="utf-8", newline="").read()
    assert text.startswith("<!DOCTYPE html>\n") and text.endswith("</html>\n")
    assert all(ord(c) >= 32 or c == "\n" for c in text)
    page = Page()
    page.feed(text)
    page.close()
    assert not page.open, page.open
    assert len(page.ids) == len(set(page.ids)), "identifiers are not unique"
    assert set(page.wanted) <= set(page.ids), set(page.wanted) - set(page.ids)
    assert page.kinds["h1"] == page.kinds["main"] == page.kinds["nav"] == page.kinds["script"] == 1
    assert page.kinds["table"] == page.kinds["caption"] and page.kinds.get("iframe", 0) == 0
    hashed = base64.b64encode(hashlib.sha256(page.script.encode()).digest()).decode()
    assert f"script-src 'sha256-{hashed}'" in page.policy, f"the script's hash is {hashed}"
    assert "default-src 'none'" in page.policy
    print(page.images)
    """#

  /// Checks a page, and returns how many mistakes it shows as pictures.
  private func read(_ name: String, in place: Workplace) throws -> Int? {
    try place.write(Self.reader.utf8, to: "reader.py")
    let outcome = try place.start("/usr/bin/env", [Self.python, "reader.py", name]).finish()
    #expect(outcome.ending == .exited(0), "\(name): \(outcome.messageText)")
    return Int(outcome.text.trimmingCharacters(in: .newlines))
  }

  @Test func thePageCombinesWithOtherOutputs() throws {
    let place = try Self.place()
    let plain = try place.run("fm-eval", "all.tsv", "--format", "json")
    let outcome = try place.shell(
      """
      fm-eval all.tsv --format json --html page.html --images data.raw --mistakes 7 --wrong wrong.tsv --wrong-limit 3 \\
        --svg confusion.svg --min accuracy=0.01
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    // Apart from the gate, the report is the same as without a page.
    let report = try #require(JSONSerialization.jsonObject(with: Data(outcome.output)) as? NSDictionary)
    let alone = try #require(JSONSerialization.jsonObject(with: Data(plain.output)) as? NSDictionary)
    for (key, value) in alone { #expect((report[key] as? NSObject) == (value as? NSObject), "\(key)") }
    let wrong = (alone["records"] as? Int ?? 0) - (alone["correct"] as? Int ?? 0)
    try #require(wrong > 7)
    #expect(try read("page.html", in: place) == 7)
    #expect(try place.text(of: "wrong.tsv").split(separator: "\n").count == 4)
    #expect(try place.text(of: "page.html").contains("7 of \(wrong) mistakes, the most probable first."))
    // The same command makes the same page, and the same predictions in another format give as many pictures.
    let again = try place.shell(
      """
      set -e
      fm-eval all.tsv --html again.html --images data.raw --mistakes 7 --min accuracy=0.01 > report
      cmp page.html again.html
      fm-eval < predictions.raw --html raw.html --images data.raw > report
      fm-predict --model model --probabilities data.raw | fm-eval --html pipe.html --images data.raw > report
      fm-eval numbers.tsv --classes classes.txt --html numbers.html --images data.raw --title 'A <title> & more' > report
      """)
    #expect(again.ending == .exited(0), "\(again.messageText)")
    for name in ["raw", "pipe", "numbers"] {
      #expect(try read("\(name).html", in: place) == min(40, wrong), "\(name)")
    }
    #expect(try place.text(of: "numbers.html").contains("<title>A &lt;title&gt; &amp; more: "))
  }

  @Test func everyKindOfInputHasAPage() throws {
    let place = try Self.place()
    let outcome = try place.shell(
      """
      set -e
      fm-eval bare.tsv --html bare.html > report
      fm-eval all.tsv --html none.html --mistakes 0 > report
      fm-eval all.tsv --threshold Coat=0.9 --coverage-at 0.9 --interval bootstrap --html withheld.html > report
      fm-eval all.tsv --baseline bare.tsv --max-drop accuracy=0.1 --html baseline.html > report
      fm-eval all.tsv --format json > report.json
      fm-eval --merge report.json --html merged.html > report
      fm-eval all.tsv --baseline report.json --html old.html > report
      printf 'name\\ttruth\\tclass\\nx\\ta\\tb\\ny\\tb\\tb\\n' | fm-eval --html names.html > report
      printf 'truth\\tclass\\n'  > wide.tsv
      for i in $(seq 1000); do printf '%s\\t%s\\n' c$i c$i c$i c$((i % 1000 + 1)); done >> wide.tsv
      fm-eval wide.tsv --html wide.html > report
      """)
    #expect(outcome.ending == .exited(0) && outcome.messageText == "", "\(outcome.messageText)")
    for name in ["bare", "none", "withheld", "baseline", "merged", "old", "names", "wide"] {
      #expect(try read("\(name).html", in: place) == 0, "\(name)")
      let size = try place.bytes(of: "\(name).html").count
      #expect(size < 1_000_000, "\(name): \(size)")
    }
    #expect(try place.text(of: "withheld.html").contains("records answered"))
    #expect(try place.text(of: "baseline.html").contains("McNemar"))
    #expect(try place.text(of: "old.html").contains("does not describe single records"))
    #expect(try !place.text(of: "none.html").contains("id=\"mistakes\""))
    #expect(try place.text(of: "names.html").contains("<bdi>x</bdi>"))
  }

  /// Names that could break other formats do not break the page.
  @Test func hostileNamesStayText() throws {
    let place = try Workplace()
    var csv = Array("name,truth,class\n".utf8)
    for (index, name) in HostileNameTests.names.enumerated() {
      let next = HostileNameTests.names[(index + 1) % HostileNameTests.names.count]
      let fields: [[UInt8]] = [name, name, next].map { field in
        [0x22] + field.flatMap { $0 == 0x22 ? [0x22, 0x22] : [$0] } + [0x22]
      }
      csv += Array(fields.joined(separator: [UInt8(ascii: ",")])) + [0x0A]
    }
    try place.write(csv, to: "predictions.csv")
    let outcome = try place.shell(
      """
      fm-eval predictions.csv --html page.html --title "$(printf '\\033[31m</title>\\377')" > report
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(try read("page.html", in: place) == 0)
  }

  /// A command line, its exit status, and a piece of its message.
  @Test(arguments: [
    ("all.tsv --images data.raw", 64, "--images: expected --html FILE"),
    ("all.tsv --mistakes 3", 64, "--mistakes: expected --html FILE"),
    ("all.tsv --title x", 64, "--title: expected --html FILE"),
    ("all.tsv --html -", 64, "--html: expected a file, got standard output"),
    ("all.tsv --html x --mistakes 1001", 64, "--mistakes: expected 0 to 1000, got 1001"),
    ("all.tsv --html x --mistakes 0 --images data.raw", 64, "--images: expected --mistakes of 1 or more"),
    ("all.tsv --html x -o x", 64, "name the same file"),
    ("all.tsv --html all.tsv", 64, "would be lost"),
    ("all.tsv --html data.raw --images data.raw", 64, "would be lost"),
    ("- --html x --images -", 64, "standard input can be read once only"),
    ("--merge report.json --html x --images data.raw", 64, "--images: expected predictions"),
    ("--merge report.json --html x --mistakes 3", 64, "--mistakes: expected predictions"),
    ("all.tsv --html x --images few.raw", 65, "not in few.raw; select from the stream that was predicted"),
    ("numbers.tsv --html x --images data.raw", 65, "name the classes with 'fm-eval --classes'"),
    ("all.tsv --html x --images predictions.raw", 65, "expected images, found predictions"),
    ("all.tsv --html x --images all.tsv", 65, "all.tsv"),
    ("twice.tsv --html x --images data.raw", 65, "comes twice"),
    (
      "words.tsv --html x", 65,
      "expected the record's number, a whole number from 0, found something else; --wrong, --html and --baseline need the numbers"
    ),
    ("all.tsv --html x --images absent.raw", 66, "absent.raw"),
    ("all.tsv --html absent/x", 73, "absent/x"),
  ])
  func refusedCommandLinesLeaveNoPage(_ line: String, _ status: Int, _ message: String) throws {
    let place = try Self.place()
    _ = try place.shell("fm-eval all.tsv --format json > report.json")
    let before = try place.names
    let outcome = try place.shell("fm-eval \(line) --force > /dev/null")
    #expect(outcome.ending == .exited(Int32(status)), "\(line): \(outcome.messageText)")
    #expect(
      outcome.messageLines.count == 1 && outcome.messageText.contains(message), "\(outcome.messageText)")
    #expect(try place.names == before)
  }

  @Test func aFailedGateStillLeavesThePage() throws {
    let place = try Self.place()
    let outcome = try place.shell("fm-eval all.tsv --min accuracy=1 --html page.html > report")
    #expect(outcome.ending == .exited(1))
    #expect(try read("page.html", in: place) == 0)
    #expect(try place.text(of: "page.html").contains("1 of 1 gate failed"))
    // A full disk is reported in one line.
    let full = try place.shell("fm-eval all.tsv --html /dev/full > report")
    #expect(full.ending == .exited(74) && full.messageLines.count == 1, "\(full.messageText)")
  }
}
