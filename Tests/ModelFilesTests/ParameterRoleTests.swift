// Tensors of every role in every kind of file: weights, running statistics, counts of steps. Weights as 16-bit floats.

import ByteIO
import MemoryStreams
import Networks
import TensorStream
import Testing

@testable import ModelFiles

private let network = GalleryNetwork.all[2]

private func readBack(_ bytes: [UInt8], _ model: Model) throws -> Model {
  let source = PeekedSource(MemorySource(bytes, name: "memory"))
  return try ModelFile.load(source, as: model.architecture.tree, input: model.architecture.input)
}

@Test(arguments: [ModelFormat.pth, .safetensors])
func everyRoleIsReadBackBitByBit(format: ModelFormat) throws {
  var model = try network.model()
  let counter = try #require(model.architecture.parameters.firstIndex { $0.role == .counter })
  // The largest number up to which a Float represents all whole numbers.
  model.parameters[counter].values = [0x1p24]
  let bytes = try exported(model, format)
  let again = try readBack(bytes, model)
  #expect(again.architecture == model.architecture && again.parameters == model.parameters)
  #expect(try exported(again, format) == bytes)
}

@Test func countsOfStepsAreIntegersInTheFile() throws {
  let model = try network.model()
  let bytes = try exported(model, .safetensors)
  let header = try SafetensorsReader(MemorySource(bytes)).readHeader()
  for description in model.architecture.parameters {
    let tensor = try #require(header.tensors.first { $0.name == description.name })
    #expect(tensor.elementType == (description.role == .counter ? .i64 : .f32))
    #expect(tensor.shape == description.shape)
    #expect(tensor.byteRange.lowerBound.isMultiple(of: tensor.elementType.byteCount))
  }
}

/// Files of PyTorch before 0.4.1 have none.
@Test func aForeignFileMayLackCountsOfSteps() throws {
  let model = try network.model()
  let tensors = model.parameters.filter { !$0.name.hasSuffix("num_batches_tracked") }
  #expect(tensors.count < model.parameters.count)
  let sink = MemorySink()
  try Safetensors(
    tensors: tensors.map { .init(name: $0.name, shape: $0.shape, values: $0.values) }, metadata: [:]
  ).write(to: sink)
  let again = try readBack(sink.bytes, model)
  #expect(again.parameters.count == model.architecture.parameters.count)
  for (parameter, description) in zip(again.parameters, model.architecture.parameters) {
    let original = model.parameters.first { $0.name == parameter.name }?.values
    #expect(parameter.values == (description.role == .counter ? [0] : original))
  }
  // Our own files must have them.
  var ours = try SafetensorsModel.container(for: model, file: "memory")
  ours.metadata[Safetensors.checksumKey] = nil
  ours.tensors.removeAll { $0.name.hasSuffix("num_batches_tracked") }
  let native = MemorySink()
  try ours.write(to: native)
  let error = #expect(throws: ModelFileError.self) { try load(native.bytes) }
  #expect(error?.description.contains("missing norm1.num_batches_tracked []") == true)
}

@Test(
  arguments: [
    (ParameterRole.variance, -0.25, "value 1 is -0.25, expected a variance, which is 0 or more"),
    (.variance, .nan, "value 1 is nan, expected a finite number"),
    (.mean, .infinity, "value 1 is inf, expected a finite number"),
    (.counter, -1, "is -1.0, expected a number of steps"),
    (.counter, 1.5, "is 1.5, expected a number of steps"),
    (.counter, 0x1p63, "expected a number of steps"), (.counter, .nan, "expected a finite number"),
  ] as [(ParameterRole, Float, String)])
