// Lays out fm-info's text: fields, sections and tables, indented under the file's name, in 80 columns.

import ByteIO
import JSON
import TensorStream

/// A report in lines under a title.
struct InspectionText {
  private static let width = 80
  private var lines: [String]

  init(title: String) { lines = [title] }

  /// All lines, each with a line feed.
  var text: String { lines.map { $0 + "\n" }.joined() }

  /// Adds a name and its value, which wraps to further lines if it is too long.
  mutating func field(_ name: String, _ value: String) {
    let indent = String(repeating: " ", count: 14)
    let parts = wrapped(value, width: Self.width - 14)
    for (index, part) in parts.enumerated() {
      lines.append((index == 0 ? "  " + padded(name, to: 12) : indent) + part)
    }
  }

  /// Adds an empty line, and the title if there is one.
  mutating func section(_ title: String?) {
    lines.append("")
    if let title { lines.append("  \(title)") }
  }

  /// Adds wrapped text.
  mutating func paragraph(_ text: String) {
    lines += wrapped(text, width: Self.width - 4).map { "    " + $0 }
  }

  /// Adds the command lines that led to the file. They are not wrapped, so that they can be pasted.
  mutating func history(_ commands: [String]) {
    guard !commands.isEmpty else { return }
    section("history")
    lines += commands.map { "    " + printable($0) }
  }

  /// Adds a table, indented by 2.
  mutating func table(_ table: TextTable) {
    lines += table.lines(width: Self.width - 2).map { "  " + $0 }
  }
}

/// Columns of text, optionally followed by a bar.
struct TextTable {
  let columns: [(title: String, alignment: TextAlignment)]
  var rows: [[String]] = []
  /// The last row, below a rule.
  var total: [String]?
  /// The lengths of the bars, 0 to 1, one for each row; `nil` without bars.
  var bars: [Double]?

  init(columns: [(title: String, alignment: TextAlignment)]) { self.columns = columns }

  /// Returns the lines of the table. Bars fill at most 30 columns of the width.
  func lines(width: Int) -> [String] {
    let titles = columns.map(\.title)
    let all = [titles] + rows + (total.map { [$0] } ?? [])
    let widths = columns.indices.map { column in all.map { displayedWidth($0[column]) }.max() ?? 0 }
    func line(_ cells: [String], bar: Double? = nil) -> String {
      let cells = columns.indices.map { padded(cells[$0], to: widths[$0], columns[$0].alignment) }
      let text = cells.joined(separator: "  ")
      let room = min(30, width - displayedWidth(text) - 2)
      let drawn = bar.map { "  " + shareBar($0, width: room) } ?? ""
      return trimmedAtEnd(text + drawn)
    }
    var lines = [line(titles)]
    for (index, row) in rows.enumerated() { lines.append(line(row, bar: bars?[index])) }
    if let total {
      lines.append(String(repeating: "─", count: widths.reduce(0, +) + 2 * (widths.count - 1)))
      lines.append(line(total))
    }
    return lines
  }
}

// MARK: - Words and numbers

/// Wraps `text` at spaces. A word that is longer than a line gets its own line.
func wrapped(_ text: String, width: Int) -> [String] {
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ", omittingEmptySubsequences: false) {
    if !line.isEmpty, displayedWidth(line) + 1 + displayedWidth(String(word)) > width {
      lines.append(trimmedAtEnd(line))
      line = ""
    }
    line += line.isEmpty ? String(word) : " \(word)"
  }
  return lines + [trimmedAtEnd(line)]
}

/// Escapes misleading characters, such as control characters, but not backslashes, so that the text can be pasted.
func printable(_ text: String) -> String {
  text.unicodeScalars
    .map { isMisleading($0) ? displayed(String($0)) : String($0) }.joined()
}

/// Returns a count of floating-point operations with its unit, in millions from 1,000,000 on.
func operations(_ count: Int) -> String {
  count < 1_000_000 ? "\(grouped(count)) FLOP" : "\(fixed(Double(count) / 1e6, decimals: 2)) MFLOP"
}

func megabytes(_ byteCount: Int) -> String {
  byteCount < 100_000 ? "\(grouped(byteCount)) bytes" : "\(fixed(Double(byteCount) / 1e6, decimals: 1)) MB"
}

// MARK: - JSON

extension ImageShape {
  var json: JSONValue {
    .object([
      JSONValue.Member("height", .integer(height)), JSONValue.Member("width", .integer(width)),
      JSONValue.Member("channels", .integer(channels)),
    ])
  }
}

func strings(_ strings: [String]?) -> JSONValue { strings.map { .array($0.map(JSONValue.string)) } ?? .null }

func integers(_ integers: [Int]) -> JSONValue { .array(integers.map(JSONValue.integer)) }
