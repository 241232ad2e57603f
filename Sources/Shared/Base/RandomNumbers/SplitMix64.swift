// Random numbers that are the same on every machine, for shuffles, weights and masks. They are not for cryptography.

/// A generator with 64 bits of state (G. L. Steele, D. Lea and C. H. Flood, "Fast Splittable Pseudorandom Number
/// Generators", OOPSLA 2014).
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  /// Creates a generator for one purpose, such as the shuffle of an epoch. Different `parts` give different streams.
  public init(seed: UInt64, _ parts: UInt64...) {
    state = parts.reduce(Self.mixed(seed)) { Self.mixed($0 ^ Self.mixed($1 &+ Self.increment)) }
  }

  /// 2⁶⁴ divided by the golden ratio, rounded to an odd number.
  private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

  public mutating func next() -> UInt64 {
    state &+= Self.increment
    return Self.mixed(state)
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// Draws a number from 0 to `bound` − 1, all equally likely (D. Lemire, "Fast Random Integer Generation in an
  /// Interval", ACM Transactions on Modeling and Computer Simulation 29, 2019).
  ///
  /// - Complexity: O(1) expected.
  public mutating func next(below bound: Int) -> Int {
    precondition(bound > 0, "a number below \(bound)")
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// Draws a multiple of 2⁻⁵³ from [0, 1), all equally likely.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Shuffles in place; every order is equally likely (Fisher & Yates).
  ///
  /// Inlinable, so that other modules specialize it for their elements. As a generic function it takes forty times as
  /// long: eight milliseconds for 60,000 records, in an epoch that may take half a second.
  ///
  /// - Complexity: O(*n*), where *n* is the number of elements.
  @inlinable public mutating func shuffle<Element>(_ elements: inout [Element]) {
    for index in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(index, next(below: index + 1))
    }
  }
}
