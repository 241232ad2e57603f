// Edits the SVG that Cairo writes: identifiers must not depend on earlier drawings, and a title is added.

import ByteIO

/// Returns an SVG with its own numbering, and with a title for screen readers.
///
/// Cairo numbers surfaces throughout the life of a process (`id="surface7"`), so the second picture of a process would
/// differ from the same picture drawn first. This function renumbers them in the order in which they appear. All text
/// is drawn as shapes, so everything between quotes comes from Cairo and not from names.
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

/// Whether the tag that is open at the end of `text` is `<svg`.
private func isSVGElement(_ text: [UInt8]) -> Bool {
  guard let start = text.lastIndex(of: UInt8(ascii: "<")) else { return false }
  return text[start...].starts(with: Array("<svg".utf8))
}
