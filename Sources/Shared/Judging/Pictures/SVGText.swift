// What is done to the SVG that Cairo writes: names that do not depend on what was drawn before, and a title.

/// The text of an SVG with its own numbering, and with a title for those who have it read to them.
///
/// Cairo numbers surfaces through the life of a process (`id="surface7"`), so the second picture of a process would differ
/// from the same picture drawn first. They are numbered here anew, in the order in which they appear. All text is shapes:
/// whatever Cairo writes between quotes is its own.
func finishedSVG(_ bytes: [UInt8], title: String) -> [UInt8] {
  var rest = bytes[...]
  var result: [UInt8] = []
  result.reserveCapacity(bytes.count + 256)
  var numbers: [ArraySlice<UInt8>: Int] = [:]
  var hasTitle = false
  while let byte = rest.first {
    if byte == UInt8(ascii: ">"), !hasTitle, isSVGElement(result) {
      result += Array(" role=\"img\">\n<title>\(escapedXML(title))</title>".utf8)
      hasTitle = true
      rest = rest.dropFirst()
    } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "#"),
      let prefix = surfacePrefixes.first(where: { rest.starts(with: $0) })
    {
      let digits = rest.dropFirst(prefix.count).prefix { 0x30...0x39 ~= $0 }
      let number = numbers[digits] ?? numbers.count
      numbers[digits] = number
      result += prefix
      result += Array("\(number)".utf8)
      rest = rest[digits.endIndex...]
    } else {
      result.append(byte)
      rest = rest.dropFirst()
    }
  }
  return result
}

private let surfacePrefixes = ["\"surface", "#surface", "\"image", "#image"].map { Array($0.utf8) }

/// Whether the element that is open at the end of `text` is `<svg`.
private func isSVGElement(_ text: [UInt8]) -> Bool {
  guard let start = text.lastIndex(of: UInt8(ascii: "<")) else { return false }
  return text[start...].starts(with: Array("<svg".utf8))
}

/// Text as XML takes it between tags and in attributes. Characters that XML 1.0 does not have become U+FFFD.
func escapedXML(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "\t", "\n", "\r": result += " "
    case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result.unicodeScalars.append("\u{FFFD}")
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
