// Class names that people would take for the same one.

/// The only respect in which two names differ.
public enum Likeness: String, Sendable {
  case zeros = "leading zeros"
  case unicodeForm = "the Unicode form of their letters"
  case letterCase = "case"
  case separators = "blanks or dashes"

  /// Finds the only respect in which the different names `one` and `other` differ; `nil` if they differ in more.
  init?(_ one: String, _ other: String) {
    guard Self.folded(one) == Self.folded(other) else { return nil }
    // Swift's comparison ignores the Unicode form.
    self =
      Self.isDigits(one)
      ? .zeros
      : one == other ? .unicodeForm : one.lowercased() == other.lowercased() ? .letterCase : .separators
  }

  /// Returns a name without the details that people overlook: leading zeros of digits; case, blanks and dashes of other
  /// names.
  static func folded(_ name: String) -> String {
    if isDigits(name) { return "#" + name.drop { $0 == "0" } }
    return name.lowercased().filter { !$0.isWhitespace && $0 != "_" && $0 != "-" }
  }

  private static func isDigits(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy { 0x30...0x39 ~= $0 }
  }
}

/// Two names that people would take for the same one.
struct LookalikePair: Equatable {
  let one: String
  let other: String
  let likeness: Likeness

  /// Returns the pairs among distinct names, each name with the first that it looks like.
  ///
  /// - Complexity: O(n) for n names, on average
  static func all(of names: [String]) -> [LookalikePair] {
    var first: [String: String] = [:]
    return names.compactMap { name in
      guard let other = first[Likeness.folded(name)] else {
        first[Likeness.folded(name)] = name
        return nil
      }
      return Likeness(other, name).map { LookalikePair(one: other, other: name, likeness: $0) }
    }
  }
}
