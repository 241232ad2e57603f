import ByteIO
import Foundation
import MemoryStreams
import ModelFiles
import Networks
import TensorStream
import Testing

/// Calls `body` with a new temporary directory, and removes it afterwards.
func withTemporaryDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
  let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(at: directory) }
  return try body(directory.path)
}

func contents(of path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

func fileNames(in directory: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: directory)
}

func write(_ bytes: [UInt8], to path: String) throws {
  try Data(bytes).write(to: URL(fileURLWithPath: path))
}

func fixturePath(_ name: String) throws -> String {
  try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil)).path
}

func fixture(_ name: String) throws -> [UInt8] { try contents(of: fixturePath(name)) }

/// Returns a safetensors file with an unpadded header and `dataByteCount` zeros for data.
func safetensors(header: String, dataByteCount: Int = 0) -> [UInt8] {
  let text = Array(header.utf8)
  let length = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
  return length + text + [UInt8](repeating: 0, count: dataByteCount)
}

/// Returns the values of the stored fixtures: (i − 7) / 8.
func fixtureValues(_ count: Int) -> [Float] { (0..<count).map { Float($0 - 7) / 8 } }

/// Returns the model of `tiny-model.safetensors`.
func tinyModel() throws -> Model {
  let architecture = try Architecture(
    specification: "conv:2 relu pool linear:3 relu", input: ImageShape(height: 4, width: 5, channels: 1),
    classCount: 2)
  return Model(
    architecture: architecture,
    parameters: architecture.parameters.map {
      Parameter(name: $0.name, shape: $0.shape, values: fixtureValues($0.count))
    },
    classes: ["Mütze", "a \"b\" \\ c"],
    history: ["idx2raw a.gz b.gz", "fm-train --output 'm n.safetensors'"],
    training: TrainingRecord(
      seed: .max, settings: ["optimizer": "adam", "batch-size": "128"], trainingRecords: 48_000,
      validationRecords: 12_000, epochsRun: 9, bestEpoch: 7, trainingLoss: 0.25, trainingAccuracy: 0.90625,
      validationLoss: 0.3125, validationAccuracy: 0.875))
}

/// Reads a model from the bytes of its file.
func load(_ bytes: [UInt8]) throws -> Model {
  try ModelFile.load(PeekedSource(MemorySource(bytes, name: "memory")))
}

/// Returns the bytes of the file that a model is saved as.
func saved(_ model: Model) throws -> [UInt8] {
  try withTemporaryDirectory { directory in
    try ModelFile.save(model, to: "\(directory)/model")
    return try contents(of: "\(directory)/model")
  }
}

/// Returns the bytes of the file that a model is exported as.
func exported(_ model: Model, _ format: ModelFormat) throws -> [UInt8] {
  let sink = MemorySink()
  try ModelFile.export(model, as: format, to: sink)
  return sink.bytes
}

/// Returns the model of `odd-model.onnx`: colour images, and every kind of layer with settings that are not defaults.
func oddModel() throws -> Model {
  try model(
    "conv:4,kernel=5,stride=2,padding=1 relu pool:3,stride=1 dropout:0.5 conv:2,kernel=1 linear:6 relu linear:5"
      + " dropout:0.1 relu", input: ImageShape(height: 9, width: 7, channels: 3), classCount: 3)
}

/// Returns a model of the given layers with the values of the fixtures.
func model(_ specification: String, input: ImageShape, classCount: Int) throws -> Model {
  let architecture = try Architecture(specification: specification, input: input, classCount: classCount)
  return Model(
    architecture: architecture,
    parameters: architecture.parameters.map {
      Parameter(name: $0.name, shape: $0.shape, values: fixtureValues($0.count))
    }, classes: nil, history: [], training: nil)
}
