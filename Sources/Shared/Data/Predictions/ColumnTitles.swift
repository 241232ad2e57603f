// Parses the option that names the columns of a table without a header.
import ByteIO

/// The titles of a table's columns, such as `name,truth,class,probability`.
public struct ColumnTitles: Equatable, Sendable {
  public let titles: [String]

  /// The known titles, for help texts and completions.
  public static let known = ["name", "record", "truth", "class", "probability", "log_probability", "error"]

  /// Whether a title marks a column that is skipped.
  static func isPassedOver(_ title: String) -> Bool { title.first == "-" }

  /// Parses titles separated by commas. A title that is empty or `-` marks a column that is skipped.
  public init(parsing text: String) throws(ColumnTitlesError) {
    var titles: [String] = []
    for (index, part) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
      let title = part.filter { $0 != " " }
      if title.isEmpty || title == "-" {
        // The number makes the title unique; the hyphen keeps it apart from all known titles.
        titles.append("-\(index)")
      } else {
        guard PredictionColumn.isTitle(ArraySlice(title.utf8)) else { throw .unknown(title) }
        if titles.contains(title) { throw .twice(title) }
        titles.append(title)
      }
    }
    guard titles.contains(PredictionColumn.label(1)) else { throw .noClass(text) }
    self.titles = titles
  }
}

/// The reason why titles of columns are refused.
public enum ColumnTitlesError: Error, Equatable, CustomStringConvertible {
  case unknown(String)
  case twice(String)
  case noClass(String)

  public var description: String {
    switch self {
    case .unknown(let title):
      "there is no column '\(displayed(title))'; columns are \(ColumnTitles.known.joined(separator: ", ")), class2,"
        + " probability2 … and p:CLASS; '-' skips a column"
    case .twice(let title): "the column '\(displayed(title))' appears twice"
    case .noClass(let text):
      "expected columns with 'class' among them, such as name,class,probability, got '\(displayed(text))'"
    }
  }
}
