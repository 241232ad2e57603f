// Converts arguments to text and back without loss: the argument parser takes text, but file names can be any bytes.
//
// A byte that is not part of well-formed UTF-8 becomes the character U+10FF00 + byte, from the end of Unicode's private
// planes. The bytes of a character that is already in this range become such characters, too. So every text stands for
// exactly one sequence of bytes.

private let standIns = 0x10FF00...0x10FFFF

/// Returns the text that stands for an argument's bytes.
///
/// - Complexity: O(*n*), where *n* is the number of bytes.
public func argumentText(_ bytes: [UInt8]) -> String {
  if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: isStandIn) {
    return text
  }
  var scalars = String.UnicodeScalarView()
  var position = 0
  while position < bytes.count {
    let count = firstCharacter(of: bytes[position...])?.byteCount ?? 1
    let character = bytes[position..<position + count]
    if let text = String(validating: character, as: UTF8.self),
      !text.unicodeScalars.contains(where: isStandIn)
    {
      scalars.append(contentsOf: text.unicodeScalars)
    } else {
      scalars.append(contentsOf: character.map { Unicode.Scalar(UInt32(standIns.lowerBound) + UInt32($0))! })
    }
    position += count
  }
  return String(scalars)
}

/// Returns the bytes that a text made by ``argumentText(_:)`` stands for; for other texts, their UTF-8.
///
/// - Complexity: O(*n*), where *n* is the number of bytes.
public func argumentBytes(_ text: String) -> [UInt8] {
  guard text.unicodeScalars.contains(where: isStandIn) else { return Array(text.utf8) }
  return text.unicodeScalars.flatMap { scalar in
    isStandIn(scalar) ? [UInt8(Int(scalar.value) - standIns.lowerBound)] : Array(String(scalar).utf8)
  }
}

private func isStandIn(_ scalar: Unicode.Scalar) -> Bool { standIns.contains(Int(scalar.value)) }
