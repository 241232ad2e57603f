// Parameters on their way into a network and out of it: in PyTorch's names and layouts.

import Compute
import Networks

extension Network {
  /// The parameters in PyTorch's names and layouts, statistics among them.
  public func exportParameters() -> [Parameter] { export(parameters, constants) }

  /// Takes over parameters: those of the architecture, in its order.
  public func importParameters(_ values: [Parameter]) {
    place(values, in: parameters, constants)
    if training == nil { foldNormalizations() }
    updateDerivedWeights()
  }

  /// Puts values of the architecture's parameters, in its order, where they lie in buffers like those of the network.
  /// What lies between them is left alone. Without a buffer for constants, values are of learned parameters only.
  package func place(_ values: [Parameter], in learned: FloatBuffer, _ constant: FloatBuffer? = nil) {
    var next = values.makeIterator()
    forEachParameter { description, places in
      if places.isConstant, constant == nil { return }
      guard let parameter = next.next() else { preconditionFailure("no values for \(description.name)") }
      precondition(
        parameter.name == description.name && parameter.values.count == description.count,
        "\(parameter.name) \(parameter.shape) given for \(description.name) \(description.shape)")
      places.scatter(parameter.values, to: places.isConstant ? constant!.floats : learned.floats)
    }
  }

  /// Values that lie like the parameters, in PyTorch's names and layouts; learned ones only without a buffer of constants.
  package func export(_ learned: FloatBuffer, _ constant: FloatBuffer? = nil) -> [Parameter] {
    var result: [Parameter] = []
    forEachParameter { description, places in
      guard let floats = places.isConstant ? constant?.floats : learned.floats else { return }
      result.append(
        Parameter(name: description.name, shape: description.shape, values: places.gather(from: floats)))
    }
    return result
  }

  /// Whether every parameter is a finite number.
  public var isFinite: Bool {
    // A sum of squares is finite only if each value is (and none is near 10¹⁵⁴, which Float cannot reach).
    engine.norm(parameters.floats).isFinite && constants.floats.allSatisfy(\.isFinite)
  }

  /// Lays out anew what is derived from parameters; due whenever they change.
  package func updateDerivedWeights() {
    let steps = plan.imageSteps
    engine.workers.forEach(steps.count) { task, _ in steps[task].updateDerived(self) }
    for step in plan.batchSteps { step.updateDerived(self) }
  }

  func forEachParameter(_ body: (ParameterDescription, ParameterPlaces) -> Void) {
    let places = plan.places(engine.kernels.panelWidth)
    let descriptions = architecture.parameters
    precondition(
      places.count == descriptions.count, "\(places.count) of \(descriptions.count) parameters placed")
    for (description, place) in zip(descriptions, places) { body(description, place) }
  }

  /// Folds normalisations into the layers before them, after their values are imported.
  private func foldNormalizations() {
    for step in plan.imageSteps { step.foldNormalization(self) }
    for step in plan.denseSteps { step.foldNormalization(self) }
    for step in plan.batchSteps { step.foldNormalization(self) }
  }
}
