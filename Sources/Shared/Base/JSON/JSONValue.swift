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

// MARK: - Looking inside

extension JSONValue {
  /// The member `key` of an object, `nil` where there is none or this is no object.
  ///
  /// Keys are compared byte by byte: a precomposed "é" is another key than an "e" with a combining accent, though
  /// Swift calls the two strings equal.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }

  /// The text of a string.
  public var stringValue: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// A number written as a plain integer that fits `Int`; `2.0` and `1e3` are none.
  public var integerValue: Int? {
    if case .number(let text) = self { Int(text) } else { nil }
  }

  /// Any number, rounded to Double; `nil` where it is beyond Double's range, such as `1e999`.
  public var doubleValue: Double? {
    guard case .number(let text) = self, let value = Double(text), value.isFinite else { return nil }
    return value
  }

  /// The elements of an array.
  public var arrayValue: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }
}

// MARK: - Making numbers

extension JSONValue {
  /// An integer as a JSON number.
  public static func integer(_ value: Int) -> JSONValue { .number(String(value)) }

  /// A finite Double with as many digits as it takes to read the same value back.
  public static func double(_ value: Double) -> JSONValue {
    precondition(value.isFinite, "JSON has no number for \(value)")
    // Swift prints the shortest digits that read back, in forms that JSON knows too: 0.1, 1e-07, 5e+300.
    return .number(value.description)
  }
}
