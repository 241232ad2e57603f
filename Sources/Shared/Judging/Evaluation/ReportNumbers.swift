// Shares, probabilities and gates as reports show them, whatever the locale.

import ByteIO

/// A share in percent, without the sign. Only what is all reads 100, and only what is nothing reads 0.
public func percent(_ share: Double, _ digits: Int) -> String {
  let text = fixed(share * 100, decimals: digits)
  let step = (0..<digits).reduce(1.0) { step, _ in step / 10 }
  if share < 1, text == fixed(100, decimals: digits) { return fixed(100 - step, decimals: digits) }
  if share > 0, text == fixed(0, decimals: digits) { return fixed(step, decimals: digits) }
  return text
}

/// A confidence in percent: `95 %`, `99.9 %`.
package func plainPercent(_ share: Double) -> String {
  // 0.999 · 100 is not 99.9 in Double; a millionth is finer than any confidence that is asked for.
  plain((share * 1e8).rounded() / 1e6) + " %"
}

/// A number with as many digits as it has: `0.9`, `12`.
func plain(_ value: Double) -> String {
  value.rounded() == value && value.magnitude < 1e15 ? String(Int(value)) : "\(value)"
}

/// A probability to two significant digits: `0.042`, `0.00017`, `3.2e-12`.
package func shortProbability(_ value: Double) -> String {
  if value >= 0.0995 { return fixed(value, decimals: 2) }
  for digits in 3...6 where value >= 0.0995 * power(0.1, digits - 2) { return fixed(value, decimals: digits) }
  guard value > 0 else { return "0" }
  var (mantissa, exponent) = (value, 0)
  // Up to 9.95, which is the last that does not read 10.0.
  while mantissa < 0.995 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
  return "\(fixed(mantissa, decimals: 1))e\(exponent)"
}

private func power(_ base: Double, _ exponent: Int) -> Double {
  (0..<exponent).reduce(1.0) { product, _ in product * base }
}

/// A metric's value beside its limit: to four digits, or to all where rounding would hide on which side it is.
func gateValue(_ value: Double, limit: Double, isRoundedToFloat: Bool = false) -> String {
  if value.rounded() == value { return plain(value) }
  let text = fixed(value, decimals: 4)
  if isAtLimit(value, limit, isRoundedToFloat: isRoundedToFloat) {
    return Double(text) == limit ? text : plain(limit)
  }
  guard let rounded = Double(text) else { return text }
  return (rounded < limit) == (value < limit) && (rounded > limit) == (value > limit) ? text : "\(value)"
}
