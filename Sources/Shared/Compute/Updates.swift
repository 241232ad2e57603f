// Optimiser steps over a run of parameters, on the calling thread.

import KernelInterface

extension Engine {
  /// One step of Adam or AdamW for the parameters `run`, whose gradient is given; the other arrays hold all parameters.
  public func adam(
    _ update: AdamUpdate, _ run: Range<Int>, gradient: Floats, parameters: Floats, firstMoment: Floats,
    secondMoment: Floats
  ) {
    checkLane(run.count)
    kernels.adam(
      update, run.count, gradient.checked(run.count, "gradient"),
      parameters.checked(run.upperBound, "parameters") + run.lowerBound,
      firstMoment.checked(run.upperBound, "first moment") + run.lowerBound,
      secondMoment.checked(run.upperBound, "second moment") + run.lowerBound)
  }

  /// One step of gradient descent with momentum, likewise.
  public func momentum(
    _ update: MomentumUpdate, _ run: Range<Int>, gradient: Floats, parameters: Floats, velocity: Floats
  ) {
    checkLane(run.count)
    kernels.momentum(
      update, run.count, gradient.checked(run.count, "gradient"),
      parameters.checked(run.upperBound, "parameters") + run.lowerBound,
      velocity.checked(run.upperBound, "velocity") + run.lowerBound)
  }
}
