// Values of options that have a spelling of their own: `1h30m`, `28x28`, `3/5`.
import ArgumentParser

/// The value of an option that is read from a text by rules of its own.
///
/// It is no `ExpressibleByArgument`, so that no option can take it without ``spelled(_:)``, whose error tells what is
/// expected.
public protocol SpelledArgument {
  /// What a text is that is understood, as it follows the word "expected".
  static var spelling: String { get }

  init?(argument: String)
}

extension SpelledArgument {
  /// The `transform` of an option with such a value. Throws a ``ValidationError`` where `text` is not understood.
  public static func spelled(_ text: String) throws -> Self {
    guard let value = Self(argument: text) else { throw ValidationError("expected \(spelling)") }
    return value
  }
}

/// A part and how many there are: `3/5`.
public struct NumberedPart: SpelledArgument, Equatable, Sendable {
  /// From 1 to ``count``.
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