func valuesThatARoleCannotHaveAreRefused(role: ParameterRole, value: Float, text: String) throws {
  var model = try network.model()
  let index = try #require(model.architecture.parameters.firstIndex { $0.role == role })
  model.parameters[index].values[role == .counter ? 0 : 1] = value
  for format in ModelFormat.allCases {
    let error = #expect(throws: ModelFileError.self) { try exported(model, format) }
    #expect(error?.description.hasPrefix("stdout: tensor '\(model.parameters[index].name)': ") == true)
    #expect(error?.description.contains(text) == true, "\(error.debugDescription)")
  }
  // The same in another program's file, where a count can be any number.
  let sink = MemorySink()
  try Safetensors(
    tensors: model.parameters.map { .init(name: $0.name, shape: $0.shape, values: $0.values) }, metadata: [:]
  ).write(to: sink)
  let error = #expect(throws: ModelFileError.self) { try readBack(sink.bytes, model) }
  #expect(error?.description.contains(text) == true, "\(error.debugDescription)")
}

@Test func aVarianceOfZeroIsRead() throws {
  var model = try network.model()
  let index = try #require(model.architecture.parameters.firstIndex { $0.role == .variance })
  model.parameters[index].values[0] = 0
  #expect(try readBack(exported(model, .pth), model).parameters == model.parameters)
}

// MARK: - Types

/// Every half rounds to itself. Halfway between two, the one whose last bit is 0 wins, and otherwise the nearer one.
@Test func halvesRoundToNearestEven() {
  let wrong = (UInt16(0)..<0x7c00).filter { bits in
    let half = Float(halfBits: bits)
    // The next half after the largest would be 65536. From halfway to it on, values round to infinity.
    let next = bits == 0x7bff ? 65536 : Float(halfBits: bits + 1)
    let middle = (half + next) / 2
    return half.halfBits != bits || (-half).halfBits != bits | 0x8000
      || middle.halfBits != (bits.isMultiple(of: 2) ? bits : bits + 1)
      || middle.nextDown.halfBits != bits || middle.nextUp.halfBits != bits + 1
  }
  #expect(wrong == [])
  #expect(Float.infinity.halfBits == 0x7c00 && (-Float.infinity).halfBits == 0xfc00)
  #expect(Float(halfBits: Float.nan.halfBits).isNaN)
}

@Test func brainFloatsRoundToNearestEven() {
  let wrong = (UInt32(0)...0x7f7f).filter { bits in
    // Values from this one to halfway to the next, and beyond.
    func bitsOfThis(_ more: UInt32) -> UInt16 { Float(bitPattern: bits << 16 | more).brainBits }
    let (this, next) = (UInt16(bits), UInt16(bits + 1))
    return bitsOfThis(0) != this || bitsOfThis(0x7fff) != this || bitsOfThis(0x8001) != next
      || bitsOfThis(0x8000) != (bits.isMultiple(of: 2) ? this : next)
      || (-Float(bitPattern: bits << 16)).brainBits != this | 0x8000
  }
  #expect(wrong == [])
  #expect(Float.greatestFiniteMagnitude.brainBits == 0x7f80)
  #expect(Float(bitPattern: UInt32(Float.nan.brainBits) << 16).isNaN)
}

private func rounded(_ value: Float, _ type: TensorType) -> Float {
  switch type {
  case .float32: value
  case .float16: Float(halfBits: value.halfBits)
  case .bfloat16: Float(bitPattern: UInt32(value.brainBits) << 16)
  }
}

private func exported(_ model: Model, _ format: ModelFormat, _ type: TensorType) throws -> [UInt8] {
  let sink = MemorySink()
  try ModelFile.export(model, as: format, type: type, to: sink)
  return sink.bytes
}

@Test(arguments: [ModelFormat.pth, .safetensors], TensorType.allCases)
func learnedValuesAreWrittenInTheTypeAndStatisticsUnchanged(format: ModelFormat, type: TensorType) throws {
  let model = try network.model()
  let again = try readBack(exported(model, format, type), model)
  for (index, description) in model.architecture.parameters.enumerated() {
    let isRounded = description.role.isLearned
    #expect(
      again.parameters[index].values
        == model.parameters[index].values.map { isRounded ? rounded($0, type) : $0 })
  }
}

