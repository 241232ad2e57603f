// The columns of a table without a header, as an option names them.
import ByteIO

/// Titles of columns, such as `name,truth,class,probability`.
public struct ColumnTitles: Equatable, Sendable {
  public let titles: [String]

  /// The titles that there are, for help texts and completions.
  public static let known = ["name", "record", "truth", "class", "probability", "log_probability", "error"]

  /// Whether a title stands for a column that is passed over.
  static func isPassedOver(_ title: String) -> Bool { title.first == "-" }

  /// Parses titles between commas; one that is empty or `-` stands for a column that is passed over.
  public init(parsing text: String) throws(ColumnTitlesError) {
    var titles: [String] = []
    for (index, part) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
      let title = part.filter { $0 != " " }
      if title.isEmpty || title == "-" {
        // No two columns have the same title, and none of a table has this one.
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

/// Why a text names no columns.
public enum ColumnTitlesError: Error, Equatable, CustomStringConvertible {
  case unknown(String)
  case twice(String)
  case noClass(String)

  public var description: String {
    switch self {
    case .unknown(let title):
      "there is no column '\(displayed(title))'; there are \(ColumnTitles.known.joined(separator: ", ")), class2,"
        + " probability2 … and p:CLASS; '-' stands for one that is passed over"
    case .twice(let title): "the column '\(displayed(title))' is there twice"
    case .noClass(let text):
      "expected columns with 'class' among them, such as name,class,probability, got '\(displayed(text))'"
    }
  }
}
