// Text in columns of a terminal, where one character can take two columns.

/// The side on which a text is aligned in its column.
public enum TextAlignment: Sendable {
  case leading
  case trailing
}

/// Returns the number of columns that a text takes on a terminal.
///
/// - Complexity: O(*n*), where *n* is the number of characters.
public func displayedWidth(_ text: String) -> Int { text.reduce(0) { $0 + displayedWidth($1) } }

/// Returns 2 for East Asian wide characters and emoji, and 1 for others (after Unicode Standard Annex #11); 0 for
/// invisible characters.
private func displayedWidth(_ character: Character) -> Int {
  guard let scalar = character.unicodeScalars.first else { return 0 }
  switch scalar.value {
  case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60,
    0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
    return 2
  default:
    return scalar.properties.isDefaultIgnorableCodePoint ? 0 : 1
  }
}

/// Returns `text` padded with spaces to `columns` columns; unchanged if it is at least as wide.
public func padded(_ text: String, to columns: Int, _ alignment: TextAlignment = .leading) -> String {
  let blanks = String(repeating: " ", count: max(0, columns - displayedWidth(text)))
  return alignment == .leading ? text + blanks : blanks + text
}

/// Returns `text` shortened to `columns` columns, at least one, with an ellipsis in place of its middle: names that
/// begin alike often differ at their ends.
///
/// - Complexity: O(*n*), where *n* is the number of characters.
public func shortened(_ text: String, to columns: Int) -> String {
  guard displayedWidth(text) > columns else { return text }
  let end = String(cut(String(text.suffix(max(0, columns)).reversed()), to: (columns - 1) / 2).reversed())
  return cut(text, to: columns - 1 - displayedWidth(end)) + "…" + end
}

/// Shortens each name to `columns` columns and keeps the names distinct: those that would become equal get their index,
/// from 0, as a prefix.
///
/// - Complexity: O(*n*) expected, where *n* is the number of characters of all names.
public func shortened(_ names: [String], to columns: Int) -> [String] {
  let short = names.map { shortened($0, to: columns) }
  let counts = Dictionary(short.map { ($0, 1) }, uniquingKeysWith: +)
  return short.indices.map { index in
    guard counts[short[index], default: 1] > 1 else { return short[index] }
    let number = "\(index): "
    return number + shortened(names[index], to: max(1, columns - number.count))
  }
}

/// Returns the longest prefix of `text` that fits into `columns` columns.
///
/// - Complexity: O(`columns`), if the text has no invisible characters.
public func cut(_ text: String, to columns: Int) -> String {
  var result = ""
  var rest = columns
  for character in text {
    rest -= displayedWidth(character)
    if rest < 0 { break }
    result.append(character)
  }
  return result
}

/// Returns a line without the blanks at its end.
public func trimmedAtEnd(_ line: String) -> String { String(line.trimmedAtEnd { $0 == " " }) }

/// Returns a bar whose length is `share`, 0 to 1, of `width` columns, to an eighth of a column. Any share above 0 has
/// at least an eighth.
public func shareBar(_ share: Double, width: Int) -> String {
  guard width > 0, share > 0 else { return "" }
  let eighths = max(1, Int((min(1, share) * Double(width * 8)).rounded()))
  let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
  return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
}
