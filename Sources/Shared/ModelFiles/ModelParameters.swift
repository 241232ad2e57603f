// What the tensors of a model must be, whatever the format of its file.

import Networks

extension ModelProblem.TensorMismatch {
  /// Compares the tensors that are there with those that the architecture has.
  init(of tensors: [ParameterDescription], with architecture: Architecture) {
    self.init(of: tensors, expected: architecture.parameters, of: architecture)
  }

  /// Compares the tensors that are there with those that there have to be of the architecture.
  init(of tensors: [ParameterDescription], expected: [ParameterDescription], of architecture: Architecture) {
    self.init(architecture: architecture.specification)
    let shapes = Dictionary(tensors.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
    for description in expected {
      if let shape = shapes[description.name] {
        if shape != description.shape { misshapen.append(.init(expected: description, found: shape)) }
      } else {
        missing.append(description)
      }
    }
    let expectedNames = Set(expected.map(\.name))
    unexpected = tensors.filter { !expectedNames.contains($0.name) }
  }

  /// The number of differences.
  var count: Int { missing.count + misshapen.count + unexpected.count }

  /// Whether there are none.
  var isEmpty: Bool { count == 0 }
}

extension ModelProblem {
  /// Refuses weights that are infinite or not numbers.
  static func checkFinite(_ parameters: [Parameter]) throws(ModelProblem) {
    for parameter in parameters {
      if let index = parameter.values.firstIndex(where: { !$0.isFinite }) {
        throw .notFinite(tensor: parameter.name, index: index, value: parameter.values[index])
      }
    }
  }
}
