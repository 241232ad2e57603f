// Option values with their own syntax: `1h30m`, `28x28`, `3/5`.
import ArgumentParser

/// An option value that is parsed from text by its own rules.
///
/// It is not `ExpressibleByArgument`, so that every option must use ``spelled(_:)``, whose error says what is expected.
public protocol SpelledArgument {
  /// A description of valid text that can follow the word "expected".
  static var spelling: String { get }

  init?(argument: String)
}

extension SpelledArgument {
  /// Parses `text`, as the `transform` of an option with such a value. Throws a ``ValidationError`` if it is invalid.
  public static func spelled(_ text: String) throws -> Self {
    guard let value = Self(argument: text) else { throw ValidationError("expected \(spelling)") }
    return value
  }
}

/// The number of a part, and the number of parts: `3/5`.
public struct NumberedPart: SpelledArgument, Equatable, Sendable {
  /// The number of the part, from 1 to ``count``.
  public let number: Int
  public let count: Int

  public static let spelling = "a part and the number of parts, such as 3/5"

  public init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.utf8.allSatisfy { 0x30...0x39 ~= $0 } }),
      let number = Int(parts[0]), let count = Int(parts[1]), 1 <= number, number <= count
    else { return nil }
    self.number = number
    self.count = count
  }
}
