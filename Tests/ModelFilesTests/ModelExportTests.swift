// Exported models equal, byte by byte, the files that other tools write (Fixtures/make_export_fixtures.py).

import ByteIO
import MemoryStreams
import Networks
import TensorStream
import Testing

@testable import ModelFiles

@Test(
  arguments: [
    (ModelFormat.pth, "tiny-model.pth"), (.onnx, "tiny-model.onnx"), (.safetensors, "tiny-model.safetensors"),
  ])
func exportedBytesMatchTheStoredFiles(format: ModelFormat, name: String) throws {
  #expect(try exported(tinyModel(), format) == fixture(name))
}

@Test func everyKindOfLayerIsExportedToONNX() throws {
  #expect(try exported(oddModel(), .onnx) == fixture("odd-model.onnx"))
}

@Test(arguments: ModelFormat.allCases)
func parametersInAnyOrderGiveTheSameBytes(format: ModelFormat) throws {
  var model = try oddModel()
  let bytes = try exported(model, format)
  model.parameters.reverse()
  #expect(try exported(model, format) == bytes)
}

@Test(arguments: ModelFormat.allCases)
func modelsThatCouldNotBeReadBackAreNotWritten(format: ModelFormat) throws {
  var model = try tinyModel()
  model.parameters[1].values[0] = .nan
  let sink = MemorySink()
  let error = #expect(throws: ModelFileError.self) { try ModelFile.export(model, as: format, to: sink) }
  #expect(error?.description.hasPrefix("stdout: tensor 'conv1.bias': value 0 is") == true)
  model.parameters.removeLast()
  #expect(throws: ModelFileError.self) { try ModelFile.export(model, as: format, to: sink) }
  #expect(sink.bytes.isEmpty)
}

@Test func exportedFilesAreRecognisedByTheirFirstBytes() throws {
  for (format, kind) in [(ModelFormat.pth, FileKind.pytorch), (.onnx, .onnx), (.safetensors, .safetensors)] {
    let firstBytes = try exported(tinyModel(), format).prefix(FileKind.byteCount)
    #expect(FileKind(firstBytes: Array(firstBytes)) == kind)
  }
}

// MARK: - Round trips

/// Exports a model as a `.pth` file, and returns the parameters read back from it.
private func readBack(_ model: Model) throws -> [Parameter] {
  let source = try PeekedSource(MemorySource(exported(model, .pth), name: "memory"))
  let again = try ModelFile.load(source, as: model.architecture.tree, input: model.architecture.input)
  #expect(again.architecture == model.architecture)
  return again.parameters
}

@Test func aStateDictIsReadBackAsItWasWritten() throws {
  for model in [try tinyModel(), try oddModel()] { #expect(try readBack(model) == model.parameters) }
}

/// Memo numbers take more bytes as the memo grows, and dictionaries are written in parts of a thousand entries.
@Test(arguments: [40, 499, 500, 501])
func aStateDictOfManyTensorsIsReadBack(layerCount: Int) throws {
  let deep = try model(
    (0..<layerCount).map { "linear:\($0 % 3 + 1)" }.joined(separator: " "),
    input: ImageShape(height: 1, width: 1, channels: 1), classCount: 2)
  #expect(deep.parameters.count == 2 * layerCount + 2)
  #expect(try readBack(deep) == deep.parameters)
}

@Test func everyBitOfAFiniteValueIsReadBack() throws {
  var model = try tinyModel()
  let bits = (0..<18).map {
    UInt32(truncatingIfNeeded: $0 &* 0x0f0f_1357_9bdf) & 0x7f7f_ffff | UInt32($0 & 1) << 31
  }
  let extremes: [Float] = [-0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -.leastNormalMagnitude]
  model.parameters[0].values = extremes + bits.dropFirst(extremes.count).map(Float.init(bitPattern:))
  #expect(model.parameters[0].values.allSatisfy { $0.isFinite })
  let values = try readBack(model)[0].values
  #expect(values.map(\.bitPattern) == model.parameters[0].values.map(\.bitPattern))
}

/// All tensors that can be written can be read. Each of these takes as many pickle operations as any tensor can.
@Test func moreTensorsThanCanBeReadAreRefused() throws {
  let sink = MemorySink()
  let tensors = (0...StateDictFile.maximumTensorCount).map {
    Safetensors.Tensor(name: "\($0)", shape: [1, 1, 1, 1], values: [Float($0)])
  }
  let problem = ModelProblem.tooManyTensors(tensors.count, limit: tensors.count - 1)
  #expect(throws: ModelFileError.content(file: sink.name, problem)) {
    try StateDictFile.write(tensors, to: sink)
  }
  #expect(sink.bytes.isEmpty)
  try StateDictFile.write(tensors.dropLast(), to: sink)
  let state = try stateDictionary(sink.bytes)
  #expect(state.count == StateDictFile.maximumTensorCount)
  #expect(state["16383"]?.values == [16383])
}

// MARK: - Formats by name

@Test(
  arguments: [
    ("a.pth", .pth), ("a.pt", .pth), ("b.c/a.ONNX", .onnx), ("a.b.safetensors", .safetensors), ("pth", nil),
    (".pth", nil), ("dir.onnx/model", nil), ("a.", nil), ("", nil), ("-", nil), ("a.h5", nil),
  ] as [(String, ModelFormat?)])
func theEndOfANameDecidesTheFormat(name: String, format: ModelFormat?) {
  #expect(ModelFormat(fileName: FilePath(name)) == format)
}
