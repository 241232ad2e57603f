// Imports and exports the parameters of a network, with PyTorch's names and layouts.

import Compute
import Networks

extension Network {
  /// Returns the parameters, including statistics, with PyTorch's names and layouts.
  ///
  /// - Complexity: O(number of values).
  public func exportParameters() -> [Parameter] { export(parameters, constants) }

  /// Sets the parameters. `values` are those of the architecture, in its order.
  ///
  /// - Complexity: O(number of values).
  public func importParameters(_ values: [Parameter]) {
    place(values, in: parameters, constants)
    if training == nil { foldNormalizations() }
    updateDerivedWeights()
  }

  /// Writes the values of the architecture's parameters, in its order, to their places in buffers laid out like those
  /// of the network. Padding between them is left alone. Without a buffer for constants, `values` has only learned
  /// parameters.
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

  /// Returns values laid out like the parameters, with PyTorch's names and layouts. Without a buffer of constants, only
  /// learned parameters are returned.
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
  ///
  /// - Complexity: O(number of parameters).
  public var isFinite: Bool {
    // A sum of squares is finite only if each value is (and none is near 10¹⁵⁴, which Float cannot reach).
    engine.norm(parameters.floats).isFinite && constants.floats.allSatisfy(\.isFinite)
  }

  /// Recomputes what is derived from the parameters. It must be called whenever they change.
  ///
  /// - Complexity: O(number of parameters).
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
