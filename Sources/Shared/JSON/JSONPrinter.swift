extension JSONValue {
  /// The compact text: no white space, keys of every object sorted by their UTF-8 bytes.
  public func compactText() -> String { fatalError("skeleton") }

  /// The text for people: two blanks of indentation a level, members in their given order, newline at the end.
  public func indentedText() -> String { fatalError("skeleton") }
}

extension JSONValue {
  /// The member `key` of an object, `nil` where there is none or this is no object.
  public subscript(key: String) -> JSONValue? { fatalError("skeleton") }
  /// The text of a string.
  public var stringValue: String? { fatalError("skeleton") }
  /// A number written as a plain integer that fits `Int`; `2.0` and `1e3` are none.
  public var integerValue: Int? { fatalError("skeleton") }
  /// Any number, rounded to Double.
  public var doubleValue: Double? { fatalError("skeleton") }
  /// The elements of an array.
  public var arrayValue: [JSONValue]? { fatalError("skeleton") }

  /// An integer as a JSON number.
  public static func integer(_ value: Int) -> JSONValue { .number(String(value)) }
  /// A finite Double with as many digits as it takes to read the same value back.
  public static func double(_ value: Double) -> JSONValue { fatalError("skeleton") }
}
