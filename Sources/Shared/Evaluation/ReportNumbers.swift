// Numbers and names as reports show them, whatever the locale.

/// `60000` as `60,000`.
func grouped(_ number: Int) -> String {
  let digits = String(number.magnitude)
  var text = number < 0 ? "-" : ""
  for (index, digit) in digits.enumerated() {
    if index > 0 && (digits.count - index).isMultiple(of: 3) { text.append(",") }
    text.append(digit)
  }
  return text
}

/// A number with so many digits behind the point, rounded to nearest.
func fixed(_ value: Double, _ digits: Int) -> String {
  let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
  let scaled = (value * scale).rounded()
  // Beyond 2⁵³ a Double has no digits behind the point.
  guard scaled.magnitude < 0x1p53 else { return "\(value)" }
  let number = String(Int(scaled.magnitude))
  let text = String(repeating: "0", count: max(0, digits + 1 - number.count)) + number
  return (scaled < 0 ? "-" : "") + text.dropLast(digits) + "." + text.suffix(digits)
}

/// A share in percent, without the sign. Only what is all reads 100, and only what is nothing reads 0.
func percent(_ share: Double, _ digits: Int) -> String {
  let text = fixed(share * 100, digits)
  let step = (0..<digits).reduce(1.0) { step, _ in step / 10 }
  if share < 1, text == fixed(100, digits) { return fixed(100 - step, digits) }
  if share > 0, text == fixed(0, digits) { return fixed(step, digits) }
  return text
}

/// A confidence in percent: `95 %`, `99.9 %`.
func plainPercent(_ share: Double) -> String {
  // 0.999 · 100 is not 99.9 in Double; a millionth is finer than any confidence that is asked for.
  plain((share * 1e8).rounded() / 1e6) + " %"
}

/// A number with as many digits as it has: `0.9`, `12`.
func plain(_ value: Double) -> String {
  value.rounded() == value && value.magnitude < 1e15 ? String(Int(value)) : "\(value)"
}

/// A probability to two significant digits: `0.042`, `0.00017`, `3.2e-12`.
func shortProbability(_ value: Double) -> String {
  if value >= 0.0995 { return fixed(value, 2) }
  for digits in 3...6 where value >= 0.0995 * power(0.1, digits - 2) { return fixed(value, digits) }
  guard value > 0 else { return "0" }
  var (mantissa, exponent) = (value, 0)
  // Up to 9.95, which is the last that does not read 10.0.
  while mantissa < 0.995 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
  return "\(fixed(mantissa, 1))e\(exponent)"
}

private func power(_ base: Double, _ exponent: Int) -> Double {
  (0..<exponent).reduce(1.0) { product, _ in product * base }
}

/// A metric's value beside its limit: to four digits, or to all where rounding would hide on which side it is.
func gateValue(_ value: Double, limit: Double) -> String {
  if value.rounded() == value { return plain(value) }
  let text = fixed(value, 4)
  guard let rounded = Double(text) else { return text }
  return (rounded < limit) == (value < limit) && (rounded > limit) == (value > limit) ? text : "\(value)"
}

/// The columns that a text takes on a terminal.
func width(_ text: String) -> Int { text.reduce(0) { $0 + width($1) } }

/// Two columns for the East Asian wide characters and for emoji, one for others (after Unicode's annex 11).
private func width(_ character: Character) -> Int {
  guard let scalar = character.unicodeScalars.first else { return 0 }
  switch scalar.value {
  case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60,
    0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
    return 2
  default:
    return scalar.properties.isDefaultIgnorableCodePoint ? 0 : 1
  }
}

/// `text` with blanks to fill `count` columns; in front of it, or behind it.
func padded(_ text: String, _ count: Int, trailing: Bool = false) -> String {
  let blanks = String(repeating: " ", count: max(0, count - width(text)))
  return trailing ? blanks + text : text + blanks
}

/// `text` cut to `count` columns, with an ellipsis for what is cut.
func shortened(_ text: String, to count: Int) -> String {
  width(text) <= count ? text : cut(text, to: count - 1) + "…"
}

/// As much of the beginning of `text` as `count` columns hold.
func cut(_ text: String, to count: Int) -> String {
  var result = ""
  var rest = count
  for character in text {
    rest -= width(character)
    if rest < 0 { break }
    result.append(character)
  }
  return result
}
