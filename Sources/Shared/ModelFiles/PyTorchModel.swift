// A model from a PyTorch file. Such a file has tensors and no architecture: names and shapes must be those of a preset,
// for images of Fashion-MNIST's size; what layers without parameters stand between is then known as well.

import NeuralNetwork
import TensorStream

/// Models in PyTorch's formats.
enum PyTorchModel {
  /// The only size of images for which presets are looked for.
  static let input = ImageShape(height: 28, width: 28, channels: 1)

  static func model(reading source: LookaheadSource) throws -> Model {
    let state = try PyTorchStateDictionary(reading: source)
    let architecture: Architecture
    do {
      architecture = try Self.architecture(of: state.tensors)
    } catch {
      throw ModelFileError.pytorch(file: source.name, error)
    }
    let parameters = try architecture.parameters.map {
      Parameter(name: $0.name, shape: $0.shape, values: try state.values(of: $0.name))
    }
    do {
      try ModelProblem.checkFinite(parameters)
    } catch {
      throw ModelFileError.content(file: source.name, error)
    }
    return Model(
      architecture: architecture, parameters: parameters, classes: nil, history: [], training: nil)
  }

  /// The preset with those parameters, names and shapes. The number of classes is that of the outputs.
  private static func architecture(
    of tensors: [ParameterDescription]
  ) throws(PyTorchProblem) -> Architecture {
    let outputs = tensors.first { $0.name == "out.bias" }?.shape ?? []
    let classCount = outputs.count == 1 && (2...256).contains(outputs[0]) ? outputs[0] : 10
    var mismatches: [(preset: String, mismatch: ModelProblem.TensorMismatch)] = []
    for preset in Architecture.presets {
      let architecture: Architecture
      do {
        architecture = try Architecture(
          specification: preset.specification, input: input, classCount: classCount)
      } catch {
        throw .badPreset(error)
      }
      let mismatch = ModelProblem.TensorMismatch(of: tensors, with: architecture)
      if mismatch.isEmpty { return architecture }
      mismatches.append((preset.name, mismatch))
    }
    // There are presets.
    let nearest = mismatches.min { $0.mismatch.count < $1.mismatch.count }!
    throw .noPreset(nearest: nearest.preset, nearest.mismatch)
  }
}
