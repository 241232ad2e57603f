// A JSON document as RFC 8259 defines it, read strictly: what is ambiguous is refused, not guessed.

/// A JSON value. Numbers keep their text, so that nothing is rounded on the way through.
public indirect enum JSONValue: Equatable, Sendable {
  case null
  case boolean(Bool)
  /// The number as it is written, for example `12`, `-0.5e3`.
  case number(String)
  case string(String)
  case array([JSONValue])
  /// The members in the order of the text; keys are unique.
  case object([Member])

  /// A key and its value.
  public struct Member: Equatable, Sendable {
    public var key: String
    public var value: JSONValue
    public init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }
}
