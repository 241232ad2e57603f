// The grammar of specifications:
//
//     specification = element* [ "linear:classes" option* ]
//     element       = word | "residual" "(" branch [ "|" branch ] ")" | "concat" "(" branch { "|" branch } ")"
//                   | number "*" "(" branch ")"
//     branch        = element*
//     word          = kind [ ":" value ] { "," ( flag | key "=" value ) }
//
// The last linear layer, whose outputs are the classes, is implied. Operations/ defines the words.
import ByteIO

extension Specification {
  /// Reads a preset's name or a specification. Throws an ``ArchitectureError`` that names the word and its column.
  /// Whether layers fit each other depends on the image, and is checked later.
  ///
  /// - Complexity: O(length of the text).
  public init(parsing text: String) throws(ArchitectureError) {
    let preset = Architecture.preset(text)
    let tokens = SpecificationToken.tokens(of: preset?.specification ?? text)
    guard !tokens.isEmpty else { throw .empty }
    var parser = SpecificationParser(tokens)
    let read = try parser.parse()
    // Users do not see the text of a preset, so its columns would mean nothing to them.
    self = preset == nil ? read : Specification(elements: read.elements, output: read.output)
    try checkStructure()
  }
}

/// A recursive-descent parser. ``Specification/maximumDepth`` bounds its recursion.
private struct SpecificationParser {
  private typealias Element = Specification.Element

  let tokens: [SpecificationToken]
  private var index = 0
  private var layerCount = 0
  private var depth = 0
  private var positions: [TextPosition] = []
  private var output: Specification.OutputLayer?

  init(_ tokens: [SpecificationToken]) { self.tokens = tokens }

  mutating func parse() throws(ArchitectureError) -> Specification {
    let elements = try branch()
    if let token = current {
      throw .malformedBlock(
        token.position,
        reason: token.kind == .close
          ? "')' closes no block"
          : "'|' is allowed only between the branches of residual( … | … ) and concat( … | … )")
    }
    return Specification(elements: elements, output: output, positions: positions)
  }

  private var current: SpecificationToken? { index < tokens.count ? tokens[index] : nil }

  private var following: SpecificationToken? { index + 1 < tokens.count ? tokens[index + 1] : nil }

  // MARK: Elements

  /// Reads elements up to a `)`, a `|` or the end, which it does not consume.
  private mutating func branch() throws(ArchitectureError) -> [Element] {
    var elements: [Element] = []
    while let token = current {
      switch token.kind {
      case .close, .bar: return elements
      case .open:
        throw .malformedBlock(
          token.position, reason: "'(' begins a block only after residual, concat, or a number as in 3*( … )")
      case .times:
        throw .malformedBlock(token.position, reason: "'*' is allowed only between a number and '(': 3*( … )")
      case .word(let word):
        if let element = try element(word, token) { elements.append(element) }
      }
    }
    return elements
  }

  /// Reads the element that begins with `word`. Returns `nil` if it is the output layer.
  private mutating func element(
    _ word: String, _ token: SpecificationToken
  ) throws(ArchitectureError) -> Element? {
    if let block = BlockKind(rawValue: word) { return try self.block(block, token) }
    if following?.kind == .times { return try repetition(word, token) }
    layerCount += 1
    let place = LayerPlace(word: word, number: layerCount, position: token.position)
    if let following, following.kind == .open, following.isGlued || word.allSatisfy(\.isNumber) {
      throw called(place)
    }
    var arguments = WordArguments(place, next: following?.word)
    index += 1
    if let output = try Specification.OutputLayer.parse(&arguments) {
      try arguments.expectNothingLeft(Linear.options)
      guard index == tokens.count, depth == 0 else {
        throw arguments.malformed("the output layer at the end, after all others and outside of blocks")
      }
      self.output = output
      return nil
    }
    positions.append(token.position)
    return .layer(try layer(&arguments))
  }

  private func layer(_ arguments: inout WordArguments) throws(ArchitectureError) -> Operation {
    guard let rules = Vocabulary.operation(arguments.kind) else {
      throw unknown(arguments.place, kind: arguments.kind, next: arguments.next)
    }
    let operation = try rules.parse(&arguments)
    try arguments.expectNothingLeft(rules.options)
    return operation
  }

  /// Returns the error for a word that does not begin like any layer.
  private func unknown(_ place: LayerPlace, kind: String, next: String?) -> ArchitectureError {
    if let preset = Architecture.preset(kind) {
      return .presetAmongLayers(place, preset)
    }
    if let reason = Vocabulary.implied[kind] { return .impliedLayer(place, reason: reason) }
    return .unknownLayer(place, suggestion: Vocabulary.suggestion(for: place.word, next: next))
  }

  /// Returns the error for `name(…)`, the syntax of other tools.
  private func called(_ place: LayerPlace) -> ArchitectureError {
    let inside = tokens[(index + 2)...].prefix { $0.word != nil }.compactMap(\.word)
    let count = place.word.prefix { $0.isNumber }
    if !count.isEmpty { return .unknownLayer(place, suggestion: "\(count)*( … )") }
    let word = "\(place.word)(\(inside.joined(separator: ",")))"
    return unknown(
      LayerPlace(word: word, number: place.number, position: place.position), kind: place.word, next: nil)
  }

  // MARK: Blocks

  private mutating func block(
    _ kind: BlockKind, _ token: SpecificationToken
  ) throws(ArchitectureError) -> Element {
    index += 1
    positions.append(token.position)
    guard current?.kind == .open else {
      throw .malformedBlock(
        token.position, reason: "'\(kind.rawValue)' needs its layers in parentheses: \(kind.form)")
    }
    let branches = try branches(of: kind.rawValue + "(", token)
    switch kind {
    case .concatenation: return .concatenation(branches)
    case .residual:
      guard branches.count <= 2 else {
        throw .malformedBlock(
          token.position, reason: "'residual( … )' has only one shortcut, so at most one '|'")
      }
      return .residual(main: branches[0], shortcut: branches.count == 2 ? branches[1] : [])
    }
  }

  private mutating func repetition(
    _ word: String, _ token: SpecificationToken
  ) throws(ArchitectureError) -> Element {
    let form = "a repetition is written 3*( … ), with a number up to \(Specification.maximumLayers)"
    guard let count = wholeNumber(word), count <= Specification.maximumLayers else {
      throw .malformedBlock(token.position, reason: form)
    }
    index += 2
    positions.append(token.position)
    guard current?.kind == .open else { throw .malformedBlock(token.position, reason: form) }
    let branches = try branches(of: "\(count)*(", token)
    guard branches.count == 1 else {
      throw .malformedBlock(
        token.position,
        reason: "'\(count)*( … )' cannot have branches; '|' belongs directly inside residual or concat")
    }
    return .repetition(count, branches[0])
  }

  /// Reads branches from the opening parenthesis, the current token, to the closing one.
  private mutating func branches(
    of head: String, _ token: SpecificationToken
  ) throws(ArchitectureError) -> [[Element]] {
    guard depth < Specification.maximumDepth else { throw .tooDeep(token.position) }
    depth += 1
    defer { depth -= 1 }
    var branches: [[Element]] = []
    repeat {
      index += 1
      branches.append(try branch())
    } while current?.kind == .bar
    guard current != nil else {
      throw .malformedBlock(token.position, reason: "'\(head)' is not closed: ')' is missing")
    }
    index += 1
    return branches
  }
}

extension BlockKind {
  /// The syntax of the block.
  fileprivate var form: String {
    switch self {
    case .residual: "residual( … ) or residual( … | … )"
    case .concatenation: "concat( … | … )"
    }
  }
}
