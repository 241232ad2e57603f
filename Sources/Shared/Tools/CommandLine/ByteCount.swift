// Amounts of memory in options: `536870912`, `512M`, `2G`.

/// A number of bytes, at least 1.
public struct ByteCount: Equatable, Sendable, SpelledArgument {
  public let bytes: Int

  public static let spelling = "a number of bytes, such as 800000, 512M or 2G"

  private static let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]

  /// Parses decimal digits with an optional unit in either case: K, M, G or T, each 1,024 times the one before.
  public init?(argument: String) {
    var digits = Substring(argument)
    var unit = 1
    if let letter = digits.last, let factor = Self.units[Character(letter.uppercased())] {
      unit = factor
      digits.removeLast()
    }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(digits) else {
      return nil
    }
    let (bytes, isTooLarge) = number.multipliedReportingOverflow(by: unit)
    guard bytes > 0, !isTooLarge else { return nil }
    self.bytes = bytes
  }
}
