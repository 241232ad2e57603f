// Reports on tensors that are not a model of fm-tools, as text and JSON.

import Foundation
import MemoryStreams
import ModelFiles
import Testing

@testable import Inspection

@Test func tensorsOfAnotherProgramAreListed() throws {
  let sink = MemorySink()
  try Safetensors(
    tensors: [
      .init(name: "layer.0.weight", shape: [2, 3], values: [Float](repeating: 1, count: 6)),
      .init(name: "scale", shape: [], values: [1]),
    ], metadata: ["format": "pt"]
  ).write(to: sink)
  let inspection = try FileInspection(reading: MemorySource(sink.bytes, name: "memory"))
  #expect(
    inspection.text() == """
      memory
        kind        safetensors file, not a model of fm-tools
        tensors     2
        data        28 bytes
        metadata    format: pt

        tensor          type  shape   values
        layer.0.weight  F32   [2, 3]       6
        scale           F32   []           1

      """)
  #expect(
    inspection.json().compactText() == #"""
      {"file":"memory","kind":"safetensors","metadata":{"format":"pt"},"tensors":[\#
      {"name":"layer.0.weight","shape":[2,3],"type":"F32"},{"name":"scale","shape":[],"type":"F32"}]}
      """#)
  for count in 9..<sink.bytes.count {
    #expect(throws: ModelFileError.self) {
      try FileInspection(reading: MemorySource(Array(sink.bytes[..<count]), name: "memory"))
    }
  }
}

/// Returns a file that PyTorch wrote, from the fixtures of ModelFilesTests.
private func pytorchFile(_ name: String) throws -> [UInt8] {
  let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  return [UInt8](try Data(contentsOf: tests.appendingPathComponent("ModelFilesTests/Fixtures/\(name)")))
}

@Test func pyTorchTensorsThatMatchNoPresetAreListed() throws {
  let inspection = try FileInspection(reading: MemorySource(pytorchFile("torch-types.pth"), name: "memory"))
  #expect(
    inspection.text() == """
      memory
        kind        PyTorch state_dict, not of a preset
        tensors     5
        data        78 bytes
        layers      the tensors match no preset, and the file does not say which
                    layers they belong to; the nearest preset is ffnn for images of
                    28×28: missing fc1.weight [512, 784], fc1.bias [512], fc2.weight
                    [256, 512], fc2.bias [256], out.weight [10, 256], out.bias [10];
                    unexpected half [5], brain [2, 3], double [4], single [3],
                    half-transposed [3, 2]

        tensor           type  shape   values
        half             F16   [5]          5
        brain            BF16  [2, 3]       6
        double           F64   [4]          4
        single           F32   [3]          3
        half-transposed  F16   [3, 2]       6

      """)
  #expect(inspection.problem == nil)
}

@Test func pyTorchTensorsHaveTheSameJSON() throws {
  let bytes = try pytorchFile("torch-integers.pth")
  #expect(
    try FileInspection(reading: MemorySource(bytes, name: "memory")).json().compactText() == #"""
      {"file":"memory","kind":"pytorch","metadata":{},"tensors":[\#
      {"name":"weight","shape":[2,2],"type":"F32"},{"name":"steps","shape":[],"type":"I64"}]}
      """#)
}

/// Tensors that no model could have are verified, too.
@Test(arguments: ["torch-state.pth", "torch-legacy.pth", "torch-integers.pth"])
func bytesOfListedTensorsAreVerified(name: String) throws {
  let whole = try pytorchFile(name)
  for count in 1..<whole.count {
    #expect(throws: (any Error).self, "\(count) bytes") {
      try FileInspection(reading: MemorySource(Array(whole[..<count]), name: "memory"))
    }
  }
  guard name == "torch-integers.pth" else { return }
  // The value of `steps`: 3, in 8 bytes.
  let value: [UInt8] = [3, 0, 0, 0, 0, 0, 0, 0]
  let place = try #require(whole.indices.first { whole[$0...].starts(with: value) && $0 % 64 == 0 })
  var damaged = whole
  damaged[place] = 4
  let error = #expect(throws: ModelFileError.self) {
    try FileInspection(reading: MemorySource(damaged, name: "memory"))
  }
  #expect(error?.description.contains("its CRC-32 is") == true, "\(error?.description ?? "no error")")
}
