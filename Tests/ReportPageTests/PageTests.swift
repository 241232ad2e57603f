// The content of the page, and hostile names, which must not break it.
import Evaluation
import Foundation
import MemoryStreams
import Testing

@testable import ReportPage

@Suite struct PageTests {
  @Test func namesAreTextAndNothingElse() throws {
    let names = [
      "<script>alert(1)</script>", "a&b\"c'd", "</title><img src=x>", "\u{5D0}\u{5D1}\u{202E}x", "]]>",
    ]
    let html = try page(predictions(names), title: "</title><script>x</script>")
    #expect(pieces(html, from: "<script", to: ">").count == 1)
    #expect(!html.contains("<img"))
    #expect(html.contains("<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>"))
    #expect(html.contains("<bdi>a&amp;b&quot;c&apos;d</bdi>"))
    #expect(html.contains("<title>&lt;/title&gt;&lt;script&gt;x&lt;/script&gt;: "))
    // A character that would change the direction of the text after it is escaped.
    #expect(!html.unicodeScalars.contains("\u{202E}") && html.contains("\\xe2\\x80\\xae"))
  }

  @Test func nothingIsLoadedFromElsewhere() throws {
    let html = try page(predictions(["a", "b"]), images: stream([0, 1, 0, 1, 0, 1], classes: ["a", "b"]))
    #expect(!html.contains("http://") && !html.contains("https://") && !html.contains("url("))
    #expect(!html.contains("@import") && !html.contains("<link"))
    let sources = pieces(html, from: "src=\"", to: "\"")
    #expect(sources.count == 2 && sources.allSatisfy { $0.hasPrefix("data:image/png;base64,") })
    #expect(html.contains("default-src 'none'"))
  }

  @Test func theSameReportGivesTheSamePage() throws {
    let names = (0..<12).map { "class \($0)" }
    #expect(try page(predictions(names)) == (try page(predictions(names))))
  }

  @Test func figuresHaveAllTheirDigits() throws {
    let html = try page(predictions(["a", "b", "c"]))
    // Six of nine records are right. Each class has three records, two of them right, and is predicted three times.
    #expect(html.contains("<strong><data value=\"0.6666666666666666\">66.67 %</data> right</strong>"))
    #expect(html.contains("6 of 9 records"))
    #expect(html.contains("<th scope=\"row\"><bdi>b</bdi></th><td class=\"number\" data-v=\"3\">3</td>"))
    #expect(pieces(html, from: "data-v=\"", to: "\"").contains("0.6666666666666666"))
  }

