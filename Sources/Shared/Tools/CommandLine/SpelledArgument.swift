// Option values with their own syntax: `3/5`, `28x28`, `512M`, `1h30m`.
import ArgumentParser
import ByteIO

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

/// Returns the result of `parse`, which parses a value of `option`. Turns its error into a ``ValidationError`` that
/// begins with the option.
///
/// For values that commands parse in `validate()`, after checks whose errors come first.
public func parsed<Value>(_ option: String, _ parse: () throws -> Value) throws -> Value {
  do {
    return try parse()
  } catch {
    throw ValidationError("\(option): \(messageLine(about: error))")
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
    guard parts.count == 2, let number = wholeNumber(parts[0]), let count = wholeNumber(parts[1]),
      1 <= number, number <= count
    else { return nil }
    self.number = number
    self.count = count
  }
}

/// Returns the lengths in pixels of an argument such as `28x28` or `32x32x3`; `nil` if a part is not a number.
public func parsedLengths(_ argument: String) -> [Int]? {
  let parts = argument.split(separator: "x", omittingEmptySubsequences: false)
  let lengths = parts.compactMap { wholeNumber($0) }
  return lengths.count == parts.count ? lengths : nil
}

/// An amount of memory, at least one byte: `536870912`, `512M`, `2G`.
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
    guard let number = wholeNumber(digits) else { return nil }
    let (bytes, isTooLarge) = number.multipliedReportingOverflow(by: unit)
    guard bytes > 0, !isTooLarge else { return nil }
    self.bytes = bytes
  }
}

/// A span of time: `90`, `90s`, `5m`, `1h30m`.
public struct TimeSpan: Equatable, Sendable, SpelledArgument {
  public let seconds: Double

  public static let spelling = "90, 90s, 5m or 1h30m, for example"

  public init(seconds: Double) { self.seconds = seconds }

  /// Parses seconds, or hours, minutes and seconds with their units, in that order. Numbers are decimal digits with an
  /// optional point: `90`, `0.5s`, `5m`, `1h30m`. More than ten years is rejected: it would be a mistake.
  public init?(argument: String) {
    var rest = Substring(argument)
    var seconds = 0.0
    var units: [(Character, Double)] = [("h", 3600), ("m", 60), ("s", 1)]
    repeat {
      let digits = rest.prefix { "0123456789.".contains($0) }
      guard let number = Double(digits), digits.first != ".", digits.last != "." else { return nil }
      rest.removeFirst(digits.count)
      if rest.isEmpty, units.count == 3 {
        seconds = number
      } else {
        guard let unit = rest.popFirst(), let index = units.firstIndex(where: { $0.0 == unit }) else {
          return nil
        }
        seconds += number * units[index].1
        units.removeFirst(index + 1)
      }
    } while !rest.isEmpty
    guard seconds <= 10 * 365 * 86_400 else { return nil }
    self.seconds = seconds
  }
}
