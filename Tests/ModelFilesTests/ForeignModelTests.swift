// Models whose tensors another program saved: with prefixed names, within checkpoints of training scripts, or in
// safetensors files without our metadata.

import ByteIO
import MemoryStreams
import ModelFiles
import Networks
import TensorStream
import Testing

/// A network small enough to be written operation by operation.
private let layers = try! Specification(parsing: "linear:2 relu")
private let input = ImageShape(height: 2, width: 1, channels: 1)
/// fc1.weight [2, 2], fc1.bias [2], out.weight [2, 2], out.bias [2]: all views of one storage of four values.
private let shapes: [(name: String, shape: [Int])] = [
  ("fc1.weight", [2, 2]), ("fc1.bias", [2]), ("out.weight", [2, 2]), ("out.bias", [2]),
]

private func tensors(prefix: String = "") -> [PickledTensor] {
  shapes.map { name, shape in
    PickledTensor().with {
      $0.name = prefix + name
      $0.shape = Op.integers(shape)
      $0.strides = Op.integers(shape.count == 2 ? [2, 1] : [1])
    }
  }
}

/// Returns the operations that leave a dictionary of the tensors on the stack.
private func stateDict(prefix: String = "") -> [UInt8] {
  joined(
    Op.orderedDict, Op.mark, tensors(prefix: prefix).flatMap { Op.text($0.name) + $0.tensor }, Op.setItems)
}

/// Returns the pickle of a dictionary. Each value is given as the operations that leave it on the stack.
private func checkpoint(_ items: [(key: String, value: [UInt8])]) -> [UInt8] {
  joined(Op.proto, Op.emptyDict, Op.mark, items.flatMap { Op.text($0.key) + $0.value }, Op.setItems, Op.stop)
}

private func read(_ bytes: [UInt8], as specification: Specification? = layers) throws -> Model {
  try readWithNotes(bytes, as: specification).model
}

private func readWithNotes(
  _ bytes: [UInt8], as specification: Specification? = layers
) throws -> (model: Model, notes: [String]) {
  var notes: [String] = []
  let source = PeekedSource(MemorySource(bytes, name: "memory"))
  let model = try ModelFile.load(source, as: specification, input: input) { notes.append($0) }
  return (model, notes)
}

private func isThatNetwork(_ model: Model) -> Bool {
  model.architecture.specification == "linear:2 relu"
    && model.parameters.map(\.name) == shapes.map(\.name)
    && model.parameters.map(\.values) == [[1, 2, 3, 4], [1, 2], [1, 2, 3, 4], [1, 2]]
}

// MARK: - Names

@Test(arguments: [
  "", "module.", "_orig_mod.", "model.", "net.", "module._orig_mod.", "a.b.c.d.e.f.g.h.", "Netz-Ä.",
])
func aPrefixOfAllNamesIsIgnored(prefix: String) throws {
  let (model, notes) = try readWithNotes(
    archive(joined(Op.proto, stateDict(prefix: prefix), Op.stop)).bytes)
  #expect(isThatNetwork(model))
  #expect(notes == (prefix.isEmpty ? [] : ["memory: all names begin with '\(prefix)', which is ignored"]))
}

@Test func aPrefixOfSomeNamesIsRefusedByName() throws {
  var mixed = tensors(prefix: "module.")
  mixed[3].name = "out.bias"
  let error = #expect(throws: ModelFileError.self) { try read(archive(pickle(mixed)).bytes) }
  #expect(
    error?.description.contains("unexpected module.fc1.weight [2, 2]") == true, "\(error.debugDescription)")
}

/// The name of a layer is not a prefix: in a network of one layer, all names begin with `out.`.
@Test func aNetworkOfOneLayerKeepsItsName() throws {
  let single = tensors().suffix(2)
  for prefix in ["", "module."] {
    let named = single.map { tensor in tensor.with { $0.name = prefix + tensor.name } }
    let model = try read(archive(pickle(Array(named))).bytes, as: Specification(parsing: "relu"))
    #expect(model.parameters.map(\.name) == ["out.weight", "out.bias"])
  }
}

