// Builds a model from tensors that another program saved: PyTorch's state_dict, or a safetensors file without our
// metadata. Such a file has tensors but no architecture. The user gives the layers, including those without
// parameters, or the names and shapes of the tensors are those of a preset.
//
// Tensors are matched to parameters by name (ForeignNames.swift) or, on request, by order (ForeignOrder.swift).

import Networks
import TensorStream

/// How the tensors of other programs are matched to the parameters of a network.
public enum TensorMatching: String, CaseIterable, Sendable {
  /// Matches tensors by PyTorch's names, as in our own files.
  case name
  /// Matches tensors by their order, whatever their names are; shapes must agree.
  case order
}

/// A network, and the tensors matched to its parameters.
struct MatchedTensors {
  let architecture: Architecture
  /// The file's name for each of the architecture's names. A step count may have none.
  let names: [String: String]
  /// Messages to the user about the match.
  let notes: [String]
}

enum ForeignModel {
  /// The image size that presets are matched for, and the default for other layers.
  static let input = ImageShape(height: 28, width: 28, channels: 1)

  /// Builds the model of a specification for images of size `input` from the tensors, or without a specification, of
  /// the preset that they match. Calls `note` with each message to the user. Throws ``ModelFileError``.
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
  /// The networks that a user may mean for `classCount` classes: with the last layer as the output layer, if it can be
  /// that, and as written.
  func readings(classCount: Int) -> [Specification] {
    [takingOutput(classCount: classCount), self].compactMap { $0 }
  }

  /// Builds the network of layers that a user gave.
  func wantedArchitecture(input: ImageShape, classCount: Int) throws(ModelProblem) -> Architecture {
    do throws(ArchitectureError) {
      return try Architecture(self, input: input, classCount: classCount)
    } catch {
      throw .wantedArchitecture(error)
    }
  }
}

extension ParameterDescription {
  /// Whether this has PyTorch's name for the step count of a normalisation, which does not influence the network.
  var isNamedAsCounter: Bool { name == Self.counterName || name.hasSuffix(".\(Self.counterName)") }

  private static let counterName = "num_batches_tracked"

  /// The number of classes, if this is the output layer's weight [classes, inputs] or bias [classes].
  var possibleClassCount: Int? {
    shape.first.flatMap { (2...256).contains($0) ? $0 : nil }
  }
}
