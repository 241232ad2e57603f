// JSON as RFC 8259 defines it, read strictly: ambiguous text is rejected, not guessed at.

/// A JSON value. Numbers keep their text, so that nothing is rounded when a value is read and written again.
public indirect enum JSONValue: Equatable, Sendable {
  case null
  case boolean(Bool)
  /// A number as it is written, for example `12` or `-0.5e3`.
  case number(String)
  case string(String)
  case array([JSONValue])
  /// The members in the order of the text. Keys are unique.
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
  /// The value of the member `key`; `nil` if there is no such member or this is not an object.
  ///
  /// Keys are compared byte by byte: a precomposed "é" and an "e" with a combining accent are different keys, although
  /// Swift considers the two strings equal.
  ///
  /// - Complexity: O(*n*), where *n* is the number of members.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }

  /// The text of a string; `nil` for other values.
  public var stringValue: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// A number that is written as a plain integer and fits into `Int`; `nil` for others, including `2.0` and `1e3`.
  public var integerValue: Int? {
    if case .number(let text) = self { Int(text) } else { nil }
  }

  /// Any number, rounded to Double; `nil` if it is beyond Double's range, such as `1e999`.
  public var doubleValue: Double? {
    guard case .number(let text) = self, let value = Double(text), value.isFinite else { return nil }
    return value
  }

  /// The elements of an array; `nil` for other values.
  public var arrayValue: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }
}

// MARK: - Making numbers

extension JSONValue {
  /// Returns an integer as a JSON number.
  public static func integer(_ value: Int) -> JSONValue { .number(String(value)) }

  /// Returns a finite Double as a JSON number, with just enough digits to read the same value back.
  public static func double(_ value: Double) -> JSONValue {
    precondition(value.isFinite, "JSON has no number for \(value)")
    // Swift prints the shortest digits that round-trip, in forms that are valid JSON: 0.1, 1e-07, 5e+300.
    return .number(value.description)
  }

  /// Returns a Double as a JSON number; `null` if it is not finite, which JSON cannot represent.
  public static func doubleOrNull(_ value: Double) -> JSONValue { value.isFinite ? .double(value) : .null }
}
