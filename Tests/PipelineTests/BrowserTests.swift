// The page of fm-eval --html in a browser: its figures, sorting, contrast, width, use by keyboard, and empty console.
import Foundation
import Testing

/// The path of a Chromium that runs without a screen; `nil` if none is installed.
private let browser: String? = {
  let names = ["chromium-headless-shell", "chrome-headless-shell", "chromium", "google-chrome"]
  let folders = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]
  return names.lazy.flatMap { name in folders.map { "\($0)/\(name)" } }
    .first { FileManager.default.isExecutableFile(atPath: $0) }
}()

/// The values that the script `check` finds in the page.
private struct Findings {
  let values: [String: Any]

  func strings(_ key: String) -> [String]? { values[key] as? [String] }
  func number(_ key: String) -> Double? { (values[key] as? NSNumber)?.doubleValue }
  func numbers(_ key: String) -> [String: Double]? { values[key] as? [String: Double] }
}

@Suite(.enabled(if: browser != nil, "no Chromium is installed: Debian's is chromium-headless-shell"))
struct BrowserTests {
  enum Scheme: String, CaseIterable { case light, dark }

  /// Opens a page, and returns the document after its scripts have run, and the lines of its console.
  private func open(
    _ name: String, in place: Workplace, width: Int = 1200, scheme: Scheme = .light
  ) throws -> (text: String, console: [Substring]) {
    let outcome = try place.start(
      #require(browser),
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--user-data-dir=\(place.path)/profile",
        "--window-size=\(width),900", "--blink-settings=preferredColorScheme=\(scheme == .dark ? 0 : 1)",
        "--enable-logging=stderr", "--virtual-time-budget=10000", "--dump-dom",
        "file://\(place.path)/\(name)",
      ], environment: ["HOME": place.path]
    ).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    return (outcome.text, outcome.messageLines.filter { $0.contains("CONSOLE") })
  }

  /// Runs `check` in a copy of the page that allows any script; the policy of the page allows only its own.
  private func findings(
    _ name: String, in place: Workplace, width: Int = 1200, scheme: Scheme = .light
  ) throws -> Findings {
    let page = try place.text(of: name)
    let policy = try #require(page.firstRange(of: /script-src 'sha256-[^']*'/))
    var copy = page.replacingCharacters(in: policy, with: "script-src 'unsafe-inline'")
    copy = copy.replacing("</body>", with: "<script>\(Self.check)</script></body>")
    try place.write(Array(copy.utf8), to: "checked.html")
    let (text, console) = try open("checked.html", in: place, width: width, scheme: scheme)
    #expect(console.isEmpty, "\(console)")
    let found = try #require(
      text.firstMatch(of: /<pre id="findings">([^<]*)<\/pre>/), "the script did not finish")
    let json = try #require(String(found.1).removingPercentEncoding)
    return Findings(
      values: try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]))
  }

  /// Inspects the page; written independently of the page's own script. The contrast is WCAG's, between every visible
  /// text and its background.
  private static let check = #"""
    const found = { width: innerWidth, overflow: document.documentElement.scrollWidth - innerWidth };
    found.isDark = matchMedia("(prefers-color-scheme: dark)").matches;
    const parsed = (color) => {
      const parts = color.match(/[\d.]+/g).map(Number);
      return parts.length === 4 ? parts : [...parts, 1];
    };
    const luminance = (color) => {
      const [r, g, b] = color.slice(0, 3).map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element) => {
      for (let e = element; e; e = e.parentElement) {
        const color = parsed(getComputedStyle(e).backgroundColor);
        if (color[3] === 1) return color;
      }
      return [255, 255, 255, 1];
    };
    found.faint = []; found.texts = 0;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || element.closest("script,style,title,desc") || !element.getClientRects().length) continue;
      const style = getComputedStyle(element);
      const color = parsed(element.closest("svg") ? style.fill : style.color);
      const [a, b] = [luminance(color), luminance(ground(element))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      found.texts += 1;
      if (ratio < 4.5 || color[3] !== 1) found.faint.push(`${walker.currentNode.data.trim()}: ${ratio}`);
    }
    found.figures = {};
    for (const term of document.querySelectorAll(".figures dt")) {
      found.figures[term.textContent] = Number(term.nextElementSibling.querySelector("data").value);
    }
    found.accuracy = Number(document.querySelector(".lead data").value);
    const table = document.querySelector("#classes table");
    const heads = [...table.tHead.rows[0].cells];
    found.columns = heads.map((head) => head.textContent);
    found.classes = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.dataset.v ?? cell.textContent));
    found.means = [...table.tFoot.rows].map((row) => [...row.cells].map((cell) => cell.dataset.v ?? cell.textContent));
    const heat = document.querySelector(".heat");
    found.confusion = heat && [...heat.tBodies[0].rows].map((row) => [...row.cells].slice(1).map((cell) => cell.firstChild.data.trim()));
    const order = () => [...table.tBodies[0].rows].map((row) => row.cells[0].textContent);
    found.orders = [order()]; found.states = [];
    const say = () => document.querySelector("[role=status]").textContent;
    const press = (column) => {
      heads[column].querySelector("button").click();
      found.orders.push(order());
      found.states.push(heads.map((head) => head.getAttribute("aria-sort") ?? "-").join(" ") + " | " + say());
    };
    for (const column of [4, 4, 4, 1, 0, 0]) press(column);
    found.tall = table.closest(".scroll").getBoundingClientRect().height;
    // Every element that the keyboard reaches has a name and takes the focus.
    found.nameless = []; found.reached = 0;
    for (const element of document.querySelectorAll("a,button,summary,[tabindex='0']")) {
      // Folded elements are reached only after unfolding.
      if (!element.checkVisibility({ contentVisibilityAuto: true })) continue;
      element.focus();
      if (document.activeElement !== element) { found.nameless.push(`${element.outerHTML.slice(0, 80)} is not reached`); continue; }
      found.reached += 1;
      const name = element.getAttribute("aria-label") ?? element.textContent;
      if (!name?.trim()) found.nameless.push(element.outerHTML.slice(0, 80));
    }
    found.images = [...document.images].map((image) => image.complete && image.naturalWidth > 0 ? image.alt : "");
    const report = document.createElement("pre");
    report.id = "findings";
    report.textContent = encodeURIComponent(JSON.stringify(found));
    document.body.append(report);
    """#

  /// A page with everything on it.
  private func place() throws -> Workplace {
    let place = try PageFlowTests.place()
    let outcome = try place.shell(
      """
      fm-eval all.tsv --areas --interval bootstrap --baseline bare.tsv --min accuracy=0.01 --max log_loss=0.01 \\
        --format json --html page.html --images data.raw > report.json
      """)
    #expect(outcome.ending == .exited(1), "\(outcome.messageText)")
    return place
  }

  @Test func thePageOpensWithoutConsoleMessages() throws {
    let (text, console) = try open("page.html", in: place())
    #expect(console.isEmpty, "\(console)")
    // The page's own script ran, under the page's own policy.
    #expect(text.contains("<button type=\"button\">F1</button>") && text.contains("role=\"status\""))
  }

  @Test(arguments: Scheme.allCases, [320, 375, 1200])
  func thePageIsReadableInBothSchemesAtAnyWidth(_ scheme: Scheme, _ width: Int) throws {
    let found = try findings("page.html", in: place(), width: width, scheme: scheme)
    #expect(found.number("width") == Double(width))
    #expect(found.values["isDark"] as? Bool == (scheme == .dark))
    #expect(try #require(found.number("overflow")) <= 0)
    #expect(try #require(found.number("texts")) > 200)
    #expect(found.strings("faint") == [])
    #expect(found.strings("nameless") == [])
    #expect(try #require(found.number("reached")) > 20)
    let images = try #require(found.strings("images"))
    #expect(images.count > 10 && images.allSatisfy { $0.hasPrefix("Picture of record ") })
  }

  @Test func figuresMatchTheReport() throws {
    let place = try place()
    let found = try findings("page.html", in: place)
    let report = try place.report("report.json")
    #expect(found.number("accuracy") == report["accuracy"] as? Double)
    let ranks = try #require(report["top_k"] as? [String: Double])
    func mean(_ key: String) -> Double? { (report[key] as? [String: Any])?["f1"] as? Double }
    let expected: [String: Double?] = [
      "Macro F1": mean("macro"), "Weighted F1": mean("weighted"), "Top 2": ranks["2"],
      "Cohen’s kappa": report["kappa"] as? Double, "Matthews correlation": report["mcc"] as? Double,
      "Log loss": report["log_loss"] as? Double, "Brier score": report["brier"] as? Double,
      "Expected calibration error": report["ece"] as? Double,
    ]
    #expect(found.numbers("figures") == expected.compactMapValues { $0 } && expected.count == 8)
    let keys = ["support", "precision", "recall", "f1", "roc_auc", "average_precision"]
    let classes = try #require(report["classes"] as? [[String: Any]])
    let rows = try #require(found.values["classes"] as? [[String]])
    #expect(rows.map { $0[0] } == classes.compactMap { $0["name"] as? String })
    for (row, figures) in zip(rows, classes) {
      let numbers = keys.map { (figures[$0] as? NSNumber)?.doubleValue }
      #expect(isSame(row.dropFirst().map { Double($0) }, numbers), "\(row) \(numbers)")
    }
    let means = try #require(found.values["means"] as? [[String]])
    let macro = try #require(report["macro"] as? [String: Double])
    #expect(isSame(means[0].dropFirst(2).map { Double($0) }, keys.dropFirst().map { macro[$0] }))
    let confusion = try #require(report["confusion"] as? [[Int]])
    #expect(found.values["confusion"] as? [[String]] == confusion.map { $0.map(String.init) })
  }

  /// Whether all numbers are equal within 2 ulp: Foundation's JSON reader may round the last bit differently.
  private func isSame(_ found: [Double?], _ expected: [Double?]) -> Bool {
    found.count == expected.count
      && zip(found, expected).allSatisfy { found, expected in
        guard let found, let expected else { return false }
        return abs(found - expected) <= 2 * expected.ulp
      }
  }

  /// Compares the page of the shipped model's predictions with figures that NumPy computes.
  @Test func figuresMatchNumPy() throws {
    let place = try Workplace()
    let predictions = "\(Workplace.package)/models/cnn.test.tsv"
    let outcome = try place.run(
      "fm-eval", "--classes", "fashion-mnist", predictions, "--html", "page.html")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let python = ProcessInfo.processInfo.environment["FM_TOOLS_PYTHON"] ?? "python3"
    let numpy = try place.start(
      "/usr/bin/env",
      [
        python, "-c",
        """
        import json, sys, numpy as np
        table = np.loadtxt(sys.argv[1], skiprows=1)
        counts = np.zeros((10, 10), int)
        np.add.at(counts, (table[:, 1].astype(int), table[:, 2].astype(int)), 1)
        right = counts.diagonal()
        precision, recall = right / counts.sum(axis=0), right / counts.sum(axis=1)
        f1 = 2 * right / (counts.sum(axis=0) + counts.sum(axis=1))
        print(json.dumps({"accuracy": right.sum() / counts.sum(), "macro": f1.mean(), "counts": counts.tolist(),
            "shares": np.stack([precision, recall, f1], axis=1).tolist()}))
        """, predictions,
      ]
    ).finish()
    #expect(numpy.ending == .exited(0), "\(numpy.messageText)")
    let expected = try #require(JSONSerialization.jsonObject(with: Data(numpy.output)) as? [String: Any])
    let found = try findings("page.html", in: place)
    func near(_ one: Double?, _ other: Any?) -> Bool {
      guard let one, let other = other as? Double else { return false }
      return abs(one - other) <= 1e-12
    }
    #expect(near(found.number("accuracy"), expected["accuracy"]))
    #expect(near(found.numbers("figures")?["Macro F1"], expected["macro"]))
    let shares = try #require(expected["shares"] as? [[Double]])
    let rows = try #require(found.values["classes"] as? [[String]])
    #expect(rows.count == 10 && shares.count == 10 && rows[9][0] == "Ankle boot")
    for (row, shares) in zip(rows, shares) {
      #expect(row.count == 5 && zip(row.dropFirst(2), shares).allSatisfy { near(Double($0), $1) }, "\(row)")
    }
    let counts = try #require(expected["counts"] as? [[Int]])
    #expect(found.values["confusion"] as? [[String]] == counts.map { $0.map(String.init) })
  }

  @Test func headingsSortTheTable() throws {
    let place = try Workplace()
    // F1 of a: 2/3, b: 4/7, Ä: 0, c10: 1, c9: 1.
    try place.write(
      Array("truth\tclass\na\ta\na\tb\nb\tb\nb\tb\nb\tÄ\nb\tÄ\nÄ\tb\nc9\tc9\nc10\tc10\n".utf8), to: "p.tsv")
    try place.write(Array("c10\na\nb\nÄ\nc9\n".utf8), to: "classes.txt")
    let outcome = try place.run("fm-eval", "p.tsv", "--classes", "classes.txt", "--html", "page.html")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let found = try findings("page.html", in: place)
    let orders = try #require(found.values["orders"] as? [[String]])
    let ofPage = ["c10", "a", "b", "Ä", "c9"]
    let byName = ["a", "Ä", "b", "c9", "c10"]
    #expect(
      orders == [
        ofPage,
        ["Ä", "b", "a", "c10", "c9"], ["c10", "c9", "a", "b", "Ä"], ofPage,
        ["c10", "Ä", "c9", "a", "b"], byName, byName.reversed(),
      ])
    #expect(
      found.strings("states") == [
        "- - - - ascending | Sorted by F1, ascending.", "- - - - descending | Sorted by F1, descending.",
        "- - - - - | In the order of the page.", "- ascending - - - | Sorted by Records, ascending.",
        "ascending - - - - | Sorted by Class, ascending.",
        "descending - - - - | Sorted by Class, descending.",
      ])
  }

  /// Very long and strange names, and as many classes as allowed, do not make the page wider than a phone.
  @Test(arguments: Scheme.allCases)
  func nothingIsTooWideForAPhone(_ scheme: Scheme) throws {
    let place = try Workplace()
    let names = [
      "\u{5E9}\u{5DC}\u{5D5}\u{5DD} \u{5E2}\u{5D5}\u{5DC}\u{5DD}", String(repeating: "W", count: 4000),
      "<b>&amp;",
    ]
    var rows = "name\ttruth\tclass\tprobability\n"
    for (index, name) in names.enumerated() {
      rows += "\(String(repeating: "n", count: 500))\(index)\t\(name)\t\(names[(index + 1) % 3])\t0.9\n"
    }
    try place.write(Array(rows.utf8), to: "long.tsv")
    let wide = (0..<1000).map { "c\($0)\tc\($0)\nc\($0)\tc\(($0 + 1) % 1000)\n" }.joined()
    try place.write(Array(("truth\tclass\n" + wide).utf8), to: "wide.tsv")
    for name in ["long", "wide"] {
      let outcome = try place.run(
        "fm-eval", "\(name).tsv", "--html", "\(name).html", "--title", String(repeating: "title", count: 90))
      #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
      let found = try findings("\(name).html", in: place, width: 320, scheme: scheme)
      #expect(try #require(found.number("overflow")) <= 0, "\(name)")
      #expect(found.strings("faint") == [], "\(name)")
      #expect(found.strings("nameless") == [], "\(name)")
      // A long table scrolls inside the page.
      #expect(try #require(found.number("tall")) < 1000, "\(name)")
    }
  }
}
