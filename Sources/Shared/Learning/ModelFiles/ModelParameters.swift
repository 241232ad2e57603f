// The requirements on the tensors of a model, whatever the format of its file.

import Networks

extension ModelProblem.TensorMismatch {
  /// Compares the tensors of a file with the parameters of an architecture.
  init(of tensors: [ParameterDescription], with architecture: Architecture) {
    self.init(of: tensors, expected: architecture.parameters, of: architecture)
  }

  /// Compares the tensors of a file with the expected ones. `architecture` is for the message.
  ///
  /// - Complexity: O(n) for n tensors and parameters, on average.
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

  /// Whether there are no differences.
  var isEmpty: Bool { count == 0 }
}

extension ModelProblem {
  /// Refuses values that parameters cannot have: infinite values and NaN, negative variances, and step counts that are
  /// negative or not whole. `parameters` are in the architecture's order.
  ///
  /// - Complexity: O(values).
  static func check(_ parameters: [Parameter], of architecture: Architecture) throws(ModelProblem) {
    for (parameter, description) in zip(parameters, architecture.parameters) {
      let (name, values) = (parameter.name, parameter.values)
      if let index = values.firstIndex(where: { !$0.isFinite }) {
        throw .notFinite(tensor: name, index: index, value: values[index])
      }
      if description.role == .variance, let index = values.firstIndex(where: { $0 < 0 }) {
        throw .negativeVariance(tensor: name, index: index, value: values[index])
      }
      if description.role == .counter, let value = values.first(where: { !$0.isCount }) {
        throw .noCount(tensor: name, value: value)
      }
    }
  }

  /// Refuses finite values that become infinite as the type to write.
  ///
  /// - Complexity: O(values).
  static func checkRange(_ tensors: [Safetensors.Tensor]) throws(ModelProblem) {
    for tensor in tensors {
      if let index = tensor.elementType.firstOverflow(in: tensor.values) {
        throw .outOfRange(
          tensor: tensor.name, index: index, value: tensor.values[index], type: tensor.elementType)
      }
    }
  }
}

extension Float {
  /// Whether this is a whole number from 0 that fits in an Int64.
  fileprivate var isCount: Bool { self >= 0 && self < 0x1p63 && self == rounded() }
}

// MARK: - Types of elements

/// The type in which learned values are written.
public enum TensorType: String, CaseIterable, Sendable {
  case float32, float16, bfloat16

  fileprivate var elementType: SafetensorsElementType {
    switch self {
    case .float32: .f32
    case .float16: .f16
    case .bfloat16: .bf16
    }
  }
}

extension ParameterRole {
  /// Returns the element type of this role in files whose learned values have `type`. Statistics stay float32, since
  /// variances are divisors and may be very small. PyTorch's counts are int64.
  func elementType(_ type: TensorType = .float32) -> SafetensorsElementType {
    switch self {
    case .weight, .fixedWeight, .bias, .scale, .fixedScale: type.elementType
    case .mean, .variance: .f32
    case .counter: .i64
    }
  }
}

extension [Parameter] {
  /// Returns the tensors to write. `descriptions` describe the parameters, in the same order; `prefix` is put before
  /// the names.
  func tensors(
    of descriptions: [ParameterDescription], type: TensorType = .float32, prefix: String = ""
  ) -> [Safetensors.Tensor] {
    zip(self, descriptions).map { parameter, description in
      Safetensors.Tensor(
        name: prefix + parameter.name, shape: parameter.shape, values: parameter.values,
        elementType: description.role.elementType(type))
    }
  }
}
