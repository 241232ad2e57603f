// Models written to files and read back, and models that are refused.

import ByteIO
import MemoryStreams
import ModelFiles
import Networks
import TensorStream
import Testing

@Test func aModelIsReadBackAsItWasSaved() throws {
  let model = try tinyModel()
  #expect(try load(saved(model)) == model)
}

@Test func aModelWithoutItsOptionalPartsIsReadBack() throws {
  var model = try tinyModel()
  model.classes = nil
  model.training = nil
  model.history = []
  #expect(try load(saved(model)) == model)
  model.training = try tinyModel().training
  model.training?.validationLoss = nil
  model.training?.validationAccuracy = nil
  #expect(try load(saved(model)) == model)
}

@Test func savedBytesMatchTheStoredFile() throws {
  // Fixtures/make_fixtures.py put the stored file together.
  #expect(try saved(tinyModel()) == fixture("tiny-model.safetensors"))
}

@Test func theStoredFileIsReadAsTheModel() throws {
  #expect(try ModelFile.load(path: FilePath(fixturePath("tiny-model.safetensors"))) == tinyModel())
}

@Test func theSameModelGivesTheSameBytes() throws {
  var model = try tinyModel()
  let names = (0..<200).map { "option-\($0)" }
  model.training?.settings = Dictionary(uniqueKeysWithValues: names.map { ($0, $0) })
  let first = try saved(model)
  // Another dictionary with the same content has another order.
  model.training?.settings = Dictionary(uniqueKeysWithValues: names.reversed().map { ($0, $0) })
  #expect(try saved(model) == first)
  model.parameters.reverse()
  #expect(try saved(model) == first)
}

@Test(arguments: [1, 2, 7, 8, 9, 127, 128, 129, 1000])
func theSizeOfThePiecesMakesNoDifference(step: Int) throws {
  let source = MemorySource(try fixture("tiny-model.safetensors"), name: "memory", step: step)
  #expect(try ModelFile.load(PeekedSource(source)) == tinyModel())
}

@Test func theWeightsOfAPresetAreReadBack() throws {
  let architecture = try Architecture(
    specification: "cnn", input: ImageShape(height: 28, width: 28, channels: 1), classCount: 10)
  var next: UInt32 = 1
  let parameters = architecture.parameters.map { description in
    let values = (0..<description.count).map { _ -> Float in
      next = next &* 1_664_525 &+ 1_013_904_223
      return Float(next >> 8) * 0x1p-24 - 0.5
    }
    return Parameter(name: description.name, shape: description.shape, values: values)
  }
  let model = Model(
    architecture: architecture, parameters: parameters, classes: ClassNames.fashionMNIST, history: [],
    training: nil)
  #expect(try load(saved(model)) == model)
}

// MARK: - Truncation and damage

@Test func everyTruncationIsRefused() throws {
  let whole = try fixture("tiny-model.safetensors")
  for count in 0..<whole.count {
    let error = #expect(throws: ModelFileError.self, "\(count) bytes") { try load(Array(whole[..<count])) }
    #expect(error?.kind == .badData)
  }
}

@Test func aTruncationIsReportedWithItsPlace() throws {
  let whole = try fixture("tiny-model.safetensors")
  #expect(throws: ModelFileError.safetensors(file: "memory", .endsInHeader(expected: 1072, found: 992))) {
    try load(Array(whole[..<1000]))
  }
  let error = #expect(throws: ModelFileError.self) { try load(Array(whole.dropLast())) }
  #expect(
    error?.description
      == "memory: tensor 'out.weight': the file ends at byte 1299, but the tensor at byte 1300; the file is truncated"
  )
}

@Test func bytesAfterTheLastTensorAreRefused() throws {
  let whole = try fixture("tiny-model.safetensors")
  let error = #expect(throws: ModelFileError.self) { try load(whole + [0]) }
  #expect(error?.description.hasPrefix("memory: byte 1300: expected the end of the file") == true)
}

