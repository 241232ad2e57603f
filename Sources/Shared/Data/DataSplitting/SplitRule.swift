// The rule that divides records: method, shares, folds and seed.
import ByteIO

/// The parts into which records are divided.
public enum Part: Int, CaseIterable, Sendable {
  case training, validation, test
}

/// A share of the records, as options give it: a number of records, or a fraction of them.
public enum Share: Equatable, Sendable {
  case count(Int)
  /// A fraction from 0 to below 1. It is rounded half up to a number of records.
  case fraction(Double)

  /// A description of valid text that can follow the word "expected".
  public static let spelling = "a number, such as 12000, or a fraction below 1, such as 0.2"

  /// Parses decimal digits as a number, and digits with a decimal point as a fraction: `12000`, `0.2`.
  public init?(argument: String) {
    let isDecimal = argument.utf8.allSatisfy { $0 == UInt8(ascii: ".") || isDigit($0) }
    guard isDecimal else { return nil }
    if let count = Int(argument) {
      self = .count(count)
    } else if argument.contains("."), let fraction = Double(argument), fraction < 1 {
      self = .fraction(fraction)
    } else {
      return nil
    }
  }

  /// The share as ``init(argument:)`` parses it.
  public var text: String {
    switch self {
    case .count(let count): "\(count)"
    case .fraction(let fraction): "\(fraction)"
    }
  }

  /// Returns the share of `total` records as a count.
  func count(of total: Int) -> Int {
    switch self {
    case .count(let count): return count
    case .fraction(let fraction):
      // Many decimal fractions are slightly too small in binary: 0.145 of 100 is 14.499999999999998, but must round as
      // the 14.5 that was meant. The product's error stays below 1e-6 up to a thousand million records.
      return min(total, Int((fraction * Double(total) + 0.5 + 1e-6).rounded(.down)))
    }
  }
}

/// A rule for dividing records. The same rule always divides the same records in the same way.
public struct SplitRule: Equatable, Sendable {
  /// The way in which records are assigned to parts.
  public enum Method: String, CaseIterable, Sendable {
    /// Records are assigned at random within each class: every part gets its share of every class.
    case stratified
    /// Records are assigned at random.
    case random
    /// A hash of the image decides: an image never changes its part, and equal images go to the same part.
    case hash
  }

  /// The records that are held out for validation.
  public enum Validation: Equatable, Sendable {
    case share(Share)
    /// One of `count` folds, numbered from 1. Folds are disjoint; together they are all records outside the test part.
    case fold(Int, of: Int)
  }

  public var method: Method
  public var validation: Validation
  public var test: Share
  public var seed: UInt64

  public init(
    method: Method = .stratified, validation: Validation = .share(.fraction(0.2)), test: Share = .count(0),
    seed: UInt64 = 0
  ) {
    self.method = method
    self.validation = validation
    self.test = test
    self.seed = seed
  }
}
