// Optimiser steps over a run of parameters, on the calling thread.

import KernelInterface

extension Engine {
  /// Takes one step of Adam or AdamW for the parameters in `run`. `gradient` is that of the run; the other arrays hold
  /// all parameters. Complexity: O(run.count).
  public func adam(
    _ update: AdamUpdate, _ run: Range<Int>, gradient: Floats, parameters: Floats, firstMoment: Floats,
    secondMoment: Floats
  ) {
    checkLane(run.count)
    kernels.adam(
      update, count: run.count, gradient: gradient.checked(run.count, "gradient"),
      parameter: parameters.checked(run.upperBound, "parameters") + run.lowerBound,
      firstMoment: firstMoment.checked(run.upperBound, "first moment") + run.lowerBound,
      secondMoment: secondMoment.checked(run.upperBound, "second moment") + run.lowerBound)
  }

  /// Takes one step of gradient descent with momentum for the parameters in `run`. `gradient` is that of the run; the
  /// other arrays hold all parameters. Complexity: O(run.count).
  public func momentum(
    _ update: MomentumUpdate, _ run: Range<Int>, gradient: Floats, parameters: Floats, velocity: Floats
  ) {
    checkLane(run.count)
    kernels.momentum(
      update, count: run.count, gradient: gradient.checked(run.count, "gradient"),
      parameter: parameters.checked(run.upperBound, "parameters") + run.lowerBound,
      velocity: velocity.checked(run.upperBound, "velocity") + run.lowerBound)
  }
}