  @Test func gatesAreDescribedInWords() throws {
    let gates = try [
      Gate(.minimum, parsing: "accuracy=0.5"), Gate(.minimum, parsing: "classes.<b>.recall=0.9"),
    ]
    let html = try page(predictions(["<b>", "c"]), gates: gates)
    #expect(html.contains("✗</span> 1 of 2 gates failed"))
    #expect(html.contains("<strong>passed:</strong> <bdi>accuracy 0.6667, wanted at least 0.5</bdi>"))
    #expect(
      html.contains(
        "<strong>failed:</strong> <bdi>classes.&lt;b&gt;.recall 0.6667, wanted at least 0.9</bdi>"))
    #expect(!(try page(predictions(["a", "b"]))).contains("id=\"gates\""))
    let passed = try page(predictions(["a", "b"]), gates: [Gate(.minimum, parsing: "accuracy=0.5")])
    #expect(passed.contains("✓</span> The gate passed"))
  }

  @Test func missingFiguresAreExplained() throws {
    let table = "truth\tclass\na\tb\nb\tb\n"
    let bare = try page(table)
    #expect(bare.contains("Figures that judge probabilities are missing"))
    #expect(bare.contains("The predictions have no probabilities"))
    #expect(bare.contains("The curves of classes are missing"))
    #expect(bare.contains("The curve of coverage is missing: it needs"))
    #expect(!bare.contains("<svg role"))
    let advice = ReportPage.Advice(probabilities: "predict --all <more>", images: "--show")
    let advised = try page(table, advice: advice)
    #expect(advised.contains("<code>predict --all &lt;more&gt;</code> writes them."))
    #expect(advised.contains("<code>--show</code>") && advised.contains("shows them as pictures"))
    #expect(!bare.contains("writes them.") && !bare.contains("shows them as pictures"))
    let some = try page("truth\tclass\tprobability\na\tb\t0.5\nb\tb\t0.75\n")
    #expect(some.contains("Log loss and Brier score are missing: they need"))
    #expect(some.contains("The curves of classes are missing") && some.contains("id=\"coverage-t\""))
    let whole = try page(predictions(["a", "b"]))
    #expect(!whole.contains("missing"))
    let right = try page("truth\tclass\tprobability\na\ta\t0.5\nb\tb\t0.75\n")
    #expect(pieces(right, from: "No record was taken", to: "class.").count == 2)
    let none = try page("truth\tclass\na\t\nb\t\n", classes: ["a", "b"])
    #expect(none.contains("no answer has a confidence") && none.contains("no record has a predicted class"))
    #expect(none.contains("2 records without a class"))
    let one = try page(predictions(["only"]))
    #expect(one.contains("all records are of one class"))
  }

  @Test func mergedReportsSayWhatIsMissing() throws {
    var report = try evaluate(MemorySource("truth\tclass\na\tb\nb\tb\n"))
    report.figures.scores.unmergeable = ["aurc"]
    let html = try ReportPage(report, origin: .mergedReports).html()
    #expect(html.contains("Curves need every score") && html.contains("do not describe single records"))
    #expect(html.contains("Not merged, because reports hold no scores: coverage."))
    #expect(html.contains("Some of the merged reports have no calibration."))
  }

  @Test(arguments: [2, 30, 31, 256, 1000])
  func anyNumberOfClassesFits(_ count: Int) throws {
    let names = (0..<count).map { "class \($0)" }
    var text = "truth\tclass\tprobability\n"
    for (index, name) in names.enumerated() {
      text += "\(name)\t\(name)\t0.5\n\(name)\t\(names[(index + 1) % count])\t0.25\n"
    }
    let html = try page(text)
    #expect(html.utf8.count < 1_000_000)
    #expect(html.contains("<table class=\"heat") == (count <= 30))
    #expect(html.contains("<figure class=\"matrix\">") == (count > 30))
    let rows = pieces(html, from: "<tbody>", to: "</tbody>").map {
      pieces(String($0), from: "<tr>", to: "</tr>").count
    }
    #expect(rows.first == count)
  }

  @Test func longNamesAreCutAndStayDistinct() throws {
    let names = ["x", "y"].map { String(repeating: "long ", count: 800) + $0 }
    let html = try page("truth\tclass\n\(names[0])\t\(names[1])\n\(names[1])\t\(names[1])\n")
    #expect(html.utf8.count < 60_000)
    #expect(html.contains("x</bdi>") && html.contains("y</bdi>"))
  }

  @Test(arguments: [1, 3])
  func mistakesAreShownAsTheStreamsImages(_ channels: Int) throws {
    let labels: [UInt8] = [0, 1, 0, 1, 0, 1]
    let images = try stream(labels, classes: ["a", "b"], channels: channels)
    let html = try page(predictions(["a", "b"]), images: images)
    #expect(pieces(html, from: "alt=\"", to: "\"") == ["Picture of record 4", "Picture of record 5"])
    #expect(html.contains("All 2 mistakes, the most probable first."))
    // Pixels are squares of a whole number of units. The image has about the width that a caption needs.
    #expect(html.contains("width=\"111\" height=\"74\""))
    let few = try page(predictions(["a", "b"]), mistakes: 1)
    #expect(few.contains("1 of 2 mistakes, the most probable first."))
  }

  @Test func base64MatchesTheStandard() {
    // The test vectors of RFC 4648, section 10, and Foundation's encoding of all byte values.
    for (text, expected) in [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ] { #expect(base64(Array(text.utf8)) == expected) }
    let bytes = (0..<770).map { UInt8(truncatingIfNeeded: $0 * 7) }
    #expect(base64(bytes) == Data(bytes).base64EncodedString())
  }
}
