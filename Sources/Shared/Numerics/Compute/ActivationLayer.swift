// Activations of runs of values, of rows, and of maps. All run on the calling thread.

import KernelInterface

extension Engine {
  /// output[i] ← act(input[i]). Both may be the same memory.
  public func activate(_ activation: Activation, input: Floats, output: Floats) {
    activate(activation, input: run(input), output: run(output))
  }

  /// gradient[i] ← gradient[i] · act′, where `values` are the activation's outputs or inputs, as
  /// ``Activation/backwardReads`` says.
  public func activationBackward(_ activation: Activation, gradient: Floats, values: Floats) {
    activationBackward(activation, gradient: run(gradient), values: run(values))
  }

  /// output [rowCount, columns] ← act(input). Both may be the same memory.
  public func activate(_ activation: Activation, input: Rows, output: Rows, rowCount: Int, columns: Int) {
    activate(
      activation, input: map(input, rowCount: rowCount, columns: columns),
      output: map(output, rowCount: rowCount, columns: columns))
  }

  /// gradient [rowCount, columns] ← gradient · act′, computed from the activation's outputs or inputs.
  public func activationBackward(
    _ activation: Activation, gradient: Rows, values: Rows, rowCount: Int, columns: Int
  ) {
    activationBackward(
      activation, gradient: map(gradient, rowCount: rowCount, columns: columns),
      values: map(values, rowCount: rowCount, columns: columns))
  }

  /// output ← act(input). Both may be the same memory.
  public func activate(_ activation: Activation, input: FeatureMap, output: FeatureMap) {
    checkLane(input.channels)
    guard !input.isEmpty || !output.isEmpty else { return }
    kernels.activate(
      activation, input: input.checked("input of an activation"),
      output: output.checked(like: input, "output of an activation"))
  }

  /// gradient ← gradient · act′, computed from the activation's outputs or inputs.
  public func activationBackward(_ activation: Activation, gradient: FeatureMap, values: FeatureMap) {
    checkLane(gradient.channels)
    guard !gradient.isEmpty || !values.isEmpty else { return }
    kernels.activationBackward(
      activation, gradient: gradient.checked("gradient of an activation"),
      values: values.checked(like: gradient, "values of an activation"))
  }

  private func run(_ floats: Floats) -> FeatureMap {
    FeatureMap(floats, height: 1, width: 1, channels: floats.count)
  }

  private func map(_ rows: Rows, rowCount: Int, columns: Int) -> FeatureMap {
    precondition(columns <= rows.stride, "rows of \(columns) floats are \(rows.stride) apart")
    return FeatureMap(rows.floats, height: rowCount, width: 1, channels: columns, rowStride: rows.stride)
  }
}
