// The optimisers' steps as their papers (and PyTorch's manual) define them, from the learning rate and the number of
// the step rather than from the values that the kernels precompute.

import KernelInterface

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The settings of an optimiser.
struct Settings: Sendable, CustomStringConvertible {
  var name: String
  var learningRate = 1e-3
  var beta1 = 0.9
  var beta2 = 0.999
  var epsilon = 1e-8
  var momentum = 0.0
  var isNesterov = false
  var decay = 0.0
  /// Whether decay is AdamW's, separate from the gradient.
  var isDecoupled = false
  var gradientScale = 1.0

  var description: String { name }

  /// The kernel's arguments for step `step`, counted from 1.
  func adamUpdate(step: Int) -> AdamUpdate {
    AdamUpdate(
      stepSize: Float(learningRate / (1 - pow(beta1, Double(step)))),
      secondMomentScale: Float(1 / (1 - pow(beta2, Double(step))).squareRoot()), beta1: beta1,
      beta2: beta2, epsilon: Float(epsilon), gradientDecay: isDecoupled ? 0 : Float(decay),
      parameterDecay: isDecoupled ? Float(learningRate * decay) : 0, gradientScale: Float(gradientScale))
  }

  var momentumUpdate: MomentumUpdate {
    MomentumUpdate(
      learningRate: Float(learningRate), momentum: Float(momentum), gradientDecay: Float(decay),
      gradientScale: Float(gradientScale), looksAhead: isNesterov)
  }
}

/// The accuracy that the kernels' square root promises.
let squareRootUlps = 0.5

/// One step of Adam (Kingma & Ba, algorithm 1) or AdamW (Loshchilov & Hutter, algorithm 2) on one parameter.
func referenceAdam(
  _ settings: Settings, step: Int, gradient: Float, parameter: Float, firstMoment: Float, secondMoment: Float
) -> (parameter: Rounded, firstMoment: Rounded, secondMoment: Rounded) {
  let (beta1, beta2) = (Rounded(rounding: settings.beta1), Rounded(rounding: settings.beta2))
  let decay = settings.isDecoupled ? 0 : settings.decay
  let g =
    Rounded(gradient) * Rounded(rounding: settings.gradientScale)
    + Rounded(rounding: decay) * Rounded(parameter)
  let m = beta1 * Rounded(firstMoment) + Rounded(rounding: 1 - settings.beta1) * g
  let v = beta2 * Rounded(secondMoment) + Rounded(rounding: 1 - settings.beta2) * g * g
  let step = Double(step)
  // m̂ / (√v̂ + ε), with both corrections, 1 / (1 − β₁ᵗ) and 1 / (1 − β₂ᵗ), factored out of the moments.
  let firstCorrection = Rounded(rounding: settings.learningRate / (1 - pow(settings.beta1, step)))
  let secondCorrection = Rounded(rounding: 1 / (1 - pow(settings.beta2, step)).squareRoot())
  let change =
    firstCorrection
    * (m / (v.squareRoot(ulps: squareRootUlps) * secondCorrection + Rounded(rounding: settings.epsilon)))
  let lost = Rounded(rounding: settings.isDecoupled ? settings.learningRate * settings.decay : 0)
  return (Rounded(parameter) - (change + Rounded(parameter) * lost), m, v)
}

/// One step of gradient descent with momentum, plain or Nesterov's, as PyTorch defines it (without dampening).
func referenceMomentum(
  _ settings: Settings, gradient: Float, parameter: Float, velocity: Float
) -> (parameter: Rounded, velocity: Rounded) {
  let g =
    Rounded(gradient) * Rounded(rounding: settings.gradientScale)
    + Rounded(rounding: settings.decay) * Rounded(parameter)
  let u = Rounded(rounding: settings.momentum) * Rounded(velocity) + g
  let step = settings.isNesterov ? g + Rounded(rounding: settings.momentum) * u : u
  return (Rounded(parameter) - Rounded(rounding: settings.learningRate) * step, u)
}
