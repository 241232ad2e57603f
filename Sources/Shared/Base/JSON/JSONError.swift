/// The reason why a text is not JSON, and its place.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The offset of the first wrong byte, counted from 0.
  public let offset: Int
  /// A phrase that says what was expected there, and what was found.
  public let problem: String
  public var description: String { "byte \(offset): \(problem)" }
}
