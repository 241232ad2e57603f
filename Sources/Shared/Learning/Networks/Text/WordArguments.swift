// The parts of one word of a specification, `kind[:value][,flag][,key=value]…`, for the operation that reads it.

import ByteIO

/// What a word says after its kind. Each part is taken once, and what remains is refused.
struct WordArguments {
  let place: LayerPlace
  /// The word after it.
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

  /// The value's number; `nil` where there is no value.
  mutating func integer() throws(ArchitectureError) -> Int? {
    guard let text = take() else { return nil }
    return try integer(in: text)
  }

  /// The value's number. `form` shows how such a word is written.
  mutating func integer(required form: String) throws(ArchitectureError) -> Int {
    if let count = try integer() { return count }
    throw malformed(form + meant { Int($0) != nil })
  }

  mutating func number<Number: SpecificationNumber>() throws(ArchitectureError) -> Number? {
    guard let text = take() else { return nil }
    return try number(in: text)
  }

  /// The value's number; what is none is refused with `form`.
  mutating func number(required form: String) throws(ArchitectureError) -> Double {
    guard let text = take() else { throw malformed(form + meant { Double($0) != nil }) }
    guard let number = Double(text), number.isFinite else { throw malformed(form) }
    return number
  }

  /// Takes the value if it is that one.
  mutating func takeValue(equalTo word: String) -> Bool {
    guard let value, value == word else { return false }
    self.value = nil
    return true
  }

  /// The value and the parts without a key, in their order.
  mutating func takeValueAndFlags() -> [Substring] {
    defer { (value, flags) = (nil, []) }
    return (value.map { [$0] } ?? []) + flags
  }

  private mutating func take() -> Substring? {
    defer { value = nil }
    return value
  }

  /// For `linear 64`: that the next word belongs to this one.
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

  /// `3`, or `3x5` for 3 rows and 5 columns.
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

  /// `yes` or `no`
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
    guard let number = Int(text), number >= 0, number <= 1 << 24, text.allSatisfy(\.isNumber) else {
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

  // MARK: What is left

  /// Refuses what was not taken. `own` are the keys that such a word may have.
  func expectNothingLeft(_ own: [String]) throws(ArchitectureError) {
    if let value { throw malformed("\(kind) without ':\(displayed(String(value)))'") }
    if let option = options.first {
      let key = String(option.key)
      let meant = Vocabulary.neighbour(of: key, among: own)
        .map { $0 == key ? "" : "; did you mean '\($0)'?" }
      throw malformed(
        "no option '\(displayed(key))', or not twice"
          + (meant ?? (own.isEmpty ? "" : "; \(kind) has \(own.joined(separator: ", "))")))
    }
    if let flag = flags.first.map(String.init) {
      throw malformed(
        "\(own.contains(flag) ? "\(flag)=VALUE" : "key=number") in place of '\(displayed(flag))'")
    }
  }
}

/// A number as a specification has it: `0.125`, `2`, `1e-05`.
func numberText(_ number: some SpecificationNumber) -> String {
  let text = number.description
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// A number that comes back from its own text.
typealias SpecificationNumber = BinaryFloatingPoint & LosslessStringConvertible
