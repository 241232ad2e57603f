// Models from state_dicts: the network that a state_dict belongs to, and refusals of those that belong to none.

import ByteIO
import MemoryStreams
import ModelFiles
import Networks
import TensorStream
import Testing

private func preset(_ name: String, classCount: Int = 10) throws -> Architecture {
  try Architecture(
    specification: name, input: ImageShape(height: 28, width: 28, channels: 1), classCount: classCount)
}

/// Returns a file with the given tensors, each in its own storage.
private func stateFile(_ parameters: [Parameter], isLegacy: Bool = false) -> [UInt8] {
  let tensors = parameters.map { parameter in
    var strides: [Int] = []
    for length in parameter.shape.reversed() { strides.insert((strides.first ?? 1) * length, at: 0) }
    return PickledTensor().with {
      $0.name = parameter.name
      $0.key = parameter.name
      $0.storageCount = Op.long(parameter.values.count)
      $0.shape = Op.integers(parameter.shape)
      $0.strides = Op.integers(Array(strides.dropFirst()) + [1])
      $0.view = isLegacy ? Op.none : []
    }
  }
  if isLegacy {
    let keys = Op.emptyList + Op.mark + parameters.flatMap { Op.text($0.name) } + Op.appends
    return legacyFile(
      pickle(tensors), keys: Op.proto + keys + Op.stop,
      storages: parameters.flatMap { littleEndian($0.values.count) + bytes($0.values) })
  }
  let entries = parameters.map { ZipEntry("net/data/\($0.name)", bytes($0.values)) }
  return ZipBuilder(entries: [ZipEntry("net/data.pkl", pickle(tensors))] + entries).bytes
}

private func sampleParameters(of architecture: Architecture) -> [Parameter] {
  architecture.parameters.enumerated().map { index, description in
    var values = [Float](repeating: Float(index) / 4, count: description.count)
    // The first and the last differ from the rest, and from each other.
    values[0] = -1
    values[description.count - 1] = 2
    return Parameter(name: description.name, shape: description.shape, values: values)
  }
}

@Test(arguments: ["ffnn", "cnn"], [false, true])
func aStateDictionaryOfAPresetIsReadAsThatPreset(name: String, isLegacy: Bool) throws {
  let architecture = try preset(name)
  let parameters = sampleParameters(of: architecture)
  let model = Model(
    architecture: architecture, parameters: parameters, classes: nil, history: [], training: nil)
  #expect(try load(stateFile(parameters.reversed(), isLegacy: isLegacy)) == model)
}

@Test(arguments: [2, 3, 256]) func thereAreAsManyClassesAsOutputs(count: Int) throws {
  let architecture = try preset("ffnn", classCount: count)
  let model = try load(stateFile(sampleParameters(of: architecture)))
  #expect(model.architecture == architecture)
  #expect(model.classes == nil)
}

@Test func tensorsThatMatchNoPresetAreListedByNameAndShape() throws {
  var parameters = sampleParameters(of: try preset("cnn"))
  parameters.removeAll { $0.name == "conv1.bias" }
  let index = try #require(parameters.firstIndex { $0.name == "fc2.bias" })
  parameters[index] = Parameter(name: "fc2.bias", shape: [2], values: [1, 2])
  parameters.append(Parameter(name: "bn.weight", shape: [1, 2], values: [1, 2]))
  let error = #expect(throws: ModelFileError.self) { try load(stateFile(parameters)) }
  #expect(
    error?.description
      == "memory: the tensors match no preset, and the file does not say which layers they belong to;"
      + " the nearest preset is cnn for images of 28×28: missing conv1.bias [16]; fc2.bias is [2], expected [256];"
      + " unexpected bn.weight [1, 2]")
}

@Test func aPresetWithOneClassIsRefused() throws {
  var parameters = sampleParameters(of: try preset("ffnn"))
  parameters[4] = Parameter(name: "out.weight", shape: [1, 256], values: [Float](repeating: 0, count: 256))
  parameters[5] = Parameter(name: "out.bias", shape: [1], values: [0])
  let error = #expect(throws: ModelFileError.self) { try load(stateFile(parameters)) }
  #expect(error?.description.contains("out.bias is [1], expected [10]") == true)
}

@Test func anEmptyStateDictionaryIsRefused() {
  let error = #expect(throws: ModelFileError.self) { try load(stateFile([])) }
  #expect(
    error?.description.contains("the nearest preset is ffnn for images of 28×28: missing fc1.weight") == true)
}

@Test(arguments: [Float.nan, .infinity]) func aStateDictionaryThatIsNotFiniteIsRefused(value: Float) throws {
  var parameters = sampleParameters(of: try preset("ffnn"))
  parameters[1].values[7] = value
  let error = #expect(throws: ModelFileError.self) { try load(stateFile(parameters)) }
  #expect(error?.description.contains("tensor 'fc1.bias': value 7 is \(value)") == true)
}

