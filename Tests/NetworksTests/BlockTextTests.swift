// The text of blocks: branches, repetitions, and misplaced parentheses.

import Networks
import Testing

// MARK: - Parsing and printing

@Test(arguments: [
  ("residual(relu)", "residual( relu )"),
  ("Residual ( Conv:4,relu )", "residual( conv:4 relu )"),
  ("residual(\n  relu # main\n|\n  conv:4 # shortcut\n)", "residual( relu | conv:4 )"),
  ("residual(relu|conv:4,kernel=1)relu", "residual( relu | conv:4,kernel=1 ) relu"),
  ("residual( relu | )", "residual( relu )"),
  ("concat(|relu)", "concat( | relu )"),
  ("concat( relu | | conv:4 )", "concat( relu | | conv:4 )"),
  ("concat(conv:4,kernel=1|conv:4,pool,stride=1)", "concat( conv:4,kernel=1 | conv:4 pool,stride=1 )"),
  ("3*(relu)", "3*( relu )"),
  ("03 * ( relu, )", "3*( relu )"),
  ("relu,2*(relu),relu", "relu 2*( relu ) relu"),
  ("pool:average,2*(relu)", "pool:average 2*( relu )"),
  ("1*(relu)", "1*( relu )"),
  ("2*(3*(relu))", "2*( 3*( relu ) )"),
  (
    "2*(residual(norm relu 2*(conv:1)|concat(|relu)pool:1 conv:1)relu)",
    "2*( residual( norm relu 2*( conv:1 ) | concat( | relu ) pool:1 conv:1 ) relu )"
  ),
  ("residual(relu) linear:classes,bias=no", "residual( relu ) linear:classes,bias=no"),
])
func blocksArePrintedInTheirShortestForm(typed: String, canonical: String) throws {
  let first = try Specification(parsing: typed)
  #expect(first.text == canonical)
  #expect(try Specification(parsing: canonical) == first)
}

@Test func parsingBuildsTheTreeOfTheText() throws {
  let relu = Specification.Element.layer(.activation(.relu))
  let conv = Specification.Element.layer(.convolution(Convolution(channels: 4, kernel: Extent(3, 5))))
  #expect(try Specification(parsing: "residual( relu )").elements == [.residual(main: [relu], shortcut: [])])
  #expect(
    try Specification(parsing: "relu residual( relu conv:4,kernel=3x5 | relu )").elements
      == [relu, .residual(main: [relu, conv], shortcut: [relu])])
  #expect(
    try Specification(parsing: "concat( | relu | conv:4,kernel=3x5 relu )").elements
      == [.concatenation([[], [relu], [conv, relu]])])
  #expect(
    try Specification(parsing: "2*( 3*( relu ) relu )").elements
      == [.repetition(2, [.repetition(3, [relu]), relu])])
  let written = try Specification(parsing: "relu linear:classes,bias=no")
  #expect(written.elements == [relu])
  #expect(written.output == Specification.OutputLayer(hasBias: false))
}

// MARK: - Refusals

