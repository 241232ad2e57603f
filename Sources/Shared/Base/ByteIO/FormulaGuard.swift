// CSV for spreadsheets, which take a cell that begins with certain characters for a formula, and run it.

/// An apostrophe before what a spreadsheet would run, and before what begins with an apostrophe, so that whoever takes away
/// a first apostrophe has the text.
public enum FormulaGuard {
  /// What formulas begin with, in UTF-8. The wide forms of `=+-@` are formulas to spreadsheets of East Asia.
  private static let openings: [[UInt8]] = [
    "=", "+", "-", "@", "'", "\t", "\r", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
  ]
  .map { Array($0.utf8) }

  /// Whether a field needs an apostrophe before it.
  public static func isNeeded(_ field: some Collection<UInt8>) -> Bool {
    guard let first = field.first, !(UInt8(ascii: "A")...UInt8(ascii: "z") ~= first) else { return false }
    return openings.contains { field.starts(with: $0) }
  }

  /// The field without the apostrophe that guards it.
  public static func removed(from field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard field.first == UInt8(ascii: "'"), isNeeded(field.dropFirst()) else { return field }
    return field.dropFirst()
  }
}
