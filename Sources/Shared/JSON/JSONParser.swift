/// Why a text is not JSON, and where.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The byte, from 0, at which the text goes wrong.
  public let offset: Int
  /// What was expected there, in words.
  public let problem: String
  public var description: String { "byte \(offset): \(problem)" }
}

extension JSONValue {
  /// Parses one JSON document and nothing behind it but white space.
  ///
  /// Refused besides malformed text: duplicate keys, invalid UTF-8, lone surrogates, a byte-order mark, and
  /// nesting deeper than `maximumDepth`.
  public init(parsing bytes: some Sequence<UInt8>, maximumDepth: Int = 64) throws(JSONError) {
    fatalError("skeleton")
  }
}
