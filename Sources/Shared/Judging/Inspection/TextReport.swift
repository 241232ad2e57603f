// The look of fm-info's text: fields, sections and tables, indented under the file's name, 80 columns wide.

import ByteIO
import JSON
import TensorStream

/// Lines under a title.
struct TextReport {
  private static let width = 80
  private var lines: [String]

  init(title: String) { lines = [title] }

  /// All lines, each ended.
  var text: String { lines.map { $0 + "\n" }.joined() }

  /// `name`, then the value; what is too long for the line goes on below it.
  mutating func field(_ name: String, _ value: String) {
    let indent = String(repeating: " ", count: 14)
    let parts = wrapped(value, width: Self.width - 14)
    for (index, part) in parts.enumerated() {
      lines.append((index == 0 ? "  " + padded(name, to: 12) : indent) + part)
    }
  }

  /// An empty line, and a title if there is one.
  mutating func section(_ title: String?) {
    lines.append("")
    if let title { lines.append("  \(title)") }
  }

  mutating func paragraph(_ text: String) {
    lines += wrapped(text, width: Self.width - 4).map { "    " + $0 }
  }

  /// The command lines that led to the file, whole: they are there to be pasted.
  mutating func history(_ commands: [String]) {
    guard !commands.isEmpty else { return }
    section("history")
    lines += commands.map { "    " + printable($0) }
  }

  mutating func table(_ table: TextTable) {
    lines += table.lines(width: Self.width - 2).map { "  " + $0 }
  }
}

/// Columns of text, and a bar behind them where there is one.
struct TextTable {
  let columns: [(title: String, alignment: TextAlignment)]
  var rows: [[String]] = []
  /// Set off by a rule.
  var total: [String]?
  /// Between 0 and 1, one a row.
  var bars: [Double]?

  init(columns: [(title: String, alignment: TextAlignment)]) { self.columns = columns }

  func lines(width: Int) -> [String] {
    let titles = columns.map(\.title)
    let all = [titles] + rows + (total.map { [$0] } ?? [])
    let widths = columns.indices.map { column in all.map { displayedWidth($0[column]) }.max() ?? 0 }
    func line(_ cells: [String], bar: Double? = nil) -> String {
      let cells = columns.indices.map { padded(cells[$0], to: widths[$0], columns[$0].alignment) }
      let text = cells.joined(separator: "  ")
      let room = min(30, width - displayedWidth(text) - 2)
      let drawn = bar.map { "  " + TextTable.bar($0, width: room) } ?? ""
      return trimmed(text + drawn)
    }
    var lines = [line(titles)]
    for (index, row) in rows.enumerated() { lines.append(line(row, bar: bars?[index])) }
    if let total {
      lines.append(String(repeating: "─", count: widths.reduce(0, +) + 2 * (widths.count - 1)))
      lines.append(line(total))
    }
    return lines
  }

  /// A bar to an eighth of a column; what is not zero shows at least that.
  private static func bar(_ share: Double, width: Int) -> String {
    guard width > 0, share > 0 else { return "" }
    let eighths = max(1, Int((min(1, share) * Double(width * 8)).rounded()))
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
  }
}

// MARK: - Words and numbers

/// `text` broken at blanks; a word that is longer than the line has a line of its own.
func wrapped(_ text: String, width: Int) -> [String] {
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ", omittingEmptySubsequences: false) {
    if !line.isEmpty, displayedWidth(line) + 1 + displayedWidth(String(word)) > width {
      lines.append(trimmed(line))
      line = ""
    }
    line += line.isEmpty ? String(word) : " \(word)"
  }
  return lines + [trimmed(line)]
}

private func trimmed(_ text: String) -> String {
  var text = Substring(text)
  while text.last == " " { text.removeLast() }
  return String(text)
}

/// Control characters escaped, backslashes as they are: what is there to be pasted stays so.
func printable(_ text: String) -> String {
  text.unicodeScalars
    .map { isMisleading($0) ? displayed(String($0)) : String($0) }.joined()
}

/// Operations, in millions where there are many.
func operations(_ count: Int) -> String {
  count < 1_000_000 ? "\(grouped(count)) FLOP" : "\(fixed(Double(count) / 1e6, decimals: 2)) MFLOP"
}

func megabytes(_ byteCount: Int) -> String {
  byteCount < 100_000 ? "\(grouped(byteCount)) bytes" : "\(fixed(Double(byteCount) / 1e6, decimals: 1)) MB"
}

func described(_ shape: ImageShape) -> String {
  "\(shape.height) × \(shape.width) \(shape.channels == 1 ? "grey" : "RGB")"
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