@Test(arguments: [0x01, 0x02, 0x10, 0x20, 0x80, 0xff] as [UInt8])
func aHeaderWithAFlippedByteNeverTraps(mask: UInt8) throws {
  let whole = try fixture("tiny-model.safetensors")
  var refused = 0
  for index in 0..<1048 {
    var damaged = whole
    damaged[index] ^= mask
    do {
      // A flip may hit a letter of a class name. A model that loads is still whole.
      let model = try load(damaged)
      #expect(model.parameters.map(\.name) == model.architecture.parameters.map(\.name))
    } catch let error as ModelFileError {
      #expect(error.description.hasPrefix("memory: "))
      refused += 1
    }
  }
  #expect(refused > 500)
}

@Test(arguments: [Float.nan, .infinity, -.infinity, .signalingNaN])
func weightsThatAreNotFiniteAreNeitherSavedNorLoaded(value: Float) throws {
  var model = try tinyModel()
  model.parameters[2].values[5] = value
  try withTemporaryDirectory { directory in
    let error = #expect(throws: ModelFileError.self) { try ModelFile.save(model, to: "\(directory)/model") }
    #expect(error?.description.contains("tensor 'fc1.weight': value 5 is") == true)
    let names = try fileNames(in: directory)
    #expect(names.isEmpty)
  }
  var bytes = try fixture("tiny-model.safetensors")
  // The file is like that of a program that writes no checksum. A checksum would be refused first.
  let key = try #require(bytes.firstRange(of: Array("fm-tools.data-crc32".utf8)))
  bytes.replaceSubrange(key, with: Array("fm-tools.data-other".utf8))
  // fc1.weight begins at byte 92 of the data, which begins at byte 1080.
  let place = 1080 + 92 + 5 * 4
  bytes.replaceSubrange(
    place..<(place + 4), with: withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init))
  let error = #expect(throws: ModelFileError.self) { try load(bytes) }
  #expect(error?.description.contains("tensor 'fc1.weight': value 5 is") == true)
}

// MARK: - Saving

@Test func aRefusedModelLeavesTheOlderFileUntouched() throws {
  try withTemporaryDirectory { directory in
    let path = "\(directory)/model"
    try write([1, 2, 3], to: path)
    var model = try tinyModel()
    model.parameters.removeLast()
    #expect(throws: ModelFileError.self) { try ModelFile.save(model, to: FilePath(path)) }
    #expect(try contents(of: path) == [1, 2, 3])
    let names = try fileNames(in: directory)
    #expect(names == ["model"])
  }
}

@Test func savingReplacesAnOlderFileAndLeavesNothingElse() throws {
  try withTemporaryDirectory { directory in
    let path = "\(directory)/model"
    try write([1, 2, 3], to: path)
    try ModelFile.save(tinyModel(), to: FilePath(path))
    #expect(try ModelFile.load(path: FilePath(path)) == tinyModel())
    let names = try fileNames(in: directory)
    #expect(names == ["model"])
  }
}

@Test func figuresThatAreNotFiniteAreRefusedOnSaving() throws {
  var model = try tinyModel()
  model.training?.trainingLoss = .infinity
  let error = #expect(throws: ModelFileError.self) { try saved(model) }
  #expect(error?.description.contains("fm-tools.training: expected an object of training figures") == true)
}

@Test func theWrongNumberOfClassNamesIsRefusedOnSaving() throws {
  var model = try tinyModel()
  model.classes = ["one"]
  let error = #expect(throws: ModelFileError.self) { try saved(model) }
  #expect(error?.description.hasSuffix("fm-tools.classes: 1 name for 2 classes") == true)
}

@Test func noFileIsCreatedInAMissingFolder() throws {
  try withTemporaryDirectory { directory in
    let error = #expect(throws: (any Error).self) {
      try ModelFile.save(tinyModel(), to: "\(directory)/no/model")
    }
    #expect((error as? any Failure)?.kind == .cannotCreate)
  }
}

@Test func missingFilesAndFoldersCannotBeOpened() throws {
  try withTemporaryDirectory { directory in
    for path in ["\(directory)/missing", directory] {
      let error = #expect(throws: (any Error).self) { try ModelFile.load(path: FilePath(path)) }
      #expect((error as? any Failure)?.kind == .cannotOpen)
    }
  }
}