@Test func unexpectedBatchNormalisationIsNamed() throws {
  let more =
    tensors() + [
      PickledTensor().with {
        $0.name = "bn1.running_mean"
        $0.shape = Op.integers([2])
      }
    ]
  let error = #expect(throws: ModelFileError.self) { try read(archive(pickle(more)).bytes) }
  #expect(error?.description.contains("unexpected bn1.running_mean [2]") == true)
  #expect(error?.description.contains("batch normalisation") == true)
}

// MARK: - Checkpoints of training scripts

@Test(arguments: ["state_dict", "model_state_dict", "model", "ema", "net", "weights", "generator"])
func theStateDictWithinACheckpointIsFound(key: String) throws {
  let file = checkpoint([
    ("epoch", Op.int(3)), (key, stateDict(prefix: "model.")), ("hyper_parameters", Op.emptyDict),
    ("optimizer_state_dict", joined(Op.emptyDict, Op.text("state"), Op.emptyDict, Op.setItem)),
  ])
  let (model, notes) = try readWithNotes(archive(file).bytes)
  #expect(isThatNetwork(model))
  #expect(
    notes == [
      "memory: reading the weights under '\(key)'",
      "memory: all names begin with 'model.', which is ignored",
    ])
}

/// The file also has an average of the weights. A dictionary of settings has a usual key, but no tensors.
@Test func theLikeliestOfTheUsualKeysIsTakenAndTheOthersAreNamed() throws {
  let settings = joined(Op.emptyDict, Op.text("width"), Op.int(3), Op.setItem)
  let file = checkpoint([("ema", stateDict(prefix: "a.")), ("state_dict", settings), ("model", stateDict())])
  let (model, notes) = try readWithNotes(archive(file).bytes)
  #expect(isThatNetwork(model))
  #expect(
    notes == [
      "memory: 'ema' also has tensors, and is ignored", "memory: reading the weights under 'model'",
    ])
}

/// A script may put its figures into the state_dict itself.
@Test func entriesThatAreNotTensorsAreIgnoredWithANote() throws {
  let items = tensors().map { (key: $0.name, value: $0.tensor) }
  let more: [(key: String, value: [UInt8])] = [("epoch", Op.int(3)), ("names", Op.emptyList)]
  let (model, notes) = try readWithNotes(archive(checkpoint([more[0]] + items + [more[1]])).bytes)
  #expect(isThatNetwork(model))
  #expect(notes == ["memory: entries that are not tensors are ignored: epoch (an integer), names (a list)"])
}

@Test func severalDictionariesOfTensorsAreRefused() throws {
  let file = checkpoint([("first", stateDict()), ("second", stateDict())])
  let error = #expect(throws: ModelFileError.self) { try read(archive(file).bytes) }
  #expect(
    error?.description.contains("several dictionaries of tensors (first, second)") == true,
    "\(error.debugDescription)")
}

