// Names of classes that people would take for one.

/// In what alone two names differ.
public enum Likeness: String, Sendable {
  case zeros = "leading zeros"
  case unicodeForm = "the Unicode form of their letters"
  case letterCase = "case"
  case separators = "blanks or dashes"

  /// In what the different names `one` and `other` differ alone; `nil` where they differ in more.
  init?(_ one: String, _ other: String) {
    guard Self.folded(one) == Self.folded(other) else { return nil }
    // Swift compares texts whatever their Unicode form.
    self =
      Self.isDigits(one)
      ? .zeros
      : one == other ? .unicodeForm : one.lowercased() == other.lowercased() ? .letterCase : .separators
  }

  /// What is left of a name without what people overlook: of digits the leading zeros, else case, blanks and dashes.
  static func folded(_ name: String) -> String {
    if isDigits(name) { return "#" + name.drop { $0 == "0" } }
    return name.lowercased().filter { !$0.isWhitespace && $0 != "_" && $0 != "-" }
  }

  private static func isDigits(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy { 0x30...0x39 ~= $0 }
  }
}

/// Two names that people would take for one.
struct LookalikePair: Equatable {
  let one: String
  let other: String
  let likeness: Likeness

  /// The pairs among names that are all different, each name with the first that it looks like.
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
