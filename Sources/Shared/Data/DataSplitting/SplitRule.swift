// What a split is asked for.

/// The parts that records are divided into.
public enum Part: Int, CaseIterable, Sendable {
  case training, validation, test
}

/// A share of the records.
public enum Share: Equatable, Sendable {
  case count(Int)
  /// From 0 to below 1. Of a known number of records it is rounded half up.
  case fraction(Double)

  /// The count that the share is of so many records.
  func count(of total: Int) -> Int {
    switch self {
    case .count(let count): return count
    case .fraction(let fraction):
      // Many decimal fractions are a hair below themselves in binary: 0.145 of 100 is 14.499999999999998, and rounds
      // as the 14.5 that was meant. A product's error stays below 1e-6 up to a thousand million records.
      return min(total, Int((fraction * Double(total) + 0.5 + 1e-6).rounded(.down)))
    }
  }
}

/// How records are divided. The same rule divides the same records in the same way.
public struct SplitRule: Equatable, Sendable {
  /// What decides which part a record belongs to.
  public enum Method: String, CaseIterable, Sendable {
    /// Chance, within each class: every part has its share of every class.
    case stratified
    /// Chance.
    case random
    /// The image's content, so that it is decided once and for all, and alike for images that are alike.
    case hash
  }

  /// Which records are held out for validation.
  public enum Validation: Equatable, Sendable {
    case share(Share)
    /// One of `count` folds, which are disjoint and together all that is not for the test; from 1.
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
