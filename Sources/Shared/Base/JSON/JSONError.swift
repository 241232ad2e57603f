/// Why a text is not JSON, and where.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The byte, from 0, at which the text goes wrong.
  public let offset: Int
  /// What was expected there, and what was found, in words.
  public let problem: String
  public var description: String { "byte \(offset): \(problem)" }
}