// MARK: - Given layers

private let small = ImageShape(height: 5, width: 4, channels: 1)

@Test(arguments: [false, true]) func aStateDictionaryIsReadWithTheGivenLayers(isLegacy: Bool) throws {
  let layers = try Specification(parsing: "conv:2 relu pool dropout:0.5 linear:3")
  let architecture = try Architecture(layers, input: small, classCount: 7)
  let parameters = sampleParameters(of: architecture)
  let source = PeekedSource(MemorySource(stateFile(parameters, isLegacy: isLegacy), name: "memory"))
  let model = try ModelFile.load(source, as: layers, input: small)
  #expect(model.architecture == architecture)
  #expect(model.parameters == parameters)
}

@Test(arguments: [
  (
    "conv:2 relu linear:3",
    "the tensors do not fit the architecture 'conv:2 relu linear:3': fc1.weight is [3, 8], expected [3, 40]"
  ),
  ("pool pool pool", "the layers that were given: layer 3 "),
])
func givenLayersThatDoNotFitAreRefused(layers: String, text: String) throws {
  let architecture = try Architecture(specification: "conv:2 relu pool linear:3", input: small, classCount: 7)
  let bytes = stateFile(sampleParameters(of: architecture))
  let error = #expect(throws: ModelFileError.self) {
    let source = PeekedSource(MemorySource(bytes, name: "memory"))
    return try ModelFile.load(source, as: Specification(parsing: layers), input: small)
  }
  #expect(error?.description.hasPrefix("memory: \(text)") == true, "\(error?.description ?? "no error")")
}

/// Dropout has an effect only in training, so the given layers may have other dropouts.
@Test func givenLayersMustBeThoseOfTheModelExceptForDropouts() throws {
  let bytes = try saved(tinyModel())
  func load(_ layers: String) throws -> Model {
    try ModelFile.load(
      PeekedSource(MemorySource(bytes, name: "memory")), as: Specification(parsing: layers), input: nil)
  }
  #expect(try load("conv:2 relu pool linear:3 relu") == tinyModel())
  let other = try load("conv:2 relu pool dropout:0.25 linear:3 relu")
  #expect(other.architecture.specification == "conv:2 relu pool dropout:0.25 linear:3 relu")
  #expect(try other.parameters == tinyModel().parameters)
  let error = #expect(throws: ModelFileError.self) { try load("conv:2 relu pool linear:3") }
  #expect(
    error?.description
      == "memory: the model's layers are 'conv:2 relu pool linear:3 relu', not 'conv:2 relu pool linear:3'")
}

// MARK: - Unbroken files are read, so that broken ones are refused for their one fault

private let four = Parameter(name: "w", shape: [4], values: [1, 2, 3, 4])

@Test func plainFilesAreRead() throws {
  let zip = archive(pickle([PickledTensor()]))
  #expect(try stateDictionary(zip.bytes) == ["w": four])
  var wide = zip
  wide.zip64 = { _ in }
  #expect(try stateDictionary(wide.bytes) == ["w": four])
  wide.directoryOffset = .max
  wide.directoryByteCount = .max
  wide.count = .max
  #expect(try stateDictionary(wide.bytes) == ["w": four])
  #expect(
    try stateDictionary(legacyFile(pickle([PickledTensor().with { $0.view = Op.none }]))) == ["w": four])
}

@Test func sizesInZip64FieldsAreRead() throws {
  var zip = archive(pickle([PickledTensor()]))
  let byteCount = UInt64(zip.entries[1].data.count)
  zip.entries[1].byteCount = .max
  zip.entries[1].originalByteCount = .max
  zip.entries[1].extra =
    littleEndian(UInt16(1)) + littleEndian(UInt16(16)) + littleEndian(byteCount) + littleEndian(byteCount)
  #expect(try stateDictionary(zip.bytes) == ["w": four])
}

@Test func aHugeStrideOfOneElementIsNeverWalked() throws {
  let tensor = PickledTensor().with {
    $0.shape = Op.integers([2, 1, 2])
    $0.strides = Op.integers([1, .max, 2])
  }
  let tensors = try stateDictionary(archive(pickle([tensor])).bytes)
  #expect(tensors["w"] == Parameter(name: "w", shape: [2, 1, 2], values: [1, 3, 2, 4]))
}

@Test func aDictionaryThatHoldsItselfIsRefused() {
  let cycle =
    Op.proto + Op.emptyDict + Op.put(0) + Op.text("model") + Op.get(0) + Op.setItem + Op.stop
  let error = #expect(throws: ModelFileError.self) { try stateDictionary(archive(cycle).bytes) }
  #expect(error?.description.contains("the state_dict's 'model' is a dictionary") == true)
}
