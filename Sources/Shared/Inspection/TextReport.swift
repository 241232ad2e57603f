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
      lines.append((index == 0 ? "  " + padded(name, to: 12, .leading) : indent) + part)
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
  enum Alignment { case leading, trailing }

  let columns: [(title: String, alignment: Alignment)]
  var rows: [[String]] = []
  /// Set off by a rule.
  var total: [String]?
  /// Between 0 and 1, one a row.
  var bars: [Double]?

  init(columns: [(title: String, alignment: Alignment)]) { self.columns = columns }

  func lines(width: Int) -> [String] {
    let titles = columns.map(\.title)
    let all = [titles] + rows + (total.map { [$0] } ?? [])
    let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String], bar: Double? = nil) -> String {
      let cells = columns.indices.map { padded(cells[$0], to: widths[$0], columns[$0].alignment) }
      let text = cells.joined(separator: "  ")
      let room = min(30, width - text.count - 2)
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
    if !line.isEmpty, line.count + 1 + word.count > width {
      lines.append(trimmed(line))
      line = ""
    }
    line += line.isEmpty ? String(word) : " \(word)"
  }
  return lines + [trimmed(line)]
}

func padded(_ text: String, to width: Int, _ alignment: TextTable.Alignment) -> String {
  let blanks = String(repeating: " ", count: max(0, width - text.count))
  return alignment == .leading ? text + blanks : blanks + text
}

private func trimmed(_ text: String) -> String {
  var text = Substring(text)
  while text.last == " " { text.removeLast() }
  return String(text)
}

/// Control characters escaped, backslashes as they are: what is there to be pasted stays so.
func printable(_ text: String) -> String {
  text.unicodeScalars
    .map { $0.properties.generalCategory == .control ? displayed(String($0)) : String($0) }.joined()
}

func shortened(_ text: String, to limit: Int) -> String {
  text.count > limit ? text.prefix(limit - 1) + "…" : text
}

/// `60000` as `60,000`, whatever the locale.
func grouped(_ number: Int) -> String {
  var text = ""
  for (position, digit) in String(number.magnitude).reversed().enumerated() {
    if position > 0, position.isMultiple(of: 3) { text.append(",") }
    text.append(digit)
  }
  return (number < 0 ? "-" : "") + String(text.reversed())
}

/// A number with so many digits behind the point, rounded to nearest; one that is too large for that as it is.
func decimal(_ value: Double, _ digits: Int) -> String {
  let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
  let scaled = (value * scale).rounded()
  // Beyond 2⁵³ a Double has no digits behind the point, and further on no place in Int.
  guard scaled.magnitude < 0x1p53 else { return "\(value)" }
  let number = String(Int(scaled.magnitude))
  let text = String(repeating: "0", count: max(0, digits + 1 - number.count)) + number
  let sign = scaled < 0 ? "-" : ""
  return digits == 0 ? sign + text : sign + text.dropLast(digits) + "." + text.suffix(digits)
}

/// Operations, in millions where there are many.
func operations(_ count: Int) -> String {
  count < 1_000_000 ? "\(grouped(count)) FLOP" : "\(decimal(Double(count) / 1e6, 2)) MFLOP"
}

func megabytes(_ byteCount: Int) -> String {
  byteCount < 100_000 ? "\(grouped(byteCount)) bytes" : "\(decimal(Double(byteCount) / 1e6, 1)) MB"
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
