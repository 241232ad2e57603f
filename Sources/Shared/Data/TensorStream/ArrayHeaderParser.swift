// Parses the text of an array's header. Anything but a well-formed chunk or end is refused with an error that names it.

extension ArrayHeader {
  /// Parses the text of a header: everything after the ten bytes of the preamble, including the newline.
  ///
  /// - Complexity: O(n) for n bytes, at most ``StreamLimits/headerByteCount``, in time and memory.
  init(parsing text: some BidirectionalCollection<UInt8>) throws(HeaderSyntaxError) {
    guard text.last == UInt8(ascii: "\n") else {
      throw HeaderSyntaxError(offset: 0, problem: .notTerminated)
    }
    let literal = try HeaderLiteral(parsing: text.dropLast())
    do {
      self = try ArrayHeader(literal)
    } catch {
      throw HeaderSyntaxError(offset: 0, problem: error)
    }
  }

  private init(_ literal: HeaderLiteral) throws(HeaderProblem) {
    guard case .dictionary(let members) = literal else { throw .notADictionary }
    let keys = ["descr", "fortran_order", "shape"]
    for (index, member) in members.enumerated() {
      guard keys.contains(member.key) else { throw .keyUnknown(member.key) }
      if members[..<index].contains(where: { $0.key == member.key }) { throw .keyTwice(member.key) }
    }
    var values: [HeaderLiteral] = []
    for key in keys {
      guard let member = members.first(where: { $0.key == key }) else { throw .keyMissing(key) }
      values.append(member.value)
    }
    guard case .boolean(let isFortranOrder) = values[1] else { throw .valueUnexpected("fortran_order") }
    if isFortranOrder { throw .fortranOrder }
    let shape = try dimensions(values[2], HeaderProblem.valueUnexpected("shape"))
    switch values[0] {
    case .text(let type): self = try .end(type: type, shape: shape)
    case .list(let fields): self = try .chunk(fields: fields, shape: shape)
    default: throw .valueUnexpected("descr")
    }
  }

  private static func end(type: String, shape: [Int]) throws(HeaderProblem) -> ArrayHeader {
    guard type.hasPrefix("|S"), let byteCount = decimal(type.dropFirst(2)) else { throw .plainArray(type) }
    guard shape.isEmpty else { throw .endHasAxes(shape) }
    guard byteCount > 0 else { throw .endEmpty }
    guard byteCount <= StreamLimits.endByteCount else { throw .endTooLong(byteCount) }
    return .end(byteCount: byteCount)
  }

  private static func chunk(fields: [HeaderLiteral], shape: [Int]) throws(HeaderProblem) -> ArrayHeader {
    let layout = try RecordLayout(fields: fields)
    guard shape.count == 1 else { throw .chunkNotOneAxis(shape) }
    guard shape[0] > 0 else { throw .chunkEmpty }
    guard !shape[0].multipliedReportingOverflow(by: layout.recordByteCount).overflow else {
      throw .chunkTooLarge(shape[0])
    }
    return .chunk(layout, recordCount: shape[0])
  }
}

extension RecordLayout {
  /// The fields of image records and of prediction records, in the required order.
  private static let imageFields = ["image", "label", "name"]
  private static let predictionFields = ["label", "name", "predicted", "probability", "log_probability"]

  fileprivate init(fields literals: [HeaderLiteral]) throws(HeaderProblem) {
    var fields: [Field] = []
    for literal in literals {
      let field = try Field(literal)
      if fields.contains(where: { $0.name == field.name }) { throw .fieldTwice(field.name) }
      fields.append(field)
    }
    let names = fields.map(\.name)
    let order = names.contains("image") ? Self.imageFields : Self.predictionFields
    let isLogarithmic = names.contains("log_probability")
    let probability = isLogarithmic ? "log_probability" : "probability"
    let required = names.contains("image") ? ["image"] : ["predicted", probability]
    guard required.allSatisfy(names.contains) else { throw .fieldsMissing(found: names) }
    guard names.allSatisfy(order.contains) else { throw .fieldsMixed(found: names) }
    if isLogarithmic, names.contains("probability") { throw .probabilitiesTwice }
    let expected = order.filter(names.contains)
    guard names == expected else { throw .fieldsOutOfOrder(expected: expected, found: names) }

    var content: RecordFormat.Content?
    var nameByteCount = 0
    for field in fields {
      switch field.name {
      case "image": content = .image(try field.imageShape())
      case "name": nameByteCount = try field.nameByteCount()
      case probability:
        content = .prediction(classCount: try field.classCount(), isLogarithmic: isLogarithmic)
      default: try field.requireByte()
      }
    }
    guard let content else { throw .fieldsMissing(found: names) }
    self.init(
      format: RecordFormat(
        content: content, hasLabels: names.contains("label"), hasNames: names.contains("name")),
      nameByteCount: nameByteCount)
  }
}

