// Models as safetensors files: tensors with PyTorch's names and layouts, and everything else in the metadata.

import ByteIO
import Networks
import Training

/// The contents of a safetensors file.
public enum SafetensorsContent: Equatable, Sendable {
  case model(Model)
  case checkpoint(Checkpoint)
  /// Tensors of another program that are not a model. All their bytes are present.
  case tensors(SafetensorsHeader)

  /// Reads a file to its end. Throws ``ModelFileError`` or ``FileError``.
  ///
  /// - Complexity: O(bytes of the file). Memory: O(bytes of the values), or of the header if the tensors are no model.
  public init(reading source: any ByteSource) throws {
    let reader = SafetensorsReader(source)
    let header = try reader.readHeader()
    if ModelMetadata.isOurs(header.metadata) {
      let container = try Safetensors(reader, header)
      self =
        CheckpointFile.isCheckpoint(container)
        ? .checkpoint(try CheckpointFile.checkpoint(in: container, file: source.name))
        : .model(try SafetensorsModel.model(in: container, file: source.name))
    } else if let model = try Self.preset(reader, header, file: source.name) {
      self = .model(model)
    } else {
      for tensor in header.tensors { try reader.skipValues(tensor) }
      try reader.expectEnd()
      self = .tensors(header)
    }
  }

  /// Returns the preset's model, if the tensors match one. If it returns `nil`, no values have been read.
  private static func preset(
    _ reader: SafetensorsReader, _ header: SafetensorsHeader, file: String
  ) throws -> Model? {
    guard header.tensors.allSatisfy({ $0.elementType.isConvertible(named: $0.name) }) else { return nil }
    do {
      return try ForeignModel.model(
        of: ForeignTensors(reader, header, file: file), as: nil, input: nil)
    } catch ModelFileError.content(_, .noPreset) {
      return nil
    }
  }
}

/// Models in the native format.
enum SafetensorsModel {
  /// Returns the model in a file. The model of a checkpoint is the network as its last step left it. Throws
  /// ``ModelFileError``.
  static func model(in container: Safetensors, file: String) throws -> Model {
    if CheckpointFile.isCheckpoint(container) {
      return try CheckpointFile.checkpoint(in: container, file: file).model
    }
    do throws(ModelProblem) {
      var model = try ModelMetadata.decode(container.metadata)
      model.parameters = try parameters(container.tensors, of: model.architecture)
      return model
    } catch {
      throw ModelFileError.content(file: file, error)
    }
  }

  /// Returns the file for a model, with learned values of `type`. Throws ``ModelFileError`` if it could not be read
  /// again.
  static func container(
    for model: Model, type: TensorType = .float32, file: String
  ) throws -> Safetensors {
    let given = model.parameters.map {
      Safetensors.Tensor(name: $0.name, shape: $0.shape, values: $0.values)
    }
    do throws(ModelProblem) {
      // The reader's checks, so that nothing is written that could not be read again.
      let parameters = try parameters(given, of: model.architecture)
      let metadata = ModelMetadata.encode(model)
      _ = try ModelMetadata.decode(metadata)
      let tensors = parameters.tensors(of: model.architecture.parameters, type: type)
      try ModelProblem.checkRange(tensors)
      return Safetensors(tensors: tensors, metadata: metadata).withChecksum
    } catch {
      throw ModelFileError.content(file: file, error)
    }
  }

  /// Returns the tensors as the parameters of the architecture, in its order. Throws if one is missing, unexpected or
  /// misshapen, or has invalid values.
  private static func parameters(
    _ tensors: [Safetensors.Tensor], of architecture: Architecture
  ) throws(ModelProblem) -> [Parameter] {
    let mismatch = ModelProblem.TensorMismatch(
      of: tensors.map { ParameterDescription(name: $0.name, shape: $0.shape) }, with: architecture)
    guard mismatch.isEmpty else { throw .tensorMismatch(mismatch) }
    let byName = Dictionary(tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let parameters = architecture.parameters.compactMap { description in
      byName[description.name].map { Parameter(name: $0.name, shape: $0.shape, values: $0.values) }
    }
    try ModelProblem.check(parameters, of: architecture)
    return parameters
  }
}
