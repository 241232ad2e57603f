// Numbers and lists for people, independent of the locale.

/// Returns a number with thousands separators: `60,000`.
public func grouped(_ number: Int) -> String {
  let digits = String(number.magnitude)
  var text = number < 0 ? "-" : ""
  for (index, digit) in digits.enumerated() {
    if index > 0 && (digits.count - index).isMultiple(of: 3) { text.append(",") }
    text.append(digit)
  }
  return text
}

/// Returns a number with `decimals` decimals, rounded to nearest, halves away from zero. A result of zero has no sign.
///
/// A number that is too large for exact decimals is written as Swift does (`1e+300`), and so are `inf` and `nan`.
public func fixed(_ value: Double, decimals: Int) -> String {
  let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
  let scaled = (value * scale).rounded()
  // From 2⁵³ on a Double has no fractional digits, and much larger ones overflow Int.
  guard scaled.magnitude < 0x1p53 else { return "\(value)" }
  let number = String(Int(scaled.magnitude))
  let digits = String(repeating: "0", count: max(0, decimals + 1 - number.count)) + number
  let sign = scaled < 0 ? "-" : ""
  return decimals == 0 ? sign + digits : sign + digits.dropLast(decimals) + "." + digits.suffix(decimals)
}

/// Returns a count and its noun: `1 file`, `2,000 files`. `plural` is the plural if it is not the noun with an `s`.
public func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
  "\(grouped(count)) \(count == 1 ? noun : plural ?? noun + "s")"
}

/// Returns the texts of the first `limit` items, separated by commas, and the number of the others: `a, b and 3 more`.
public func shortList<Items: Collection>(
  _ items: Items, atMost limit: Int, as text: (Items.Element) -> String
) -> String {
  let shown = items.prefix(limit).map(text).joined(separator: ", ")
  return items.count > limit ? "\(shown) and \(items.count - limit) more" : shown
}

/// Returns a byte count in megabytes, rounded up: `2,071 MB`.
public func wholeMegabytes(_ byteCount: Int) -> String { "\(grouped((byteCount + 999_999) / 1_000_000)) MB" }

/// Returns two hexadecimal digits per byte, separated by spaces: `de ad be ef`.
public func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
}
