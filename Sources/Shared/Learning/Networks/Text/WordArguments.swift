// The parts of one word of a specification, `kind[:value][,flag][,key=value]…`, for the operation that reads it.

import ByteIO

/// The parts of a word after its kind. Each is taken once; any that remain are rejected.
struct WordArguments {
  let place: LayerPlace
  /// The next word of the text.
  let next: String?
  let kind: String
  private var value: Substring?
  private var flags: [Substring] = []
  private var options: [(key: Substring, value: Substring)] = []

  init(_ place: LayerPlace, next: String?) {
    self.place = place
    self.next = next
    let parts = place.word.split(separator: ",", omittingEmptySubsequences: false)
    let head = parts[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    kind = head.first.map(String.init) ?? ""
    value = head.count == 2 ? head[1] : nil
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2 { options.append((pair[0], pair[1])) } else { flags.append(part) }
    }
  }

  func malformed(_ expected: String) -> ArchitectureError { .malformedLayer(place, expected: expected) }

  // MARK: The value

  /// Takes the value as a whole number. Returns `nil` if there is no value.
  mutating func integer() throws(ArchitectureError) -> Int? {
    guard let text = take() else { return nil }
    return try integer(in: text)
  }

  /// Takes the value as a whole number. If there is no value, the error shows `form`, the word's syntax.
  mutating func integer(required form: String) throws(ArchitectureError) -> Int {
    if let count = try integer() { return count }
    throw malformed(form + meant { Int($0) != nil })
  }

  mutating func number<Number: SpecificationNumber>() throws(ArchitectureError) -> Number? {
    guard let text = take() else { return nil }
    return try number(in: text)
  }

  /// Takes the value as a number. If it is not one, or is missing, the error shows `form`, the word's syntax.
  mutating func number(required form: String) throws(ArchitectureError) -> Double {
    guard let text = take() else { throw malformed(form + meant { Double($0) != nil }) }
    guard let number = Double(text), number.isFinite else { throw malformed(form) }
    return number
  }

  /// Takes the value if it is `word`. Returns whether it was.
  mutating func takeValue(equalTo word: String) -> Bool {
    guard let value, value == word else { return false }
    self.value = nil
    return true
  }

  /// Takes the value and the parts without a key, in their order.
  mutating func takeValueAndFlags() -> [Substring] {
    defer { (value, flags) = (nil, []) }
    return (value.map { [$0] } ?? []) + flags
  }

  private mutating func take() -> Substring? {
    defer { value = nil }
    return value
  }

  /// Returns the end of a message about `linear 64`: asks whether the next word belongs to this one.
  private func meant(_ isNumber: (String) -> Bool) -> String {
    next.flatMap { isNumber($0) ? "; did you mean '\(kind):\($0)'?" : nil } ?? ""
  }

  // MARK: Options

  var hasNoOptions: Bool { options.isEmpty }

  mutating func integer(_ key: String) throws(ArchitectureError) -> Int? {
    guard let text = take(key) else { return nil }
    return try integer(in: text)
  }

  mutating func number(_ key: String) throws(ArchitectureError) -> Double? {
    guard let text = take(key) else { return nil }
    return try number(in: text)
  }

  /// Takes an option's value, `3`, or `3x5` for 3 rows and 5 columns.
  mutating func extent(_ key: String) throws(ArchitectureError) -> Extent? {
    guard let text = take(key) else { return nil }
    let lengths = text.split(separator: "x", omittingEmptySubsequences: false)
    switch lengths.count {
    case 1: return Extent(try integer(in: text))
    case 2: return Extent(try integer(in: lengths[0]), try integer(in: lengths[1]))
    default:
      throw malformed("\(key)=ROWSxCOLUMNS, such as \(key)=3x5, in place of '\(displayed(String(text)))'")
    }
  }

  /// Takes an option's value, `yes` or `no`.
  mutating func answer(_ key: String) throws(ArchitectureError) -> Bool? {
    guard let text = take(key) else { return nil }
    guard text == "yes" || text == "no" else {
      throw malformed("\(key)=yes or \(key)=no in place of '\(displayed(String(text)))'")
    }
    return text == "yes"
  }

  private mutating func take(_ key: String) -> Substring? {
    options.firstIndex { $0.key == key }.map { options.remove(at: $0).value }
  }

  // MARK: Numbers

  func integer(in text: Substring) throws(ArchitectureError) -> Int {
    guard let number = wholeNumber(text), number <= 1 << 24 else {
      throw malformed("a whole number up to 16777216 in place of '\(displayed(String(text)))'")
    }
    return number
  }

  private func number<Number: SpecificationNumber>(in text: Substring) throws(ArchitectureError) -> Number {
    guard let number = Number(String(text)), number.isFinite else {
      throw malformed("a number in place of '\(displayed(String(text)))'")
    }
    return number
  }

  // MARK: Leftovers

  /// Throws if any part was not taken. `own` are the keys that the word can have.
  func expectNothingLeft(_ own: [String]) throws(ArchitectureError) {
    if let value { throw malformed("\(kind) without ':\(displayed(String(value)))'") }
    if let option = options.first {
      let key = String(option.key)
      if own.contains(key) { throw malformed("option '\(key)' only once") }
      let meant = Vocabulary.neighbour(of: key, among: own).map { "; did you mean '\($0)'?" }
      throw malformed(
        "no option '\(displayed(key))'"
          + (meant ?? (own.isEmpty ? "" : "; \(kind) has \(own.joined(separator: ", "))")))
    }
    if let flag = flags.first.map(String.init) {
      throw malformed(
        "\(own.contains(flag) ? "\(flag)=VALUE" : "KEY=VALUE") in place of '\(displayed(flag))'")
    }
  }
}

/// Returns the text of a number in a specification: `0.125`, `2`, `1e-05`.
func numberText(_ number: some SpecificationNumber) -> String {
  let text = number.description
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// A number whose text converts back to the same number.
typealias SpecificationNumber = BinaryFloatingPoint & LosslessStringConvertible
