// The axis of a chart: its range, the values of its ticks, and their labels.
import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An axis maps the values of its range to positions from 0 to 1.
package struct Axis {
  package let lower: Double
  package let upper: Double
  package let ticks: [Double]
  let isLogarithmic: Bool
  /// The text after a tick's number, such as ` %`.
  var unit = ""
  private var decimals = 0

  /// Creates a linear axis with at most about `count` ticks, at multiples of 1, 2 or 5 times a power of ten.
  ///
  /// With `endsAtTicks`, the range is extended so that the axis ends at ticks. With `isWhole`, ticks are whole numbers.
  package init(
    _ lower: Double, _ upper: Double, count: Int, endsAtTicks: Bool = true, isWhole: Bool = false,
    unit: String = ""
  ) {
    // A range of a single value has that value in its middle. A range too narrow for ticks counts as a single value.
    let isRange = upper - lower > 1e-9 * max(abs(lower), abs(upper))
    let spread = isRange ? upper - lower : max(1, abs(upper) / 10)
    let (first, last) = isRange ? (lower, upper) : (lower - spread / 2, upper + spread / 2)
    var step = Self.niceStep(spread / Double(max(1, count)))
    if isWhole { step = max(1, step) }
    // A value within rounding errors of a tick counts as the tick.
    let (low, high) = (first / step, last / step)
    let range =
      endsAtTicks
      ? Int((low + 1e-9).rounded(.down))...Int((high - 1e-9).rounded(.up))
      : Int(
        (low - 1e-9).rounded(.up))...max(Int((low - 1e-9).rounded(.up)), Int((high + 1e-9).rounded(.down)))
    ticks = range.map { Double($0) * step }
    self.lower = endsAtTicks ? ticks.first! : first
    self.upper = endsAtTicks ? ticks.last! : last
    self.unit = unit
    isLogarithmic = false
    var scaled = step
    while decimals < 9, abs(scaled - scaled.rounded()) > 1e-6 * scaled {
      scaled *= 10
      decimals += 1
    }
  }

  /// Creates a logarithmic axis over positive values, with ticks at powers of ten. If the range contains no power of
  /// ten, the only tick is `lower`.
  init(logarithmicFrom lower: Double, to upper: Double) {
    let (low, high) = (log10(lower), log10(upper))
    let (first, last) = (Int((low - 1e-9).rounded(.up)), Int((high + 1e-9).rounded(.down)))
    ticks = first <= last ? (first...last).map { pow(10, Double($0)) } : [lower]
    self.lower = lower
    self.upper = max(upper, lower * 1.0001)
    isLogarithmic = true
  }

  /// Returns the position of a value: 0 at the lower end, 1 at the upper end.
  package func place(of value: Double) -> Double {
    isLogarithmic ? log(value / lower) / log(upper / lower) : (value - lower) / (upper - lower)
  }

  /// Returns the label of a tick.
  package func text(of tick: Double) -> String {
    if isLogarithmic {
      let exponent = Int(log10(tick).rounded())
      return exponent >= -3 && exponent <= 3 ? fixed(tick, decimals: max(0, -exponent)) : "1e\(exponent)"
    }
    return (tick.magnitude < 1e6 ? fixed(tick, decimals: decimals) : "\(tick)") + unit
  }

  /// Returns the smallest of 1, 2 and 5 times a power of ten that is at least `step`.
  private static func niceStep(_ step: Double) -> Double {
    let power = pow(10, floor(log10(step)))
    return ([1, 2, 5].first { $0 * power >= step * (1 - 1e-9) } ?? 10) * power
  }
}
