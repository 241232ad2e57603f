// The names of the columns of predictions, and the option that names the columns of a table without a header.
import ByteIO

/// The names of the columns, for the writer and the readers.
enum PredictionColumn {
  static let name = "name"
  static let record = "record"
  static let truth = "truth"
  static let error = "error"

  /// Returns the column of the class of a rank: `class`, `class2`, `class3` …
  static func label(_ rank: Int) -> String { rank == 1 ? "class" : "class\(rank)" }

  /// The scale of probabilities: plain values or their natural logarithms.
  enum Scale: CaseIterable {
    case plain
    case logarithmic

    init(_ isLogarithmic: Bool) { self = isLogarithmic ? .logarithmic : .plain }

    private var prefix: String { self == .plain ? "" : "log_" }
    var probabilities: String { prefix + "probabilities" }
    var classPrefix: String { prefix + "p:" }

    /// Finds the scale of an input by its columns; plain if it has no probabilities. Throws if it has both scales.
    init(of columns: some Collection<String>) throws(RowProblem) {
      func first(_ scale: Self) -> String? {
        columns.first {
          $0 == scale.probability(1) || $0 == scale.probabilities || $0.hasPrefix(scale.classPrefix)
        }
      }
      let logarithmic = first(.logarithmic)
      if let plain = first(.plain), let logarithmic { throw .twoScales(plain, logarithmic) }
      self.init(logarithmic != nil)
    }

    /// Returns the column of the probability of a rank: `probability`, `probability2` …
    func probability(_ rank: Int) -> String { prefix + (rank == 1 ? "probability" : "probability\(rank)") }
  }
}

extension PredictionColumn {
  /// Whether a field is the title of a column of predictions.
  static func isTitle(_ field: ArraySlice<UInt8>) -> Bool {
    guard let first = field.first, UInt8(ascii: "a")...UInt8(ascii: "z") ~= first else { return false }
    let title = String(decoding: field, as: UTF8.self)
    if [name, record, truth, error].contains(title) { return true }
    if Scale.allCases.contains(where: { title.hasPrefix($0.classPrefix) }) { return true }
    var stem = Substring(title)
    while let last = stem.last, last.isNumber { stem.removeLast() }
    return ["class", "probability", "log_probability"].contains(stem)
  }
}

// MARK: - Named columns

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
