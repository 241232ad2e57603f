// The texts of a model file that not every model has, the temperature and the recipe: kept unchanged, absent if there is
// none, and checked.
import MemoryStreams
import ModelFiles
import Networks
import TensorStream
import Testing

// MARK: - The temperature, by which ONNX graphs divide

@Test(arguments: [Float(0.01), 0.72043270, 1, 1.1, 100, Float(1).nextUp])
func aModelKeepsItsTemperature(_ temperature: Float) throws {
  var model = try tinyModel()
  model.temperature = temperature
  #expect(try load(saved(model)) == model)
  #expect(try load(exported(model, .safetensors)).temperature == temperature)
  let container = try Safetensors(reading: MemorySource(saved(model), name: "memory"))
  #expect(container.metadata["fm-tools.temperature"] == "\(temperature)")
}

@Test func aModelWithoutATemperatureHasNoKeyForIt() throws {
  let container = try Safetensors(reading: MemorySource(saved(tinyModel()), name: "memory"))
  #expect(container.metadata["fm-tools.temperature"] == nil)
}

@Test(arguments: [
  "", "0", "0.0", "-1", "-0.5", "nan", "inf", "-inf", "infinity", "1e39", "0.009", "100.1", "1,5", "one",
  "0x1p0",
  "+1", " 1", "1 ", "1\n", "1.0.0", "١",
])
func invalidTemperaturesAreRefused(_ text: String) throws {
  var container = try Safetensors(reading: MemorySource(fixture("tiny-model.safetensors"), name: "memory"))
  container.metadata["fm-tools.temperature"] = text
  let sink = MemorySink()
  try container.write(to: sink)
  let error = #expect(throws: ModelFileError.self) { try load(sink.bytes) }
  #expect(error?.kind == .badData)
  #expect(
    error?.description.contains("fm-tools.temperature: expected a number from 0.01 to 100, got '") == true)
}

@Test(arguments: [Float.nan, 0, -1, 1000]) func anInvalidTemperatureIsNotWritten(_ temperature: Float)
  throws
{
  var model = try tinyModel()
  model.temperature = temperature
  #expect(throws: ModelFileError.self) { try saved(model) }
}

@Test func aStateDictHasNoPlaceForATemperature() throws {
  var model = try tinyModel()
  let plain = try exported(model, .pth)
  model.temperature = 2
  #expect(try exported(model, .pth) == plain)
  #expect(try exported(model, .onnx) != exported(tinyModel(), .onnx))
}

// MARK: - The recipe

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
