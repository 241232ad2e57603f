// The official safetensors package reads the files that we write, and we read PyTorch's, if Python has these packages.
// Nothing depends on these tests alone: other tests read stored files of both packages, and compare ours byte by byte
// with a stored file.

import ByteIO
import Foundation
import ModelFiles
import Networks
import TensorStream
import Testing

/// The Python to run: `FM_TOOLS_PYTHON`, or the one on the path.
private let python = ProcessInfo.processInfo.environment["FM_TOOLS_PYTHON"] ?? "python3"

/// Runs a Python script. Returns `nil` if there is no Python.
func runPython(_ script: String, _ arguments: String...) -> (status: Int32, output: String)? {
  runPythonScript(script, arguments)
}

/// Runs a Python script with arguments. Returns `nil` if there is no Python.
func runPythonScript(_ script: String, _ arguments: [String]) -> (status: Int32, output: String)? {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = [python, "-c", script] + arguments
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = FileHandle.nullDevice
  guard (try? process.run()) != nil else { return nil }
  let output = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: output, as: UTF8.self))
}

private let pythonHasSafetensors = runPython("import numpy, safetensors")?.status == 0

@Test(.enabled(if: pythonHasSafetensors, "Python has no safetensors package"))
func theOfficialPackageReadsOurModel() throws {
  try withTemporaryDirectory { directory in
    let path = "\(directory)/model.safetensors"
    try ModelFile.save(tinyModel(), to: FilePath(path))
    let script = """
      import json, sys
      from safetensors import safe_open
      with safe_open(sys.argv[1], "numpy") as file:
          print(json.dumps(file.metadata(), sort_keys=True))
          for name in sorted(file.keys()):
              values = file.get_tensor(name)
              print(name, values.dtype, list(values.shape), (values * 8 + 7).ravel().astype(int).tolist())
      """
    let result = try #require(runPython(script, path))
    #expect(result.status == 0)
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(lines.count == 7)
    #expect(lines.first?.contains("\"fm-tools.architecture\": \"conv:2 relu pool linear:3 relu\"") == true)
    #expect(
      lines.dropFirst() == [
        "conv1.bias float32 [2] \(Array(0..<2))", "conv1.weight float32 [2, 1, 3, 3] \(Array(0..<18))",
        "fc1.bias float32 [3] \(Array(0..<3))", "fc1.weight float32 [3, 8] \(Array(0..<24))",
        "out.bias float32 [2] \(Array(0..<2))", "out.weight float32 [2, 3] \(Array(0..<6))",
      ])
  }
}

private let pythonHasTorch = runPython("import numpy, torch")?.status == 0

@Test(
  .enabled(if: pythonHasTorch, "Python has no torch package"), arguments: ["ffnn", "cnn"], ["True", "False"])
func aModelThatPyTorchSavedIsRead(preset: String, isArchive: String) throws {
  try withTemporaryDirectory { directory in
    let script = """
      import sys, torch
      from torch import nn
      directory, preset, is_archive = sys.argv[1:]
      torch.manual_seed(1)
      layers = {"fc1": nn.Linear(1568 if preset == "cnn" else 784, 512), "fc2": nn.Linear(512, 256),
                "out": nn.Linear(256, 10)}
      if preset == "cnn":
          layers = {"conv1": nn.Conv2d(1, 16, 3), "conv2": nn.Conv2d(16, 32, 3)} | layers
      network = nn.ModuleDict(layers)
      state = network.state_dict()
      torch.save(state, directory + "/model.pth", _use_new_zipfile_serialization=is_archive == "True")
      torch.cat([tensor.flatten() for tensor in state.values()]).numpy().tofile(directory + "/values")
      """
    let result = try #require(runPython(script, directory, preset, isArchive))
    #expect(result.status == 0)
    let model = try ModelFile.load(path: "\(directory)/model.pth")
    let expected = try Architecture(
      specification: preset, input: ImageShape(height: 28, width: 28, channels: 1), classCount: 10)
    #expect(model.architecture == expected)
    let values = model.parameters.flatMap(\.values)
    #expect(values.count == expected.parameterCount)
    #expect(try values.withUnsafeBytes { Array($0) } == contents(of: "\(directory)/values"))
  }
}