/// One field in a header's description of a record: `('image', '|u1', (28, 28))`.
private struct Field {
  let name: String
  let type: String
  /// Empty for a field of a single value.
  let shape: [Int]

  init(_ literal: HeaderLiteral) throws(HeaderProblem) {
    guard case .tuple(let parts) = literal, (2...3).contains(parts.count) else { throw .fieldUnexpected }
    if case .tuple = parts[0] { throw .fieldHasTitle }
    guard case .text(let name) = parts[0] else { throw .fieldUnexpected }
    if name.isEmpty { throw .padding }
    if case .list = parts[1] { throw .field(name, .nestedType) }
    guard case .text(let type) = parts[1] else { throw .fieldUnexpected }
    guard ["image", "label", "name", "predicted", "probability", "log_probability"].contains(name) else {
      throw .fieldUnknown(name)
    }
    self.name = name
    self.type = type
    shape = parts.count == 3 ? try dimensions(parts[2], .fieldUnexpected) : []
    if parts.count == 3, shape.isEmpty { throw .fieldUnexpected }
  }

  func imageShape() throws(HeaderProblem) -> ImageShape {
    try require(type: "|u1")
    guard shape.count == 2 || shape.count == 3 && shape[2] == 3 else {
      throw problem(.shape(expected: "shape (H, W) or (H, W, 3)", found: shape))
    }
    let sides = 1...StreamLimits.imageSide
    guard sides.contains(shape[0]), sides.contains(shape[1]) else { throw problem(.imageSize(shape)) }
    return ImageShape(height: shape[0], width: shape[1], channels: shape.count == 3 ? 3 : 1)
  }

  func nameByteCount() throws(HeaderProblem) -> Int {
    guard type.hasPrefix("|S"), let byteCount = decimal(type.dropFirst(2)) else {
      throw refusal(expected: "|Sk")
    }
    try requireSingleValue()
    guard byteCount > 0 else { throw problem(.nameZeroWidth) }
    guard byteCount <= StreamLimits.nameByteCount else { throw problem(.nameTooWide(byteCount)) }
    return byteCount
  }

  func classCount() throws(HeaderProblem) -> Int {
    try require(type: "<f4")
    guard shape.count == 1 else { throw problem(.shape(expected: "shape (classes,)", found: shape)) }
    guard (1...StreamLimits.classCount).contains(shape[0]) else { throw problem(.classCount(shape[0])) }
    return shape[0]
  }

  func requireByte() throws(HeaderProblem) {
    try require(type: "|u1")
    try requireSingleValue()
  }

  private func requireSingleValue() throws(HeaderProblem) {
    if !shape.isEmpty { throw problem(.shape(expected: "a single value", found: shape)) }
  }

  private func require(type expected: String) throws(HeaderProblem) {
    if type != expected { throw refusal(expected: expected) }
  }

  private func problem(_ problem: FieldProblem) -> HeaderProblem { .field(name, problem) }

  /// Returns the most specific reason why the type is not the expected one.
  private func refusal(expected: String) -> HeaderProblem {
    switch type.drop(while: { "<>|=".contains($0) }).first {
    case "O": return problem(.objectType)
    case "U": return problem(.unicodeType(expected: expected, found: type))
    case "V": return problem(.voidType(expected: expected, found: type))
    default: break
    }
    switch type.first {
    case ">": return problem(.bigEndianType(expected: expected, found: type))
    case "<", "|": return problem(.otherType(expected: expected, found: type))
    default: return problem(.nativeEndianType(expected: expected, found: type))
    }
  }
}

/// Returns the numbers in a tuple. Throws `problem` if the literal is not a tuple of numbers.
private func dimensions(_ literal: HeaderLiteral, _ problem: HeaderProblem) throws(HeaderProblem) -> [Int] {
  guard case .tuple(let elements) = literal else { throw problem }
  var numbers: [Int] = []
  for element in elements {
    guard case .number(let number) = element else { throw problem }
    numbers.append(number)
  }
  return numbers
}

/// Parses a number in plain decimal digits, without a sign or leading zeros; `nil` for any other text.
private func decimal(_ digits: Substring) -> Int? {
  guard let number = Int(digits), number >= 0, String(number) == digits else { return nil }
  return number
}
