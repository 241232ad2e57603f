// Optimiser steps over all parameters at once.

import KernelInterface

extension Engine {
  /// Parameters of a run: four arrays of 64 KiB, so that a run fits the L2 cache.
  private static let updateLength = 1 << 14

  /// One step of Adam or AdamW; all arrays have the parameters' length.
  public func adam(
    _ update: AdamUpdate, gradient: Floats, parameters: Floats, firstMoment: Floats, secondMoment: Floats
  ) {
    let count = parameters.count
    checkLane(count)
    let g = gradient.checked(count, "gradient")
    let m = firstMoment.checked(count, "first moment")
    let v = secondMoment.checked(count, "second moment")
    let p = parameters.checked(count, "parameters")
    forEachRun(count, length: Self.updateLength) { run in
      let start = run.lowerBound
      kernels.adam(update, run.count, g + start, p + start, m + start, v + start)
    }
  }

  /// One step of gradient descent with momentum; all arrays have the parameters' length.
  public func momentum(_ update: MomentumUpdate, gradient: Floats, parameters: Floats, velocity: Floats) {
    let count = parameters.count
    checkLane(count)
    let g = gradient.checked(count, "gradient")
    let u = velocity.checked(count, "velocity")
    let p = parameters.checked(count, "parameters")
    forEachRun(count, length: Self.updateLength) { run in
      let start = run.lowerBound
      kernels.momentum(update, run.count, g + start, p + start, u + start)
    }
  }
}
