// Recipes in the ends of streams: their texts, which of them agree, and the recipe of joined streams.
import JSON
import MemoryStreams
import Testing

@testable import TensorStream

private let format = RecordFormat(
  content: .image(ImageShape(height: 2, width: 3, channels: 1)), hasLabels: false, hasNames: false)

private func stream(recipe: String?) throws -> [UInt8] {
  let sink = MemorySink()
  let writer = TensorStreamWriter(sink, format: format)
  try writer.append(sampleBatch(format, count: 2))
  try writer.finish(classes: nil, history: [], recipe: recipe.flatMap(RecordedRecipe.init(_:)))
  return sink.bytes
}

/// Reads a stream to its end, and returns its recipe.
private func recipe(of bytes: [UInt8]) throws -> String? {
  let reader = try TensorStreamReader(MemorySource(bytes))
  var batch = RecordBatch(format: reader.format)
  while try reader.read(into: &batch, limit: 3) > 0 {
    #expect(reader.segmentCount > 0 || reader.recipe == nil)
  }
  return reader.recipe?.text
}

@Suite struct RecipeTests {
  @Test func theRecipeIsSortedAmongTheKeysOfTheEnd() throws {
    let end = StreamEnd(
      classes: nil, checksum: 0xABC, history: ["x"], recordCount: 12, recipe: RecordedRecipe("fashion-mnist"))
    #expect(end.text == #"{"crc32":"00000abc","history":["x"],"recipe":"fashion-mnist","records":12}"#)
    #expect(try StreamEnd(parsing: end.text.utf8) == end)
  }

  @Test func aStreamKeepsItsRecipeAndOmitsAMissingOne() throws {
    #expect(try recipe(of: stream(recipe: "fit filter=area")) == "fit filter=area")
    let bytes = try stream(recipe: nil)
    #expect(try recipe(of: bytes) == nil)
    #expect(!String(decoding: bytes, as: UTF8.self).contains("recipe"))
  }

  @Test(arguments: ["", " ", "a", "exact", String(repeating: "x", count: 256), "~!\"\\"])
  func printableTextsAreRecipes(_ text: String) {
    #expect(RecordedRecipe(text)?.text == (text.isEmpty ? nil : text))
  }

  @Test(arguments: [
    "null", "1", "[]", #""""#, #""a\tb""#, #""ä""#, "\"" + String(repeating: "x", count: 257) + "\"",
  ])
  func otherValuesAreRefused(_ value: String) {
    let text = #"{"crc32":"00000000","history":[],"recipe":\#(value),"records":0}"#
    let error = #expect(throws: EndProblem.self) { try StreamEnd(parsing: text.utf8) }
    #expect(
      error == .valueUnexpected(key: "recipe", expected: "a string of 1 to 256 printable ASCII characters"))
  }

  /// Two recipes that agree, and the recipe of the joined streams.
  @Test(arguments: [
    (nil, nil, nil), ("a", nil, "a"), (nil, "a", "a"), ("a", "a", "a"), ("exact", "a", "a"),
    ("a", "exact", "a"),
    ("exact", nil, "exact"), (nil, "exact", "exact"), ("exact background=9", "a", "a"),
    ("exact", "exact background=9", "exact background=9"), ("exactly", "exactly", "exactly"),
  ])
  func recipesThatAgreeAreJoined(_ one: String?, _ other: String?, _ joined: String?) throws {
    #expect(try recipe(of: stream(recipe: one) + stream(recipe: other)) == joined)
    let (first, second) = (one.flatMap(RecordedRecipe.init(_:)), other.flatMap(RecordedRecipe.init(_:)))
    #expect(RecordedRecipe.agree(first, second) && RecordedRecipe.agree(second, first))
  }

  @Test(arguments: [("a", "b"), ("exactly", "a"), ("fit filter=area", "fit filter=nearest"), ("a", "a ")])
  func conflictingRecipesAreNotJoined(_ one: String, _ other: String) throws {
    for middle in [[], [nil], ["exact"]] as [[String?]] {
      let bytes = try ([one] + middle + [other]).flatMap { try stream(recipe: $0) }
      let error = #expect(throws: StreamError.self) { try recipe(of: bytes) }
      #expect(error?.description.contains("only streams of one recipe can be joined") == true)
      #expect(error?.description.contains("'\(one)', found '\(other)'") == true)
    }
  }
}
