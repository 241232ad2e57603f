// Text inside XML and HTML.

/// Escapes text for an attribute or an element. Characters that XML 1.0 does not allow are escaped as in names.
/// Displayed text contains only two of them, U+FFFE and U+FFFF.
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
