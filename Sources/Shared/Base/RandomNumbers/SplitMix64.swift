// Random numbers that are the same on every machine, for shuffles, weights and masks; nothing here is secret.

/// SplitMix64 (Steele, Lea & Flood 2014): 64 bits of state, each seed a stream of its own.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  /// The stream of a purpose, such as the shuffle of an epoch: different parts, different streams.
  public init(seed: UInt64, _ parts: UInt64...) {
    state = parts.reduce(Self.mixed(seed)) { Self.mixed($0 ^ Self.mixed($1 &+ Self.increment)) }
  }

  /// 2⁶⁴ divided by the golden ratio, odd.
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

  /// A number from 0 to `bound` − 1, each as likely (Lemire 2019, with rejection).
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

  /// A number in [0, 1), a multiple of 2⁻⁵³.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Shuffles in place; every order is as likely (Fisher & Yates).
  ///
  /// Inlinable, for other modules to compile it for their elements: as a generic function it takes forty times as long,
  /// eight milliseconds for 60,000 records, of an epoch that may take half a second.
  @inlinable public mutating func shuffle<Element>(_ elements: inout [Element]) {
    for index in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(index, next(below: index + 1))
    }
  }
}
