// A model from tensors that another program saved: PyTorch's state_dict, or a safetensors file without our metadata.
// Such a file has tensors and no architecture: which layers they belong to, and what layers without parameters stand
// between, is said by the user, or is that of the preset whose names and shapes they have.
//
// Tensors find their places by their names (ForeignNames.swift), or where asked for by their order (ForeignOrder.swift).

import Networks
import TensorStream

/// The tensors of a file by their names.
struct ForeignTensors {
  let file: String
  /// In the file's order; each name is there once.
  let descriptions: [ParameterDescription]
  /// What was chosen or left out in reading them, for the user to know.
  var notes: [String] = []
  /// The values of the tensor of a name, in row-major order.
  let values: (String) throws -> [Float]
}

/// How tensors of other programs find their places in a network.
public enum TensorMatching: String, CaseIterable, Sendable {
  /// By PyTorch's names for them, as in our own files.
  case name
  /// By their order, whatever they are called; shapes must agree.
  case order
}

/// A network, and the tensors that are its parameters.
struct MatchedTensors {
  let architecture: Architecture
  /// The file's names, by the architecture's. A count of steps may have none.
  let names: [String: String]
  /// What the user should know of it.
  let notes: [String]
}

enum ForeignModel {
  /// The size of images that presets are looked for, and others where nothing else is said.
  static let input = ImageShape(height: 28, width: 28, channels: 1)

  /// The tensors as those of a network of a specification for images of size `input`; without one, as a preset's. `note` gets
  /// what the user should know. Throws ``ModelFileError``.
  static func model(
    of tensors: ForeignTensors, as specification: Specification?, input: ImageShape?,
    matching: TensorMatching = .name, note: (String) -> Void = { _ in }
  ) throws -> Model {
    do {
      let matched = try match(tensors, as: specification, input: input ?? Self.input, matching)
      for text in tensors.notes + matched.notes { note("\(tensors.file): \(text)") }
      let parameters = try matched.architecture.parameters.map { parameter in
        let values = try matched.names[parameter.name].map(tensors.values)
        return Parameter(name: parameter.name, shape: parameter.shape, values: values ?? [0])
      }
      try ModelProblem.check(parameters, of: matched.architecture)
      return Model(
        architecture: matched.architecture, parameters: parameters, classes: nil, history: [], training: nil)
    } catch let problem as ModelProblem {
      throw ModelFileError.content(file: tensors.file, problem)
    }
  }

  private static func match(
    _ tensors: ForeignTensors, as specification: Specification?, input: ImageShape,
    _ matching: TensorMatching
  ) throws(ModelProblem) -> MatchedTensors {
    switch (specification, matching) {
    case (let specification?, .name):
      try ForeignNames(tensors.descriptions).match(specification, input: input)
    case (nil, .name): try ForeignNames(tensors.descriptions).matchPreset(input: Self.input)
    case (let specification?, .order):
      try ForeignOrder(tensors.descriptions).match(specification, input: input)
    case (nil, .order): throw .orderOfUnknownLayers
    }
  }
}

extension Specification {
  /// What a user may mean by it for so many classes: with its last layer as the output layer, if that is written out, or
  /// else as it stands.
  func readings(classCount: Int) -> [Specification] {
    [takingOutput(classCount: classCount), self].compactMap { $0 }
  }

  /// The network, for layers that a user gave.
  func wantedArchitecture(input: ImageShape, classCount: Int) throws(ModelProblem) -> Architecture {
    do throws(ArchitectureError) {
      return try Architecture(self, input: input, classCount: classCount)
    } catch {
      throw .wantedArchitecture(error)
    }
  }
}

extension ParameterDescription {
  /// PyTorch's name for a normalisation's count of steps, which says nothing about the network.
  var isNamedAsCounter: Bool { name == Self.counterName || name.hasSuffix(".\(Self.counterName)") }

  private static let counterName = "num_batches_tracked"

  /// The number of classes, if this is the output layer's weight [classes, inputs] or bias [classes].
  var possibleClassCount: Int? {
    shape.first.flatMap { (2...256).contains($0) ? $0 : nil }
  }
}
