// The report as a page for browsers: one file that loads nothing, neither from disk nor from the network.
// docs/html-report.md describes it. Each section has a file in this folder.
import ByteIO
import Charts
import Evaluation

/// A report as HTML. The same report gives the same text.
public struct ReportPage {
  /// The worst of the misclassified records.
  public struct Mistakes {
    let records: [WrongRecord]
    /// Their images, in the same order; `nil` if the stream of images was not given.
    let images: ImageSelection?

    /// `images` are the images that a selection of these records found.
    public init(_ records: [WrongRecord], images: ImageSelection? = nil) {
      precondition(images.map { $0.images.count == records.count } ?? true, "images of other records")
      (self.records, self.images) = (records, images)
    }
  }

  /// What the reader of a page can type to see more, as plain text. Without it, pages say only what they lack.
  public struct Advice: Sendable {
    /// The command that writes the probabilities of all classes.
    let probabilities: String
    /// The option that shows mistakes as pictures.
    let images: String

    public init(probabilities: String, images: String) {
      (self.probabilities, self.images) = (probabilities, images)
    }
  }

  /// The source of the figures, which decides what can be missing and why.
  public enum Origin: Equatable, Sendable { case predictions, mergedReports }

  let report: EvaluationReport
  let origin: Origin
  let mistakes: Mistakes?
  let advice: Advice?
  /// The names of the classes, shortened and escaped for HTML.
  let names: [String]
  private let title: String

  var figures: Figures { report.figures }

  /// A sentence, after a space, that names the command for probabilities; empty without advice.
  var probabilityAdvice: String {
    advice.map { " <code>\(escapedXML($0.probabilities))</code> writes them." } ?? ""
  }

  /// - Parameters:
  ///   - title: The title of the page; `nil` for a general one.
  ///   - origin: The source of the report's figures.
  ///   - mistakes: The mistakes to show; `nil` for a page without them.
  ///   - advice: What to type for figures and pictures that the page lacks.
  public init(
    _ report: EvaluationReport, title: String? = nil, origin: Origin, mistakes: Mistakes? = nil,
    advice: Advice? = nil
  ) {
    (self.report, self.origin, self.mistakes, self.advice) = (report, origin, mistakes, advice)
    self.title = escapedXML(displayed(title ?? "Evaluation of predictions"))
    names = shortened(report.figures.classes.map { displayed($0.name) }, to: Self.nameWidth).map(isolated)
  }

  /// The maximum width of a name in columns. Longer names are cut in the middle. JSON reports have them whole.
  static let nameWidth = 60

  /// Returns the page. Throws if an image cannot be encoded.
  ///
  /// - Complexity: O(c² + m log m) for c classes and m different confusions, plus the points of the curves and the
  ///   bytes of the images
  public func html() throws -> String {
    let sections = try [
      gatesSection, comparisonSection, figuresSection, classesSection, confusionSection(), mistakesSection(),
      calibrationSection, curvesSection,
    ].compactMap { $0 }
    let lines =
      head + ["<body>", "<a class=\"skip\" href=\"#main\">Skip to the report</a>"] + header(sections)
      + ["<main id=\"main\" tabindex=\"-1\">"] + sections.flatMap(\.lines)
      + [
        "</main>",
        "<footer><p>Made by fm-eval, part of fm-tools. This file needs no other file and loads nothing.</p></footer>",
        "<script>\(PageScript.text)</script>", "</body>", "</html>",
      ]
    return lines.joined(separator: "\n") + "\n"
  }

  private var head: [String] {
    [
      "<!DOCTYPE html>", "<html lang=\"en\">", "<head>", "<meta charset=\"utf-8\">",
      // Whatever a name contains, the page loads nothing, sends nothing, and runs no script but its own.
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline';"
        + " script-src '\(PageScript.hash)'; base-uri 'none'; form-action 'none'\">",
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
      "<meta name=\"color-scheme\" content=\"light dark\">",
      "<title>\(title): \(percent(figures.accuracy, 2)) % right</title>", "<style>\(PageStyle.text)</style>",
      "</head>",
    ]
  }

  private func header(_ sections: [PageSection]) -> [String] {
    let interval = figures.accuracyInterval
    var lines = [
      "<header>", "<h1 dir=\"auto\">\(title)</h1>",
      "<p class=\"lead\"><strong>\(data(figures.accuracy, percent(figures.accuracy, 2) + " %")) right</strong>"
        + " <span>\(grouped(figures.correct)) of \(counted(figures.records, "record")),"
        + " \(plainPercent(interval.confidence)) interval \(percent(interval.lower, 2)) to"
        + " \(percent(interval.upper, 2)) %</span></p>",
    ]
    if let verdict { lines.append(verdict) }
    let links = sections.map { "<li><a href=\"#\($0.id)\">\($0.title)</a></li>" }
    return lines + ["<nav aria-label=\"Sections\"><ul>"] + links + ["</ul></nav>", "</header>"]
  }
}

/// A section of the page: a second-level heading, and the lines below it.
struct PageSection {
  let id: String
  let title: String
  let body: [String]

  var lines: [String] {
    [
      "<section id=\"\(id)\" aria-labelledby=\"\(id)-title\">",
      "<h2 id=\"\(id)-title\">\(title)</h2>",
    ] + body + ["</section>"]
  }
}
