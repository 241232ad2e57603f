// A model from a PyTorch file. Such a file has tensors and no architecture: which layers they belong to, and what layers
// without parameters stand between, is said by the user, or is that of the preset whose names and shapes they have.

import ByteIO
import NeuralNetwork
import TensorStream

/// What a file of PyTorch turns out to hold.
public enum PyTorchContent {
  case model(Model)
  /// Tensors that are no preset's, and how they differ from the nearest; their bytes are all there.
  case tensors(PyTorchStateDictionary, PyTorchProblem)

  /// Reads a file to its end. Throws ``ModelFileError`` or ``FileError``.
  public init(reading source: LookaheadSource) throws {
    let state = try PyTorchStateDictionary(reading: source)
    do {
      self = .model(try PyTorchModel.model(of: state, layers: nil, input: nil))
    } catch ModelFileError.pytorch(_, let problem) {
      guard case .noPreset = problem else { throw ModelFileError.pytorch(file: source.name, problem) }
      try state.checkBytes()
      self = .tensors(state, problem)
    }
  }
}

/// Models in PyTorch's formats.
enum PyTorchModel {
  /// The size of images that presets are looked for, and others where nothing else is said.
  static let input = ImageShape(height: 28, width: 28, channels: 1)

  /// A state_dict as that of a network of `layers` for images of size `input`; without layers, as a preset's.
  static func model(
    of state: PyTorchStateDictionary, layers: [Layer]?, input: ImageShape?
  ) throws -> Model {
    do {
      let architecture =
        if let layers {
          try architecture(layers, of: state.tensors, input: input ?? Self.input)
        } else {
          try preset(of: state.tensors)
        }
      let parameters = try architecture.parameters.map {
        Parameter(name: $0.name, shape: $0.shape, values: try state.values(of: $0.name))
      }
      try ModelProblem.checkFinite(parameters)
      return Model(
        architecture: architecture, parameters: parameters, classes: nil, history: [], training: nil)
    } catch let problem as PyTorchProblem {
      throw ModelFileError.pytorch(file: state.file, problem)
    } catch let problem as ModelProblem {
      throw ModelFileError.content(file: state.file, problem)
    }
  }

  /// The network of those layers, if it has those parameters, names and shapes.
  private static func architecture(
    _ layers: [Layer], of tensors: [ParameterDescription], input: ImageShape
  ) throws -> Architecture {
    let architecture: Architecture
    do {
      architecture = try Architecture(layers: layers, input: input, classCount: classCount(of: tensors))
    } catch {
      throw ModelProblem.wantedArchitecture(error)
    }
    let mismatch = ModelProblem.TensorMismatch(of: tensors, with: architecture)
    guard mismatch.isEmpty else { throw ModelProblem.tensorMismatch(mismatch) }
    return architecture
  }

  /// The preset with those parameters, names and shapes.
  private static func preset(of tensors: [ParameterDescription]) throws -> Architecture {
    var nearest: (preset: String, mismatch: ModelProblem.TensorMismatch)?
    for preset in Architecture.presets {
      let architecture = try Architecture(
        specification: preset.specification, input: input, classCount: classCount(of: tensors))
      let mismatch = ModelProblem.TensorMismatch(of: tensors, with: architecture)
      if mismatch.isEmpty { return architecture }
      if mismatch.count < nearest?.mismatch.count ?? .max { nearest = (preset.name, mismatch) }
    }
    guard let nearest else { preconditionFailure("there are no presets") }
    throw PyTorchProblem.noPreset(nearest: nearest.preset, nearest.mismatch)
  }

  /// The number of classes is that of the outputs.
  private static func classCount(of tensors: [ParameterDescription]) -> Int {
    let outputs = tensors.first { $0.name == "out.bias" }?.shape ?? []
    return outputs.count == 1 && (2...256).contains(outputs[0]) ? outputs[0] : 10
  }
}
