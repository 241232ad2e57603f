// Arithmetic that tracks its rounding errors: the references of formulas with more than sums of products.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A value in Double, and a bound on the error of computing it in Float with one rounding for each operation.
///
/// Running error analysis (Higham, "Accuracy and Stability of Numerical Algorithms", 3.3): each operation passes on the
/// errors of its operands and adds the unit roundoff times its result. Fused operations round less, never more.
struct Rounded {
  let value: Double
  let error: Double

  /// Half an ulp of 1: the largest relative error of one rounding.
  static let unit = 0x1p-24

  /// An exact Float.
  init(_ exact: Float) { self.init(value: Double(exact), error: 0) }

  /// A real number, rounded to Float once.
  init(rounding value: Double) { self.init(value: value, propagated: 0) }

  init(value: Double, error: Double) {
    self.value = value
    self.error = error
  }

  /// The result of an operation, with the error of its operands and its own. If it may be below the normal numbers, it
  /// may be 0, as in the engine's loops.
  private init(value: Double, propagated: Double) {
    let error = propagated + Self.unit * (abs(value) + propagated)
    let smallest = Double(Float.leastNormalMagnitude)
    self.init(value: value, error: abs(value) - error < smallest ? error + smallest : error)
  }

  static func + (left: Rounded, right: Rounded) -> Rounded {
    Rounded(value: left.value + right.value, propagated: left.error + right.error)
  }

  static func - (left: Rounded, right: Rounded) -> Rounded {
    Rounded(value: left.value - right.value, propagated: left.error + right.error)
  }

  static func * (left: Rounded, right: Rounded) -> Rounded {
    Rounded(
      value: left.value * right.value,
      propagated: abs(left.value) * right.error + abs(right.value) * left.error + left.error * right.error)
  }

  static func / (left: Rounded, right: Rounded) -> Rounded {
    let quotient = left.value / right.value
    return Rounded(
      value: quotient,
      propagated: (left.error + abs(quotient) * right.error) / (abs(right.value) - right.error))
  }

  /// √x from a function that is right to `ulps` units in the last place.
  func squareRoot(ulps: Double) -> Rounded {
    let low = max(value - error, 0).squareRoot()
    let high = (value + error).squareRoot()
    return Rounded(
      value: value.squareRoot(),
      error: high - low + 2 * ulps * Self.unit * high + Double(Float.leastNonzeroMagnitude))
  }

  /// eˣ from a function that is right to `ulps` units in the last place, and nowhere below `smallest`.
  func exponential(ulps: Double, smallest: Double) -> Rounded {
    let result = exp(value)
    let propagated = result * (exp(error) - 1)
    return Rounded(
      value: result,
      error: propagated + 2 * ulps * Self.unit * (result + propagated) + (result < smallest ? smallest : 0))
  }

  /// Σ in any order. Each of n − 1 additions rounds a partial sum, which no order makes larger than Σ |x|.
  static func sum(_ terms: [Rounded]) -> Rounded {
    let magnitude = terms.reduce(0) { $0 + abs($1.value) + $1.error }
    return Rounded(
      value: terms.reduce(0) { $0 + $1.value },
      error: terms.reduce(0) { $0 + $1.error } + Double(terms.count) * unit * magnitude)
  }
}
