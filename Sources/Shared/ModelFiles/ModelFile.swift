// The door to model files: a file's first bytes decide what reads it.
// Another format is another file beside SafetensorsModel.swift and PyTorchModel.swift, and a case below.

import ByteIO
import NeuralNetwork

/// Reads and writes models.
public enum ModelFile {
  /// Reads a model; `-` is standard input. Throws ``ModelFileError`` or ``FileError``.
  public static func load(path: String) throws -> Model { try load(LookaheadSource(InputFile(path: path))) }

  /// Reads a model from a source whose first bytes were looked at.
  public static func load(_ source: LookaheadSource) throws -> Model {
    switch source.kind {
    case .safetensors: try SafetensorsModel.model(in: Safetensors(reading: source), file: source.name)
    case .pytorch, .pickle: try PyTorchModel.model(reading: source)
    case let other: throw ModelFileError.notAModel(file: source.name, other)
    }
  }

  /// Writes a model as a file that appears whole or not at all; `-` is standard output.
  ///
  /// What could not be read again (weights that do not fit the architecture, or are not finite) is refused before the
  /// file is touched.
  public static func save(_ model: Model, to path: String) throws {
    let container = try SafetensorsModel.container(for: model, file: path == "-" ? "stdout" : displayed(path))
    let output = try OutputFile(path: path)
    try container.write(to: output)
    try output.commit()
  }
}
