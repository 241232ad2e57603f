// Files that we write, read by the official safetensors package, where Python has it. (What it writes is stored, and
// what we write is compared byte by byte with a stored file, so that nothing hangs on this test alone.)

import Foundation
import ModelFiles
import Testing

/// The Python to ask: `FM_TOOLS_PYTHON`, or the one on the path.
private let python = ProcessInfo.processInfo.environment["FM_TOOLS_PYTHON"] ?? "python3"

/// Runs a Python script; `nil` where there is no Python to run.
private func runPython(_ script: String, _ arguments: String...) -> (status: Int32, output: String)? {
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
func officialPackageReadsOurModel() throws {
  try withTemporaryDirectory { directory in
    let path = "\(directory)/model.safetensors"
    try ModelFile.save(tinyModel(), to: path)
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
