// Escapes text for formats that give some characters a meaning: XML and HTML, and CSV files in spreadsheets.

/// Escapes text for an attribute or an element. Characters that XML 1.0 does not allow are escaped as in names.
/// Displayed text contains only two of them, U+FFFE and U+FFFF.
///
/// - Complexity: O(*n*), where *n* is the number of characters.
public func escapedXML(_ text: String) -> String {
  text.unicodeScalars.reduce(into: "") { escaped, scalar in
    switch scalar {
    case "&": escaped += "&amp;"
    case "<": escaped += "&lt;"
    // Text must not contain `]]>`.
    case ">": escaped += "&gt;"
    case "\"": escaped += "&quot;"
    case "'": escaped += "&apos;"
    case "\n": escaped.unicodeScalars.append(scalar)
    case "\u{FFFE}", "\u{FFFF}":
      escaped += String(scalar).utf8.map { "\\x" + String($0, radix: 16) }.joined()
    case _ where isMisleading(scalar): escaped += displayed(String(scalar))
    default: escaped.unicodeScalars.append(scalar)
    }
  }
}

/// The apostrophe that protects a field of a CSV file: spreadsheets run a field that begins with certain characters as
/// a formula. It comes before such a field, and before one that begins with an apostrophe, so removing one apostrophe
/// from a guarded field always restores the text.
public enum FormulaGuard {
  /// The first characters of formulas, in UTF-8. East Asian spreadsheets also accept the full-width forms of `=+-@`.
  private static let openings: [[UInt8]] = [
    "=", "+", "-", "@", "'", "\t", "\r", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
  ]
  .map { Array($0.utf8) }

  /// Whether a field needs an apostrophe before it.
  public static func isNeeded(_ field: some Collection<UInt8>) -> Bool {
    guard let first = field.first, !(UInt8(ascii: "A")...UInt8(ascii: "z") ~= first) else { return false }
    return openings.contains { field.starts(with: $0) }
  }

  /// Returns the field without the apostrophe that guards it.
  public static func removed(from field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard field.first == UInt8(ascii: "'"), isNeeded(field.dropFirst()) else { return field }
    return field.dropFirst()
  }
}
