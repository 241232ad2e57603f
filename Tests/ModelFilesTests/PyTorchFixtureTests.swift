// Files that PyTorch wrote with various options. Fixtures/make_pytorch_fixtures.py made them.

import ModelFiles
import Networks
import Execution
import Testing

private let network: [(name: String, shape: [Int])] = [
  ("conv1.weight", [2, 1, 3, 3]), ("conv1.bias", [2]), ("out.weight", [3, 4]), ("out.bias", [3]),
]

private let stateFiles = [
  "state", "plain-dict", "protocol-3", "protocol-4", "protocol-5", "legacy", "legacy-protocol-4", "cuda",
  "legacy-cuda", "checkpoint",
]

@Test(arguments: stateFiles)
func aStateDictionaryIsReadTheSameHoweverItWasSaved(file: String) throws {
  let tensors = try stateDictionary(fixture("torch-\(file).pth"))
  #expect(tensors.count == network.count)
  for (name, shape) in network {
    let expected = Parameter(name: name, shape: shape, values: fixtureValues(shape.reduce(1, *)))
    #expect(tensors[name] == expected)
  }
}

/// Shapes, and the place of each element among the values.
private let views: [(name: String, shape: [Int], places: [Int])] = [
  ("transposed", [4, 3], [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]),
  ("rows", [2, 4], Array(4..<12)),
  ("columns", [3, 2], [1, 2, 5, 6, 9, 10]),
  ("element", [], [11]),
  ("every-other", [2, 3], [5, 7, 9, 15, 17, 19]),
  ("permuted", [4, 2, 3], (0..<4).flatMap { k in (0..<6).map { $0 * 4 + k } }),
  ("channels-last", [2, 3, 2, 2], Array(0..<24)),
  ("scalar", [], [0]),
  ("empty", [0, 3], []),
  ("parameter", [2, 2], Array(0..<4)),
  ("frozen", [2], [0, 1]),
]

@Test(arguments: ["views", "legacy-views"])
func viewsAreReadAsTheElementsTheyShow(file: String) throws {
  let tensors = try stateDictionary(fixture("torch-\(file).pth"))
  #expect(tensors.count == views.count)
  for (name, shape, places) in views {
    let expected = Parameter(name: name, shape: shape, values: places.map { Float($0 - 7) / 8 })
    #expect(tensors[name] == expected)
  }
}

@Test(arguments: ["types", "legacy-types"])
func otherFloatTypesAreReadAsFloat(file: String) throws {
  let tensors = try stateDictionary(fixture("torch-\(file).pth"))
  #expect(tensors.count == 5)
  for (name, shape) in [("half", [5]), ("brain", [2, 3]), ("double", [4]), ("single", [3])] {
    #expect(
      tensors[name] == Parameter(name: name, shape: shape, values: fixtureValues(shape.reduce(1, *))))
  }
  let transposed = [0, 3, 1, 4, 2, 5].map { Float($0 - 7) / 8 }
  #expect(
    tensors["half-transposed"] == Parameter(name: "half-transposed", shape: [3, 2], values: transposed))
}

@Test(arguments: ["state", "views", "legacy", "legacy-views"], [1, 7, 511, 512, 513])
func theSizeOfThePiecesOfPyTorchFilesMakesNoDifference(file: String, step: Int) throws {
  let whole = try fixture("torch-\(file).pth")
  #expect(try stateDictionary(whole, step: step) == stateDictionary(whole))
}

@Test(arguments: [
  ("torch-module.pth", "whole pickled module (__main__.Network)"),
  ("torch-legacy-module.pth", "whole pickled module (__main__.Network)"),
  ("torch-script.pt", "this is a TorchScript archive"),
  ("torch-tensor.pth", "holds a tensor, expected a state_dict"),
  ("torch-expanded.pth", "a tensor of shape [5], strides [0] repeats the 1 elements of its storage"),
  ("torch-integers.pth", "tensor 'steps': has a torch.LongStorage, expected floating-point numbers"),
  ("torch-without-checksums.pth", "torch.serialization.set_crc32_options(False)"),
])
func filesOfOtherObjectsAreRefusedByName(file: String, text: String) throws {
  let bytes = try fixture(file)
  let error = #expect(throws: ModelFileError.self) { try stateDictionary(bytes) }
  #expect(error?.description.contains(text) == true, "\(error?.description ?? "no error")")
  #expect(throws: ModelFileError.self) { try load(bytes) }
}

@Test(arguments: ["torch-module.pth", "torch-legacy-module.pth", "torch-script.pt", "torch-tensor.pth"])
func refusalsOfOtherObjectsSayWhatToDo(file: String) throws {
  let error = #expect(throws: ModelFileError.self) { try load(fixture(file)) }
  #expect(
    error?.description.hasSuffix("save only the weights, with torch.save(model.state_dict(), path)") == true,
    "\(error?.description ?? "no error")")
}

@Test func anOldTarFileIsRefusedByName() {
  let block = Array("storages".utf8) + [UInt8](repeating: 0, count: 249) + Array("ustar  \u{0}".utf8)
  let bytes = block + [UInt8](repeating: 0, count: 2048 - block.count)
  let error = #expect(throws: ModelFileError.self) { try load(bytes) }
  #expect(error == .notAModel(file: "memory", .tar))
  #expect(error?.description.contains("torch.save(model.state_dict(), path)") == true)
}

// MARK: - Damage

@Test(arguments: ["torch-state.pth", "torch-legacy.pth"])
func everyTruncationOfAPyTorchFileIsRefused(file: String) throws {
  let whole = try fixture(file)
  for count in 0..<whole.count {
    let error = #expect(throws: ModelFileError.self, "\(count) bytes") { try load(Array(whole[..<count])) }
    #expect(error?.kind == .badData)
  }
}

@Test(arguments: ["torch-state.pth", "torch-legacy.pth"], [0x01, 0x10, 0x80, 0xff] as [UInt8])
func aFlippedByteOfAPyTorchFileNeverTraps(file: String, mask: UInt8) throws {
  let whole = try fixture(file)
  var refused = 0
  for index in whole.indices {
    var damaged = whole
    damaged[index] ^= mask
    do {
      // A flip may hit a field that is ignored, or a value in a legacy file, which has no checksums.
      _ = try stateDictionary(damaged)
    } catch let error as ModelFileError {
      #expect(!error.description.contains("\n"))
      #expect(error.description.hasPrefix("memory: "))
      refused += 1
    }
  }
  #expect(refused > 300)
}

@Test func aFlippedByteOfAnArchivesValuesIsRefused() throws {
  let whole = try fixture("torch-state.pth")
  // The values of out.bias: -7/8, -6/8, -5/8.
  let values = fixtureValues(3).withUnsafeBytes { Array($0) }
  let place = try #require(whole.indices.last { whole[$0...].starts(with: values) })
  for index in place..<place + values.count {
    var damaged = whole
    damaged[index] ^= 1
    let error = #expect(throws: ModelFileError.self) { try stateDictionary(damaged) }
    #expect(error?.description.contains("its CRC-32 is") == true, "\(error?.description ?? "no error")")
  }
}
