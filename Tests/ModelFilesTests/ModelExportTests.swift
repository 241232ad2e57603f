// Models as other tools' files: byte by byte what those tools write (Fixtures/make_export_fixtures.py).

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
func exportedBytesAreTheStoredOnes(format: ModelFormat, name: String) throws {
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
func whatCouldNotBeReadAgainIsNotWritten(format: ModelFormat) throws {
  var model = try tinyModel()
  model.parameters[1].values[0] = .nan
  let sink = MemorySink()
  let error = #expect(throws: ModelFileError.self) { try ModelFile.export(model, as: format, to: sink) }
  #expect(error?.description.hasPrefix("stdout: tensor 'conv1.bias': value 0 is") == true)
  model.parameters.removeLast()
  #expect(throws: ModelFileError.self) { try ModelFile.export(model, as: format, to: sink) }
  #expect(sink.bytes.isEmpty)
}

@Test func exportedFilesAreKnownByTheirFirstBytes() throws {
  for (format, kind) in [(ModelFormat.pth, FileKind.pytorch), (.onnx, .onnx), (.safetensors, .safetensors)] {
    let firstBytes = try exported(tinyModel(), format).prefix(FileKind.byteCount)
    #expect(FileKind(firstBytes: Array(firstBytes)) == kind)
  }
}

// MARK: - Back again

/// The parameters that come back from a `.pth` file.
private func readBack(_ model: Model) throws -> [Parameter] {
  let source = try LookaheadSource(MemorySource(exported(model, .pth), name: "memory"))
  let again = try ModelFile.load(source, as: model.architecture.tree, input: model.architecture.input)
  #expect(again.architecture == model.architecture)
  return again.parameters
}

@Test func stateDictIsReadBackAsItWasWritten() throws {
  for model in [try tinyModel(), try oddModel()] { #expect(try readBack(model) == model.parameters) }
}

/// The pickle's numbers grow with what came before: its memo, and a dictionary's thousandth entry.
@Test(arguments: [40, 499, 500, 501])
func stateDictOfManyTensorsIsReadBack(layerCount: Int) throws {
  let deep = try model(
    (0..<layerCount).map { "linear:\($0 % 3 + 1)" }.joined(separator: " "),
    input: ImageShape(height: 1, width: 1, channels: 1), classCount: 2)
  #expect(deep.parameters.count == 2 * layerCount + 2)
  #expect(try readBack(deep) == deep.parameters)
}

@Test func everyBitOfAFiniteValueComesBack() throws {
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

/// As many tensors as can be written are read; each takes as many operations of the pickle as any.
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

// MARK: - Which format

@Test(
  arguments: [
    ("a.pth", .pth), ("a.pt", .pth), ("b.c/a.ONNX", .onnx), ("a.b.safetensors", .safetensors), ("pth", nil),
    (".pth", nil), ("dir.onnx/model", nil), ("a.", nil), ("", nil), ("-", nil), ("a.h5", nil),
  ] as [(String, ModelFormat?)])
func formatIsWhatANameEndsIn(name: String, format: ModelFormat?) {
  #expect(ModelFormat(fileName: FilePath(name)) == format)
}
