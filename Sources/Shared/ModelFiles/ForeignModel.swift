// A model from tensors that another program saved: PyTorch's state_dict, or a safetensors file without our metadata.
// Such a file has tensors and no architecture: which layers they belong to, and what layers without parameters stand
// between, is said by the user, or is that of the preset whose names and shapes they have.
//
// Wrappers put something in front of every name (`module.` of DataParallel, `_orig_mod.` of torch.compile, `model.` of
// Lightning): where all names have it, and fit without it, it is left out.

import Networks
import TensorStream

/// The tensors of a file by their names.
struct ForeignTensors {
  let file: String
  /// In the file's order; each name is there once.
  let descriptions: [ParameterDescription]
  /// The values of the tensor of a name, in row-major order.
  let values: (String) throws -> [Float]
}

enum ForeignModel {
  /// The size of images that presets are looked for, and others where nothing else is said.
  static let input = ImageShape(height: 28, width: 28, channels: 1)

  /// The tensors as those of a network of a specification for images of size `input`; without one, as a preset's. Throws
  /// ``ModelFileError``.
  static func model(of tensors: ForeignTensors, as specification: Specification?, input: ImageShape?) throws -> Model {
    let namings = namings(of: tensors.descriptions)
    do {
      let (architecture, prefix) =
        if let specification {
          try match(specification, input: input ?? Self.input, namings)
        } else {
          try matchPreset(namings)
        }
      let parameters = try architecture.parameters.map {
        Parameter(name: $0.name, shape: $0.shape, values: try tensors.values(prefix + $0.name))
      }
      try ModelProblem.checkFinite(parameters)
      return Model(
        architecture: architecture, parameters: parameters, classes: nil, history: [], training: nil)
    } catch let problem as ModelProblem {
      throw ModelFileError.content(file: tensors.file, problem)
    }
  }

  /// The tensors with their names without a prefix that all of them have.
  private struct Naming {
    let prefix: String
    let tensors: [ParameterDescription]

    /// The number of classes is that of the outputs.
    var classCount: Int {
      let outputs = tensors.first { $0.name == "out.bias" }?.shape ?? []
      return outputs.count == 1 && (2...256).contains(outputs[0]) ? outputs[0] : 10
    }
  }

  /// More than any wrappers within wrappers take.
  private static let maximumPrefixParts = 8

  /// As they are; without the part up to the first dot, if that is the same in all; up to the second; and so on.
  private static func namings(of tensors: [ParameterDescription]) -> [Naming] {
    var namings = [Naming(prefix: "", tensors: tensors)]
    guard let first = tensors.first?.name.utf8 else { return namings }
    var end = first.startIndex
    while namings.count <= maximumPrefixParts, let dot = first[end...].firstIndex(of: UInt8(ascii: ".")) {
      end = first.index(after: dot)
      let prefix = first[..<end]
      guard tensors.allSatisfy({ $0.name.utf8.count > prefix.count && $0.name.utf8.starts(with: prefix) })
      else {
        break
      }
      let count = prefix.count
      namings.append(
        Naming(
          prefix: String(prefix) ?? "",
          tensors: tensors.map {
            ParameterDescription(name: String($0.name.utf8.dropFirst(count)) ?? "", shape: $0.shape)
          }))
    }
    return namings
  }

  /// The network of those layers, if it has those parameters, names and shapes. The output layer may be written out.
  private static func match(
    _ specification: Specification, input: ImageShape, _ namings: [Naming]
  ) throws(ModelProblem) -> (Architecture, prefix: String) {
    var nearest: ModelProblem.TensorMismatch?
    for naming in namings {
      let readings = [specification.takingOutput(classCount: naming.classCount), specification]
      for reading in readings.compactMap({ $0 }) {
        let architecture: Architecture
        do throws(ArchitectureError) {
          architecture = try Architecture(reading, input: input, classCount: naming.classCount)
        } catch {
          throw .wantedArchitecture(error)
        }
        let mismatch = ModelProblem.TensorMismatch(of: naming.tensors, with: architecture)
        if mismatch.isEmpty { return (architecture, naming.prefix) }
        if mismatch.count < nearest?.count ?? .max { nearest = mismatch }
      }
    }
    guard let nearest else { preconditionFailure("there is a naming at least") }
    throw .tensorMismatch(nearest)
  }

  /// The preset with those parameters, names and shapes.
  private static func matchPreset(
    _ namings: [Naming]
  ) throws(ModelProblem) -> (Architecture, prefix: String) {
    var nearest: (preset: String, mismatch: ModelProblem.TensorMismatch)?
    for naming in namings {
      for preset in Architecture.presets {
        let architecture: Architecture
        do {
          architecture = try Architecture(
            specification: preset.specification, input: input, classCount: naming.classCount)
        } catch {
          throw .badArchitecture(error)
        }
        let mismatch = ModelProblem.TensorMismatch(of: naming.tensors, with: architecture)
        if mismatch.isEmpty { return (architecture, naming.prefix) }
        if mismatch.count < nearest?.mismatch.count ?? .max { nearest = (preset.name, mismatch) }
      }
    }
    guard let nearest else { preconditionFailure("there are no presets") }
    throw .noPreset(nearest: nearest.preset, nearest.mismatch)
  }
}