@Test(arguments: [
  ("residual", "'residual' needs its layers in parentheses: residual( … ) or residual( … | … ) (column 1)"),
  ("relu concat relu", "'concat' needs its layers in parentheses: concat( … | … ) (column 6)"),
  ("residual( relu", "'residual(' is not closed: ')' is missing (column 1)"),
  ("relu concat( relu | relu", "'concat(' is not closed: ')' is missing (column 6)"),
  ("residual( 2*( relu )", "'residual(' is not closed: ')' is missing (column 1)"),
  ("residual( 2*( relu", "'2*(' is not closed: ')' is missing (column 11)"),
  ("residual( relu ) )", "')' closes no block (column 18)"),
  (")", "')' closes no block (column 1)"),
  (
    "relu | relu",
    "'|' is allowed only between the branches of residual( … | … ) and concat( … | … ) (column 6)"
  ),
  (
    "2*( relu | relu )",
    "'2*( … )' cannot have branches; '|' belongs directly inside residual or concat (column 1)"
  ),
  ("residual( )", "'residual( … )' is empty (column 1)"),
  ("residual( | )", "'residual( … )' is empty (column 1)"),
  (
    "residual( | conv:4 )",
    "'residual( | … )' has only a shortcut; write its layers before the '|' (column 1)"
  ),
  (
    "relu residual( relu | relu | relu )",
    "'residual( … )' has only one shortcut, so at most one '|' (column 6)"
  ),
  ("concat( )", "'concat( … )' is empty (column 1)"),
  ("concat( | | )", "'concat( … )' is empty (column 1)"),
  ("concat( relu )", "'concat( … )' needs two or more branches, with '|' between them"),
  (
    "concat( | | relu )", "'concat( … )' has several empty branches; each is the input itself (column 1)"
  ),
  ("2*( )", "'2*( … )' is empty (column 1)"),
  ("residual( relu | 2*( ) )", "'2*( … )' is empty (column 18)"),
  ("0*( relu )", "'0*( … )' repeats nothing; the number must be at least 1 (column 1)"),
  ("0*(", "'0*(' is not closed"),
  ("3*relu", "a repetition is written 3*( … ), with a number up to 4000 (column 1)"),
  ("relu*( relu )", "a repetition is written 3*( … )"),
  ("4001*( relu )", "a repetition is written 3*( … ), with a number up to 4000 (column 1)"),
  ("99999999999999999999*( relu )", "a repetition is written 3*( … )"),
  ("*( relu )", "'*' is allowed only between a number and '(': 3*( … ) (column 1)"),
  ("( relu )", "'(' begins a block only after residual, concat, or a number as in 3*( … ) (column 1)"),
  ("conv:4 ( relu )", "'(' begins a block only after residual, concat, or a number as in 3*( … ) (column 8)"),
  ("3( relu )", "layer 1 '3' is neither"),
  ("3( relu )", "did you mean '3*( … )'?"),
  ("3 ( relu )", "did you mean '3*( … )'?"),
  ("3x( relu )", "did you mean '3*( … )'?"),
  ("skip( relu )", "layer 1 'skip(relu)' is neither"),
  ("skip( relu )", "did you mean 'residual( … )'?"),
  ("relu(relu)", "layer 1 'relu(relu)' is neither"),
  ("residual( relu | cnn )", "layer 2 'cnn' is a preset, which must stand alone"),
  ("cnn( relu )", "layer 1 'cnn' is a preset, which must stand alone"),
  ("residual( linear:classes )", "layer 1 'linear:classes': expected the output layer at the end"),
  (
    "residual( relu linear:classes | relu )", "layer 2 'linear:classes': expected the output layer at the end"
  ),
  ("residual( relu conv:x )", "layer 2 'conv:x': expected a whole number"),
])
func aMalformedBlockIsRefused(specification: String, text: String) {
  let error = #expect(throws: ArchitectureError.self) { try Specification(parsing: specification) }
  #expect(error?.description.contains(text) == true, "\(error?.description ?? "no error")")
  #expect(error?.kind == .usage)
}

/// Trees that no text can describe are refused too, without a place in the message.
@Test(
  arguments: [
    ([.residual(main: [], shortcut: [])], "'residual( … )' is empty"),
    ([.concatenation([])], "'concat( … )' is empty"),
    (
      [.repetition(0, [.layer(.activation(.relu))])],
      "'0*( … )' repeats nothing; the number must be at least 1"
    ),
    (
      [.repetition(-1, [.layer(.activation(.relu))])],
      "'-1*( … )' repeats nothing; the number must be at least 1"
    ),
    ([.repetition(2, [])], "'2*( … )' is empty"),
    ([.layer(.image)], "'image' is not a layer of a specification"),
    ([.repetition(2, [.layer(.sum)])], "'sum' is not a layer of a specification"),
    ([.layer(.concatenation)], "'concat' is not a layer of a specification"),
  ] as [([Specification.Element], String)])
