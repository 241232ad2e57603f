// A model as a safetensors file: tensors by PyTorch's names and layouts, the rest in the metadata.

import ByteIO
import Networks
import Training

/// What a safetensors file turns out to hold.
public enum SafetensorsContent: Equatable, Sendable {
  case model(Model)
  case checkpoint(Checkpoint)
  /// Tensors of someone else's; their bytes are all there.
  case tensors(SafetensorsHeader)

  /// Reads a file to its end. Throws ``ModelFileError`` or ``FileError``.
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

  /// A preset's model, if the tensors are those of one; if not, none of their values was read.
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
  /// A model; that of a checkpoint is the network as its last step left it.
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

  static func container(
    for model: Model, type: TensorType = .float32, file: String
  ) throws -> Safetensors {
    let given = model.parameters.map {
      Safetensors.Tensor(name: $0.name, shape: $0.shape, values: $0.values)
    }
    do throws(ModelProblem) {
      // The same checks as for reading: nothing is written that could not be read again.
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

  /// The tensors as the architecture's parameters, in its order; each there once, of the right shape, with values that it
  /// may have.
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
