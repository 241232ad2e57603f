// Prints JSON values: compact, with the same bytes for the same content, or indented for people.

extension JSONValue {
  /// Returns the compact text: no white space, and the keys of every object sorted by their UTF-8 bytes.
  ///
  /// - Complexity: O(*n* log *m*), where *n* is the number of bytes and *m* the largest number of members of an object.
  public func compactText() -> String {
    var text = ""
    appendCompact(to: &text)
    return text
  }

  /// Returns the text for people: indented by two spaces per level, members in their given order, with a final newline.
  ///
  /// - Complexity: O(*n*), where *n* is the number of bytes of the result.
  public func indentedText() -> String {
    var text = ""
    appendIndented(to: &text, level: 0)
    text += "\n"
    return text
  }

  private func appendCompact(to text: inout String) {
    switch self {
    case .array(let elements):
      appendList(elements, within: "[]", to: &text, separator: ",") { element, text in
        element.appendCompact(to: &text)
      }
    case .object(let members):
      let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      appendList(sorted, within: "{}", to: &text, separator: ",") { member, text in
        appendQuoted(member.key, to: &text)
        text += ":"
        member.value.appendCompact(to: &text)
      }
    default:
      appendScalar(to: &text)
    }
  }

  private func appendIndented(to text: inout String, level: Int) {
    let margin = "\n" + String(repeating: "  ", count: level)
    switch self {
    case .array(let elements) where !elements.isEmpty:
      appendList(elements, within: "[]", to: &text, separator: ",", margin: margin) { element, text in
        element.appendIndented(to: &text, level: level + 1)
      }
    case .object(let members) where !members.isEmpty:
      appendList(members, within: "{}", to: &text, separator: ",", margin: margin) { member, text in
        appendQuoted(member.key, to: &text)
        text += ": "
        member.value.appendIndented(to: &text, level: level + 1)
      }
    default:
      appendCompact(to: &text)
    }
  }

  private func appendScalar(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .number(let digits): text += digits
    case .string(let string): appendQuoted(string, to: &text)
    case .array, .object: preconditionFailure("no scalar")
    }
  }
}

/// Appends the items between two brackets. With a margin, each item is on its own line, indented by two more spaces.
private func appendList<Item>(
  _ items: [Item], within brackets: String, to text: inout String, separator: String, margin: String? = nil,
  item append: (Item, inout String) -> Void
) {
  text.append(brackets.first!)
  for (index, item) in items.enumerated() {
    if index > 0 { text += separator }
    if let margin { text += margin + "  " }
    append(item, &text)
  }
  if let margin { text += margin }
  text.append(brackets.last!)
}

/// Appends a string in quotes. Escapes only the characters that JSON forbids in a string.
private func appendQuoted(_ string: String, to text: inout String) {
  text += "\""
  for scalar in string.unicodeScalars {
    switch scalar {
    case "\"": text += "\\\""
    case "\\": text += "\\\\"
    case "\u{08}": text += "\\b"
    case "\u{0C}": text += "\\f"
    case "\n": text += "\\n"
    case "\r": text += "\\r"
    case "\t": text += "\\t"
    case "\0"..<" ":
      let digits = String(scalar.value, radix: 16)
      text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: text.unicodeScalars.append(scalar)
    }
  }
  text += "\""
}