/// Values that training scripts keep beside tensors, as Python pickles them. Each leaves one value on the stack.
private let harmless: [(what: String, operations: [UInt8])] = {
  let latin = joined(
    Op.global("_codecs", "encode"), Op.text("ÍÌì?"), Op.text("latin1"), Op.tuple2, Op.reduce)
  let type = joined(
    Op.global("numpy", "dtype"), Op.text("f8"), Op.no, Op.yes, Op.tuple3, Op.reduce, Op.mark, Op.int(3),
    Op.text("<"), Op.none, Op.none, Op.none, Op.int(-1), Op.int(-1), Op.int(0), Op.tuple, Op.build)
  func scalar(_ module: String) -> [UInt8] {
    joined(Op.global(module, "scalar"), type, latin, Op.tuple2, Op.reduce)
  }
  let array = joined(
    Op.global("numpy._core.multiarray", "_reconstruct"), Op.global("numpy", "ndarray"), Op.int(0), Op.tuple1,
    latin, Op.tuple3, Op.reduce, Op.mark, Op.int(1), Op.int(3), Op.tuple1, type, Op.no, latin, Op.tuple,
    Op.build)
  let newObject: [UInt8] = [0x81]
  return [
    ("numpy 2 scalar", scalar("numpy._core.multiarray")), ("numpy 1 scalar", scalar("numpy.core.multiarray")),
    ("numpy array", array), ("bytes", latin), ("bytes of protocol 3", [0x43, 3, 1, 0xff, 0]),
    ("long bytes", [0x42, 2, 0, 0, 0, 0xff, 0]),
    ("path", joined(Op.global("pathlib", "PosixPath"), Op.text("x"), Op.tuple1, Op.reduce)),
    (
      "Namespace",
      joined(
        Op.global("argparse", "Namespace"), Op.emptyTuple, newObject, Op.emptyDict, Op.text("lr"), Op.int(1),
        Op.setItem, Op.build)
    ),
    (
      "defaultdict",
      joined(
        Op.global("collections", "defaultdict"), Op.global("builtins", "int"), Op.tuple1, Op.reduce,
        Op.text("a"), Op.int(1), Op.setItem)
    ),
    (
      "Lightning's dictionary",
      joined(
        Op.global("lightning.fabric.utilities.data", "AttributeDict"), Op.emptyTuple, newObject, Op.mark,
        Op.text("lr"), Op.int(1), Op.setItems)
    ),
    ("set", [0x8f, 0x28] + Op.int(1) + [0x90]), ("frozen set", [0x28] + Op.int(1) + [0x91]),
    ("type of elements", Op.global("torch", "float32")),
    ("device", joined(Op.global("torch", "device"), Op.text("cpu"), Op.tuple1, Op.reduce)),
    ("size", joined(Op.global("torch", "Size"), Op.emptyTuple, Op.tuple1, Op.reduce)),
  ]
}()

@Test(arguments: harmless.indices) func harmlessValuesBesideTheTensorsAreSkipped(index: Int) throws {
  let file = checkpoint([("best", harmless[index].operations), ("state_dict", stateDict())])
  #expect(isThatNetwork(try read(archive(file).bytes)), "\(harmless[index].what)")
}

/// None of these values is taken for a tensor.
@Test(arguments: harmless.indices) func harmlessValuesAreNotTensors(index: Int) throws {
  let file = checkpoint([("fc1.weight", harmless[index].operations)])
  let error = #expect(throws: ModelFileError.self) { try read(archive(file).bytes) }
  #expect(error?.description.contains("expected a tensor") == true, "\(error.debugDescription)")
}

@Test(arguments: [
  (joined(Op.none, Op.emptyTuple, [0x81]), "the pickle calls None"),
  (joined(Op.global("torch", "FloatStorage"), Op.emptyTuple, [0x81]), "the pickle calls"),
  (joined(Op.global("argparse", "Namespace"), Op.none, [0x81]), "the arguments of argparse.Namespace"),
  (joined(Op.global("argparse", "Namespace"), Op.none, Op.reduce), "the arguments of argparse.Namespace"),
  ([0x43, 200, 1], "the pickle ends within an operation"),
  ([0x42, 0xff, 0xff, 0xff, 0xff], "the pickle ends within an operation"),
  ([0x28, 0x90], "takes a value that does not exist"),
  (joined(Op.emptyList, [0x28, 0x90]), "appends to a list"),
  ([0x90], "ends a collection that was not begun"), ([0x91], "ends a collection that was not begun"),
])
func brokenOperationsAreRefused(operations: [UInt8], text: String) {
  let error = #expect(throws: ModelFileError.self) {
    try read(archive(joined(Op.proto, operations, Op.stop)).bytes)
  }
  #expect(error?.description.contains(text) == true, "\(error.debugDescription)")
}

// MARK: - safetensors of other programs

private func foreign(prefix: String = "", more: [Safetensors.Tensor] = []) throws -> [UInt8] {
  let values: [[Float]] = [[1, 2, 3, 4], [1, 2], [1, 2, 3, 4], [1, 2]]
  let tensors = zip(shapes, values).map {
    Safetensors.Tensor(name: prefix + $0.0.name, shape: $0.0.shape, values: $0.1)
  }
  let sink = MemorySink()
  try Safetensors(tensors: tensors + more, metadata: ["format": "pt"]).write(to: sink)
  return sink.bytes
}

