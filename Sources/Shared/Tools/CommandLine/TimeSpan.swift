// Spans of time in options: `90`, `90s`, `5m`, `1h30m`.

/// A span of time, in seconds.
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
