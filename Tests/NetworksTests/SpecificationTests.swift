// Queries on a tree and changes to it: dropout, the output layer, equality.

import Networks
import Testing

private func specification(_ text: String) throws -> Specification { try Specification(parsing: text) }

@Test(arguments: [
  ("relu", false), ("relu dropout:0.2", true), ("residual( relu )", false), ("2*( relu dropout:0 )", true),
  ("residual( dropout:0.2 relu )", true), ("residual( relu | dropout:0.2 )", true),
  ("concat( | 2*( relu dropout:0.5 ) )", true), ("concat( relu | norm )", false), ("cnn", true),
])
func dropoutIsFoundAnywhere(text: String, has: Bool) throws {
  #expect(try specification(text).hasDropout == has)
}

@Test(arguments: [
  ("relu", "relu"),
  ("dropout:0.2 relu dropout:0.5", "dropout:0.3 relu dropout:0.3"),
  (
    "residual( dropout:0.1 relu | 2*( dropout:0.2 ) ) concat( | dropout:0.4 ) linear:classes,bias=no",
    "residual( dropout:0.3 relu | 2*( dropout:0.3 ) ) concat( | dropout:0.3 ) linear:classes,bias=no"
  ),
])
func everyDropoutGetsTheProbability(text: String, changed: String) throws {
  #expect(try specification(text).settingDropout(0.3).text == changed)
}

/// Messages still give the columns of the text that was read.
@Test func columnsSurviveAChangeOfDropout() throws {
  let changed = try specification("dropout:0.25 conv:4 pool:29").settingDropout(0.5)
  let error = #expect(throws: ArchitectureError.self) { try architecture(changed) }
  #expect(error?.description.hasSuffix("(pool1, column 21)") == true, "\(error?.description ?? "no error")")
}

@Test(arguments: [
  ("relu dropout:0.2 relu", "relu relu", true),
  ("relu dropout:0.2", "dropout:0.5 relu", true),
  ("relu 2*( dropout:0.2 )", "relu", true),
  ("residual( relu dropout:0.2 )", "residual( relu )", true),
  ("concat( dropout:0.1 | conv:4 )", "concat( | conv:4 )", true),
  ("relu dropout:0.2 relu", "relu", false),
  ("residual( relu dropout:0.2 )", "relu", false),
  ("relu linear:classes,bias=no", "relu", false),
  ("relu linear:classes", "relu dropout:0", true),
])
func networksAreComparedWithoutDropout(one: String, other: String, areEqual: Bool) throws {
  #expect(try (specification(one).withoutDropout == specification(other).withoutDropout) == areEqual)
}

// MARK: - The output layer

@Test(
  arguments: [
    ("linear:10", ""), ("relu linear:10", "relu"), ("linear:10 linear:10", "linear:10"),
    ("relu linear:10,bias=no", "relu linear:classes,bias=no"),
    ("linear:9", nil), ("linear:10 relu", nil), ("relu", nil), ("2*( linear:10 )", nil),
    ("residual( linear:10 | linear:10 )", nil),
    // The output layer is already written out.
    ("linear:10 linear:classes", nil), ("linear:classes", nil), ("linear:10 linear:classes,bias=no", nil),
  ] as [(String, String?)])
func theLastLinearLayerBecomesTheOutput(text: String, taken: String?) throws {
  let result = try specification(text).takingOutput(classCount: 10)
  #expect(result?.text == taken)
  guard let result else { return }
  let original = try architecture(text)
  // There is one layer fewer, and the last one is the output layer.
  let network = try architecture(result)
  #expect(network.nodes.count == original.nodes.count - 1)
  #expect(network.nodes.last?.name == "out")
}

@Test func theOutputLayerCanBeTheOnlyLayer() throws {
  let network = try architecture("linear:classes,bias=no")
  #expect(network.nodes.map(\.name) == ["image", "out"])
  #expect(network.parameters.map(\.name) == ["out.weight"])
  #expect(network.parameterCount == 7840)
  #expect(try architecture(Specification(elements: [])).specification == "")
}

// MARK: - Equality

@Test func blanksCommentsAndDefaultsMakeNoDifference() throws {
  let plain = try specification("conv:4 residual( relu )")
  #expect(try specification("conv:4,kernel=3 # three\n residual(relu|) linear:classes") == plain)
  #expect(try specification("conv:4,kernel=5 residual( relu )") != plain)
  #expect(try specification("conv:4 residual( relu ) linear:classes,bias=no") != plain)
  #expect(try specification("conv:4 1*( residual( relu ) )") != plain)
}
