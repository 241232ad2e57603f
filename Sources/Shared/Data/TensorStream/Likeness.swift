// Names of classes that look alike.
import ByteIO

/// The only respect in which two names differ, from the most similar names to the least.
public enum Likeness: String, CaseIterable, Sendable {
  case zeros = "leading zeros"
  case unicodeForm = "the Unicode form of their letters"
  case letterCase = "case"
  case separators = "blanks or dashes"

  /// Finds the only respect in which the different names `one` and `other` differ; `nil` if they differ in more.
  public init?(_ one: String, _ other: String) {
    guard Self.folded(one) == Self.folded(other) else { return nil }
    // Swift's comparison ignores the Unicode form.
    self =
      one.utf8.areDigits
      ? .zeros
      : one == other ? .unicodeForm : one.lowercased() == other.lowercased() ? .letterCase : .separators
  }

  /// Returns a name without the details that people overlook: leading zeros of digits; case, blanks and dashes of other
  /// names.
  public static func folded(_ name: String) -> String {
    // No other folded name has a blank.
    if name.utf8.areDigits { return " " + name.drop { $0 == "0" } }
    return name.lowercased().filter { !$0.isWhitespace && $0 != "_" && $0 != "-" }
  }
}