func aTreeThatDescribesNoNetworkIsRefused(elements: [Specification.Element], text: String) {
  let error = #expect(throws: ArchitectureError.self) { try architecture(Specification(elements: elements)) }
  #expect(error?.description == text)
}

// MARK: - Limits

@Test func fourThousandLayersAreTheLimit() throws {
  let words = [String](repeating: "relu", count: 4000)
  #expect(try architecture(words.joined(separator: " ")).nodes.count == 4002)
  let error = #expect(throws: ArchitectureError.tooLong(4001)) {
    try architecture((words + ["relu"]).joined(separator: " "))
  }
  #expect(error?.description == "the architecture has 4001 layers; at most 4000 are allowed")
}

/// The nodes that join branches count as layers, and a repetition counts its layers each time.
@Test(
  arguments: [
    ("4000*( relu )", nil), ("2000*( relu pool:1 )", nil), ("2000*( residual( relu ) )", nil),
    ("1000*( concat( relu | relu | relu ) )", nil), ("20*( 20*( 10*( relu ) ) )", nil),
    ("2001*( relu relu )", 4002), ("2000*( residual( relu relu ) )", 6000),
    ("relu 4000*( relu )", 4001), ("1000*( 1000*( 1000*( relu ) ) )", 1_000_000_000),
    (String(repeating: "4000*( ", count: 12) + "relu" + String(repeating: " )", count: 12), Int.max),
    (
      "residual( " + String(repeating: "4000*( ", count: 12) + "relu" + String(repeating: " )", count: 12)
        + " | relu )", Int.max
    ),
  ] as [(String, Int?)])
func aRepetitionCountsItsLayersEachTime(specification: String, refused count: Int?) throws {
  guard let count else {
    _ = try Specification(parsing: specification)
    return
  }
  let error = #expect(throws: ArchitectureError.tooLong(count)) { try Specification(parsing: specification) }
  #expect(error?.description.contains("\(min(count, 1_000_000_000)) layers; at most 4000") == true)
}

/// Concatenations can double the channels again and again. The size of the output is bounded like everything else.
@Test func aConcatenationThatOutgrowsMemoryIsRefused() {
  let error = #expect(throws: ArchitectureError.self) { try architecture("40*( concat( | relu ) )") }
  // 784 · 2¹⁸ values are below 2²⁸, and twice as many are above.
  #expect(error?.description.contains("its output of 524288×28×28 is too large") == true)
  #expect(error?.description.hasSuffix("(block19, column 6)") == true, "\(error?.description ?? "no error")")
}

private func nested(_ depth: Int) -> String {
  String(repeating: "residual( ", count: depth) + "relu" + String(repeating: " )", count: depth)
}

@Test func blocksCanBeNestedAtMost32Deep() throws {
  let deepest = try architecture(nested(32))
  #expect(deepest.nodes.count == 1 + 1 + 32 + 1)
  #expect(deepest.nodes[1].name == String(repeating: "block1.", count: 32) + "relu1")
  let error = #expect(throws: ArchitectureError.self) { try Specification(parsing: nested(33)) }
  #expect(error?.description == "blocks are nested more than 32 deep (column 321)")
  // Far deeper than the call stack allows.
  #expect(throws: ArchitectureError.self) { try Specification(parsing: nested(20_000)) }
  #expect(throws: ArchitectureError.self) {
    try Specification(parsing: String(repeating: "2*(", count: 20_000))
  }
}

@Test func aTreeThatIsTooDeepIsRefused() {
  let tree = (0..<33).reduce([.layer(.activation(.relu))] as [Specification.Element]) { inside, _ in
    [.repetition(1, inside)]
  }
  #expect(throws: ArchitectureError.tooDeep(nil)) { try architecture(Specification(elements: tree)) }
}
