// Activations: functions of each value by itself. KernelInterface/Activation.swift lists them with their formulas and
// names. These rules hold for all of them.

import KernelInterface

extension Activation: WrittenOperation {
  static let words = all.map(\.name)

  static func takesNumber(_ word: String) -> Bool {
    all.contains { $0.name == word && $0.coefficient != nil }
  }

  /// Reads `NAME`, or `NAME:COEFFICIENT` if the activation has a coefficient.
  static func parse(_ word: inout WordArguments) throws(ArchitectureError) -> Operation {
    guard var activation = all.first(where: { $0.name == word.kind }) else {
      preconditionFailure("no activation is called \(word.kind)")
    }
    if let standard = activation.coefficient {
      activation.coefficient = try word.number() ?? standard
    }
    return .activation(activation)
  }

  var text: String {
    guard let coefficient, !Self.all.contains(self) else { return name }
    return "\(name):\(numberText(coefficient))"
  }

  var stem: String { name }

  func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape {
    guard coefficient?.isFinite ?? true else { throw Misfit("its coefficient must be finite") }
    return inputs[0]
  }
}
