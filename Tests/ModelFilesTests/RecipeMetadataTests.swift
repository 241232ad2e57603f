// The recipe in model files: kept unchanged, absent if there is none, and checked.
import MemoryStreams
import ModelFiles
import TensorStream
import Testing

@Test(arguments: [
  "exact", "fashion-mnist", "fit filter=area fit=contain background=#ff8000 invert=auto", "~ later",
])
func aModelKeepsItsRecipe(_ text: String) throws {
  var model = try tinyModel()
  model.recipe = RecordedRecipe(text)
  #expect(try load(saved(model)) == model)
  #expect(try load(exported(model, .safetensors)).recipe?.text == text)
  let container = try Safetensors(reading: MemorySource(saved(model), name: "memory"))
  #expect(container.metadata["fm-tools.recipe"] == text)
}

@Test func aModelWithoutARecipeHasNoKeyForIt() throws {
  let container = try Safetensors(reading: MemorySource(saved(tinyModel()), name: "memory"))
  #expect(container.metadata["fm-tools.recipe"] == nil)
}

@Test(arguments: ["", "two\nlines", "ä", String(repeating: "x", count: 257)])
func malformedRecipesInAModelAreRefused(_ text: String) throws {
  var container = try Safetensors(reading: MemorySource(fixture("tiny-model.safetensors"), name: "memory"))
  container.metadata["fm-tools.recipe"] = text
  let sink = MemorySink()
  try container.write(to: sink)
  let error = #expect(throws: ModelFileError.self) { try load(sink.bytes) }
  #expect(error?.kind == .badData)
  #expect(
    error?.description.contains("fm-tools.recipe: expected 1 to 256 printable ASCII characters, got '")
      == true)
}
