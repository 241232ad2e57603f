// Formats shares, probabilities, metrics and the values of gates for reports, whatever the locale.
import ByteIO

/// Formats a share in percent, without the sign. Only exactly 1 reads 100, and only exactly 0 reads 0.
public func percent(_ share: Double, _ digits: Int) -> String {
  let text = fixed(share * 100, decimals: digits)
  let step = (0..<digits).reduce(1.0) { step, _ in step / 10 }
  if share < 1, text == fixed(100, decimals: digits) { return fixed(100 - step, decimals: digits) }
  if share > 0, text == fixed(0, decimals: digits) { return fixed(step, decimals: digits) }
  return text
}

/// Formats a confidence in percent: `95 %`, `99.9 %`.
package func plainPercent(_ share: Double) -> String {
  // 0.999 · 100 is not 99.9 in Double. A millionth is finer than any confidence that users choose.
  plain((share * 1e8).rounded() / 1e6) + " %"
}

/// Formats a number with no more digits than it needs: `0.9`, `12`.
func plain(_ value: Double) -> String {
  value.rounded() == value && value.magnitude < 1e15 ? String(Int(value)) : "\(value)"
}

/// Formats a probability with two significant digits: `0.042`, `0.00017`, `3.2e-12`.
package func shortProbability(_ value: Double) -> String {
  if value >= 0.0995 { return fixed(value, decimals: 2) }
  for digits in 3...6 where value >= 0.0995 * power(0.1, digits - 2) { return fixed(value, decimals: digits) }
  guard value > 0 else { return "0" }
  var (mantissa, exponent) = (value, 0)
  // The mantissa stays below 9.95, so that it never reads 10.0.
  while mantissa < 0.995 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
  return "\(fixed(mantissa, decimals: 1))e\(exponent)"
}

private func power(_ base: Double, _ exponent: Int) -> Double {
  (0..<exponent).reduce(1.0) { product, _ in product * base }
}

/// Formats a metric's value beside its limit: with four decimals, or with all if rounding would hide on which side of
/// the limit it is.
func gateValue(_ value: Double, limit: Double, isRoundedToFloat: Bool = false) -> String {
  if value.rounded() == value { return plain(value) }
  let text = fixed(value, decimals: 4)
  if isAtLimit(value, limit, isRoundedToFloat: isRoundedToFloat) {
    return Double(text) == limit ? text : plain(limit)
  }
  guard let rounded = Double(text) else { return text }
  return (rounded < limit) == (value < limit) && (rounded > limit) == (value > limit) ? text : "\(value)"
}

/// Formats an area with four decimals. Only exactly 1 reads 1.
package func shownArea(_ area: Double) -> String {
  let text = fixed(area, decimals: 4)
  return area < 1 && text == "1.0000" ? "0.9999" : text
}

extension MetricEntry {
  /// Returns the metric's value as people read it: a share in percent, a score with four decimals, a count with
  /// separators. `nil` if it cannot be computed.
  func shown(in figures: Figures) -> String? { value(figures).map(properties.shown) }
}

extension MetricProperties {
  func shown(_ value: Double) -> String {
    switch kind {
    case .count: grouped(Int(value))
    case .share: percent(value, 2) + " %"
    case .score: fixed(value, decimals: 4)
    }
  }

  /// Returns an interval of the figure as people read it: `93.10 to 95.25 %`, `0.9210 to 0.9412`.
  func shown(_ interval: Interval) -> String {
    switch kind {
    case .share: "\(percent(interval.lower, 2)) to \(percent(interval.upper, 2)) %"
    case .count, .score: "\(shown(interval.lower)) to \(shown(interval.upper))"
    }
  }
}
