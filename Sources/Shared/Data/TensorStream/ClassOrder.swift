// Orders classes that come without an order, such as those of folders and tables.
import ByteIO

/// The reason why classes cannot be ordered.
public enum ClassOrderError: Failure, Equatable {
  /// Two names are the same number, such as `1` and `01`.
  case sameNumber(String, String)
  /// Two names look alike: their bytes are two Unicode forms of the same text.
  case sameText(String)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .sameNumber(let first, let second):
      "expected classes that are different numbers, found '\(first)' and '\(second)'"
    case .sameText(let name):
      "expected different classes, found '\(name)' written in two ways: only the Unicode form differs"
        + " (composed, NFC, or decomposed, NFD)"
    }
  }
}

extension ClassNames {
  /// Returns the names in the order of their labels. If all names are whole numbers, they are ordered as numbers: `10`
  /// comes after `9`, and 0, 1, 2 … are the labels themselves. Otherwise they are ordered by their bytes.
  ///
  /// `names` are valid UTF-8, all different. Throws if two of them would be taken for the same class.
  ///
  /// - Complexity: O(n log n) for n names.
  public static func ordered(_ names: some Collection<[UInt8]>) throws(ClassOrderError) -> [String] {
    let texts = names.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
    // Swift compares strings by canonical equivalence: a composed letter equals its decomposed form.
    var seen: Set<String> = []
    for text in texts where !seen.insert(text).inserted { throw .sameText(displayed(text)) }
    let numbers = texts.compactMap(WholeNumber.init)
    guard numbers.count == texts.count else { return texts }
    let sorted = zip(texts, numbers).sorted { $0.1 < $1.1 }
    for (one, next) in zip(sorted, sorted.dropFirst()) where one.1 == next.1 {
      throw .sameNumber(one.0, next.0)
    }
    return sorted.map(\.0)
  }

  /// Whether a name is a whole number: digits, optionally after a minus sign.
  public static func isWholeNumber(_ name: String) -> Bool { WholeNumber(name) != nil }
}

/// A whole number of any length.
private struct WholeNumber: Comparable {
  let isNegative: Bool
  /// The digits without leading zeros; empty for zero.
  let digits: ArraySlice<UInt8>

  init?(_ text: String) {
    var digits = Array(text.utf8)[...]
    let hasSign = digits.first == UInt8(ascii: "-")
    if hasSign { digits.removeFirst() }
    guard digits.areDigits else { return nil }
    self.digits = digits.drop { $0 == UInt8(ascii: "0") }
    isNegative = hasSign && !self.digits.isEmpty
  }

  static func < (one: Self, other: Self) -> Bool {
    if one.isNegative != other.isNegative { return one.isNegative }
    let (small, large) = one.isNegative ? (other.digits, one.digits) : (one.digits, other.digits)
    return small.count != large.count
      ? small.count < large.count : small.lexicographicallyPrecedes(large)
  }

  static func == (one: Self, other: Self) -> Bool {
    one.isNegative == other.isNegative && one.digits.elementsEqual(other.digits)
  }
}
