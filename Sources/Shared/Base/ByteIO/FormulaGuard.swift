// Protects CSV files in spreadsheets, which run a cell that begins with certain characters as a formula.

/// Puts an apostrophe before a field that a spreadsheet would run, and before one that begins with an apostrophe. So
/// removing one apostrophe from a guarded field always restores the text.
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
