// Fused optimiser steps: each parameter, its gradient and its moments pass through the registers once.
// KernelInterface/OptimizerUpdate.swift names the papers. Counts are multiples of the lane.

import KernelInterface

extension KernelTable {
  /// g ← gradientScale · g + gradientDecay · p
  /// m ← β₁ m + (1 − β₁) g      v ← β₂ v + (1 − β₂) g²
  /// p ← p − (stepSize · m / (√v · secondMomentScale + ε) + parameterDecay · p)
  public static func adam(
    _ update: AdamUpdate, count: Int, gradient: UnsafePointer<Float>, parameter: UnsafeMutablePointer<Float>,
    firstMoment: UnsafeMutablePointer<Float>, secondMoment: UnsafeMutablePointer<Float>
  ) {
    for index in vectorStarts(count) {
      let old = load(parameter + index)
      let slope = load(gradient + index) * update.gradientScale + old * update.gradientDecay
      let mean = load(firstMoment + index) * update.beta1 + slope * update.gradientShare
      let square = load(secondMoment + index) * update.beta2 + slope * slope * update.squareShare
      store(mean, firstMoment + index)
      store(square, secondMoment + index)
      let step = mean / (squareRoot(square) * update.secondMomentScale + update.epsilon)
      store(old - (step * update.stepSize + old * update.parameterDecay), parameter + index)
    }
  }

  /// g ← gradientScale · g + gradientDecay · p
  /// u ← momentum · u + g      p ← p − learningRate · (velocityShare · u + slopeShare · g)
  public static func momentum(
    _ update: MomentumUpdate, count: Int, gradient: UnsafePointer<Float>,
    parameter: UnsafeMutablePointer<Float>, velocity: UnsafeMutablePointer<Float>
  ) {
    for index in vectorStarts(count) {
      let old = load(parameter + index)
      let slope = load(gradient + index) * update.gradientScale + old * update.gradientDecay
      let speed = load(velocity + index) * update.momentum + slope
      store(speed, velocity + index)
      let step = speed * update.velocityShare + slope * update.slopeShare
      store(old - step * update.learningRate, parameter + index)
    }
  }
}