@Test(arguments: [(TensorType.float16, 65520), (.bfloat16, 3.4e38)] as [(TensorType, Float)])
func valuesTooLargeForTheTypeAreRefused(type: TensorType, value: Float) throws {
  var model = try network.model()
  model.parameters[0].values[3] = -value.nextDown
  if type == .float16 { #expect(try !exported(model, .pth, type).isEmpty) }
  model.parameters[0].values[3] = -value
  for format in [ModelFormat.pth, .safetensors] {
    let error = #expect(throws: ModelFileError.self) { try exported(model, format, type) }
    #expect(error?.description.contains("tensor 'conv1.weight': value 3 is -\(value), too large for") == true)
    #expect(try !exported(model, format, .float32).isEmpty)
  }
}

private let hasTorch = runPython("import numpy, safetensors.torch, torch")?.status == 0

/// PyTorch rounds the float32 file's values itself.
@Test(.enabled(if: hasTorch, "Python has no torch and safetensors packages"), arguments: TensorType.allCases)
func pyTorchReadsEveryType(type: TensorType) throws {
  let script = """
    import safetensors.torch, sys, torch
    directory, type = sys.argv[1:]
    type = getattr(torch, type)
    whole = torch.load(directory + "/whole.pth", weights_only=True)
    for state in (torch.load(directory + "/model.pth", weights_only=True),
                  safetensors.torch.load_file(directory + "/model.safetensors")):
        assert set(state) == set(whole)
        for name, tensor in whole.items():
            if name.endswith("num_batches_tracked"):
                assert tensor.dtype == torch.int64 and tensor.shape == () and tensor == 7, name
            elif "running" not in name:
                tensor = tensor.to(type)
            assert state[name].dtype == tensor.dtype and torch.equal(state[name], tensor), name
    print("done")
    """
  try withTemporaryDirectory { directory in
    let model = try network.model()
    try write(exported(model, .pth), to: "\(directory)/whole.pth")
    for format in [ModelFormat.pth, .safetensors] {
      try write(exported(model, format, type), to: "\(directory)/model.\(format.rawValue)")
    }
    let result = try #require(runPython(script, directory, type.rawValue))
    #expect(result.status == 0 && result.output == "done\n")
  }
}

/// Returns a model with a storage type that is first named late: its number in the pickle's memo takes four bytes.
private func lateNormalisation() throws -> Model {
  try GalleryNetwork(
    name: "late", specification: "\(String(repeating: "linear:3 ", count: 45)) norm linear:2 norm",
    input: ImageShape(height: 2, width: 1, channels: 1)
  ).model()
}

@Test func aStorageTypeThatIsFirstNamedLateIsReadBack() throws {
  let model = try lateNormalisation()
  #expect(try readBack(exported(model, .pth), model).parameters == model.parameters)
}

@Test(.enabled(if: hasTorch, "Python has no torch and safetensors packages"))
func pyTorchWritesTheSamePickle() throws {
  let script = """
    import collections, io, sys, torch, zipfile
    state = torch.load(sys.argv[1], weights_only=True)
    copy = io.BytesIO()
    torch.save(collections.OrderedDict((name, tensor.clone()) for name, tensor in state.items()), copy)
    theirs, ours = zipfile.ZipFile(copy), zipfile.ZipFile(sys.argv[1])
    assert theirs.read("archive/data.pkl") == ours.read("archive/data.pkl")
    print(len(state))
    """
  try withTemporaryDirectory { directory in
    for model in [try network.model(), try lateNormalisation()] {
      for type in TensorType.allCases {
        try write(exported(model, .pth, type), to: "\(directory)/model.pth")
        let result = try #require(runPython(script, "\(directory)/model.pth"))
        #expect(result.status == 0 && result.output == "\(model.parameters.count)\n")
      }
    }
  }
}