@Test(arguments: ["", "module.", "model."])
func safetensorsWithoutOurMetadataAreReadWithTheGivenLayers(prefix: String) throws {
  #expect(isThatNetwork(try read(foreign(prefix: prefix))))
}

@Test func theOutputLayerMayBeGivenExplicitly() throws {
  let written = try Specification(parsing: "linear:2 relu linear:2")
  #expect(isThatNetwork(try read(foreign(), as: written)))
  #expect(isThatNetwork(try read(archive(joined(Op.proto, stateDict(), Op.stop)).bytes, as: written)))
}

@Test func safetensorsThatMatchNoPresetAreRefusedWithTheNearest() throws {
  let error = #expect(throws: ModelFileError.self) { try read(foreign(), as: nil) }
  #expect(error?.description.contains("which layers they belong to; the nearest preset is ffnn") == true)
  let extra = try foreign(more: [Safetensors.Tensor(name: "bn1.running_var", shape: [], values: [1])])
  let other = #expect(throws: ModelFileError.self) { try read(extra) }
  #expect(other?.description.contains("unexpected bn1.running_var []") == true)
}

@Test func aStepCountWithoutALayerIsIgnoredWithANote() throws {
  for type in [SafetensorsElementType.i64, .f32] {
    let count = Safetensors.Tensor(
      name: "bn1.num_batches_tracked", shape: [], values: [7], elementType: type)
    let (model, notes) = try readWithNotes(foreign(more: [count]))
    #expect(isThatNetwork(model))
    #expect(
      notes == ["memory: step counts without a layer here are ignored: bn1.num_batches_tracked"])
  }
}

@Test func safetensorsOfAPresetAreReadAsThatPreset() throws {
  let architecture = try Architecture(
    specification: "ffnn", input: ImageShape(height: 28, width: 28, channels: 1), classCount: 10)
  let tensors = architecture.parameters.map {
    Safetensors.Tensor(
      name: "net." + $0.name, shape: $0.shape, values: [Float](repeating: 0.5, count: $0.count))
  }
  let sink = MemorySink()
  try Safetensors(tensors: tensors, metadata: [:]).write(to: sink)
  let model = try read(sink.bytes, as: nil)
  #expect(model.architecture == architecture)
  guard case .model(let content) = try SafetensorsContent(reading: MemorySource(sink.bytes, name: "memory"))
  else {
    Issue.record("expected a model")
    return
  }
  #expect(content == model)
}

// MARK: - The checksum

/// Flips a bit in every seventh byte of the weights of one of our files.
@Test func aFlippedBitInTheWeightsIsNoticed() throws {
  let whole = try saved(tinyModel())
  let dataByteCount = try 4 * tinyModel().parameters.reduce(0) { $0 + $1.values.count }
  for offset in stride(from: whole.count - dataByteCount, to: whole.count, by: 7) {
    var damaged = whole
    damaged[offset] ^= UInt8(1 << (offset % 8))
    let source = PeekedSource(MemorySource(damaged, name: "memory"))
    let error = #expect(throws: ModelFileError.self) { try ModelFile.load(source) }
    #expect(error?.kind == .badData)
    #expect(error?.description.contains("the weights are damaged: their CRC-32 is") == true)
  }
}

/// This is how the documentation defines the checksum.
@Test func theChecksumIsOverAllBytesAfterTheHeader() throws {
  let whole = try saved(tinyModel())
  let headerByteCount = Int(whole[0]) | Int(whole[1]) << 8
  var sum = CRC32()
  whole[(8 + headerByteCount)...].withUnsafeBytes { sum.update($0) }
  let text = String(decoding: whole[8..<(8 + headerByteCount)], as: UTF8.self)
  #expect(text.contains("\"fm-tools.data-crc32\":\"\(checksumText(sum.value))\""))
}
