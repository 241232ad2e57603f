// The axis of a chart: its range, where its ticks are, and how they read.
import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// From values to places between 0 and 1.
package struct Axis {
  package let lower: Double
  package let upper: Double
  package let ticks: [Double]
  let isLogarithmic: Bool
  /// What follows a tick's number, such as ` %`.
  var unit = ""
  private var decimals = 0

  /// A linear axis over the values, ended by ticks where `endsAtTicks`. At most about `count` ticks, at multiples of 1, 2 or
  /// 5 times a power of ten, and of 1 or more where `isWhole`.
  package init(
    _ lower: Double, _ upper: Double, count: Int, endsAtTicks: Bool = true, isWhole: Bool = false,
    unit: String = ""
  ) {
    // A range of one value has that value in its middle; one that is narrower than ticks can tell counts as such.
    let isRange = upper - lower > 1e-9 * max(abs(lower), abs(upper))
    let spread = isRange ? upper - lower : max(1, abs(upper) / 10)
    let (first, last) = isRange ? (lower, upper) : (lower - spread / 2, upper + spread / 2)
    var step = Self.niceStep(spread / Double(max(1, count)))
    if isWhole { step = max(1, step) }
    // What is a tick but for rounding errors is one.
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

  /// A logarithmic axis over positive values, with ticks at powers of ten.
  init(logarithmicFrom lower: Double, to upper: Double) {
    let (low, high) = (log10(lower), log10(upper))
    let (first, last) = (Int((low - 1e-9).rounded(.up)), Int((high + 1e-9).rounded(.down)))
    ticks = first <= last ? (first...last).map { pow(10, Double($0)) } : [lower]
    self.lower = lower
    self.upper = max(upper, lower * 1.0001)
    isLogarithmic = true
  }

  /// Where a value is: 0 at the lower end, 1 at the upper.
  package func place(of value: Double) -> Double {
    isLogarithmic ? log(value / lower) / log(upper / lower) : (value - lower) / (upper - lower)
  }

  /// How a tick reads.
  package func text(of tick: Double) -> String {
    if isLogarithmic {
      let exponent = Int(log10(tick).rounded())
      return exponent >= -3 && exponent <= 3 ? fixed(tick, decimals: max(0, -exponent)) : "1e\(exponent)"
    }
    return (tick.magnitude < 1e6 ? fixed(tick, decimals: decimals) : "\(tick)") + unit
  }

  /// The next of 1, 2, 5 times a power of ten that is at least `step`.
  private static func niceStep(_ step: Double) -> Double {
    let power = pow(10, floor(log10(step)))
    return ([1, 2, 5].first { $0 * power >= step * (1 - 1e-9) } ?? 10) * power
  }
}
