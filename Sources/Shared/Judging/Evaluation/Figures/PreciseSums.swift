// Sums of Doubles whose rounding errors do not grow with the number of their terms.

/// The exact sum of Doubles, stored as a few Doubles that do not overlap.
///
/// J. R. Shewchuk, "Adaptive precision floating-point arithmetic and fast robust geometric predicates", Discrete &
/// Computational Geometry 18, 1997: grow-expansion. Terms and sums must stay well within Double's range.
///
/// Memory: 8 bytes for each part. Terms of similar magnitude need only a few.
struct ExactSum: Equatable, Sendable {
  /// Nonzero Doubles, the smallest first. No two have a bit of the same weight.
  private var parts: [Double] = []

  init() {}

  /// The sum of `terms`.
  init(_ terms: [Double]) { terms.forEach { add($0) } }

  /// Adds a term.
  ///
  /// - Complexity: O(p) for p parts
  mutating func add(_ term: Double) {
    var carry = term
    var kept = 0
    for index in parts.indices {
      let part = parts[index]
      let sum = carry + part
      // The exact rounding error of the addition (D. E. Knuth, "The Art of Computer Programming" 2, 4.2.2, theorem B).
      let carried = sum - part
      let error = (carry - carried) + (part - (sum - carried))
      if error != 0 {
        parts[kept] = error
        kept += 1
      }
      carry = sum
    }
    parts.removeLast(parts.count - kept)
    if carry != 0 { parts.append(carry) }
  }

  /// Adds another sum.
  ///
  /// - Complexity: O(p²) for p parts
  mutating func add(_ other: ExactSum) { other.parts.forEach { add($0) } }

  /// The sum, rounded once, to the nearest Double, ties to even.
  ///
  /// - Complexity: O(p) for p parts
  var value: Double {
    guard var high = parts.last else { return 0 }
    var index = parts.count - 1
    while index > 0 {
      index -= 1
      let part = parts[index]
      let sum = high + part
      let rest = part - (sum - high)
      high = sum
      guard rest != 0 else { continue }
      // `rest` may be exactly half a unit in the last place, which was rounded as a tie. If the next part has the same
      // sign, it was no tie, and the nearest Double is the next one in that direction.
      if index > 0, (rest < 0) == (parts[index - 1] < 0) {
        let further = high + 2 * rest
        if further - high == 2 * rest { return further }
      }
      return high
    }
    return high
  }

  /// Doubles that add up to the sum exactly, the largest first. Each is the Double nearest to the remainder, so equal
  /// sums have equal components, whatever their terms were. Empty if the sum is 0.
  ///
  /// - Complexity: O(p²) for p parts
  var components: [Double] {
    var rest = self
    var components: [Double] = []
    while case let component = rest.value, component != 0 {
      components.append(component)
      rest.add(-component)
    }
    return components
  }

  static func == (one: ExactSum, other: ExactSum) -> Bool { one.components == other.components }
}

/// Neumaier's improvement of Kahan's summation (A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation
/// endlicher Summen", ZAMM 54, 1974): the rounding errors of the additions are summed separately.
struct CompensatedSum {
  private var sum = 0.0
  private var compensation = 0.0

  var value: Double { sum + compensation }

  mutating func add(_ term: Double) {
    let total = sum + term
    if sum.magnitude >= term.magnitude {
      compensation += (sum - total) + term
    } else {
      compensation += (term - total) + sum
    }
    sum = total
  }
}
