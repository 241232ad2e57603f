// Activations in Double, and bounds on the errors of the engine's.

import Compute
import KernelInterface

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension Activation {
  /// All activations, with slopes of both signs.
  static let all: [Activation] = [
    .relu, .leaky(slope: 0.01), .leaky(slope: 0), .leaky(slope: -0.5), .gelu, .silu, .hardswish, .tanh,
    .sigmoid,
  ]

  /// The true value.
  func reference(_ x: Double) -> Double {
    switch self {
    case .relu: max(x, 0)
    case .leaky(let slope): x > 0 ? x : Double(slope) * x
    case .gelu: x * erfc(-x / 2.0.squareRoot()) / 2
    case .silu: x / (1 + exp(-x))
    case .hardswish: x * min(max(x + 3, 0), 6) / 6
    case .tanh: hyperbolicTangent(x)
    case .sigmoid: 1 / (1 + exp(-x))
    }
  }

  /// The places where the derivative jumps.
  var kinks: [Double] {
    switch self {
    case .relu, .leaky: [0]
    case .hardswish: [-3, 3]
    case .gelu, .silu, .tanh, .sigmoid: []
    }
  }

  /// The true derivative by central differences, at least `step` away from a kink.
  func referenceSlope(_ x: Double) -> Double {
    (reference(x + Self.step) - reference(x - Self.step)) / (2 * Self.step)
  }

  /// The error of a difference is step² / 6 times the third derivative, which is below 3, plus roundings of Double over
  /// the step. Together they are below 10⁻⁸ for |x| < 100.
  static let step = 1e-4
  static let slopeError = 1e-8

  /// The relative error of the engine's value, as Kernels/ActivationFunctions.swift states it in units of 2⁻²⁴.
  /// Functions without exponentials round a few times.
  func relativeError(_ x: Double) -> Double {
    let units: Double =
      switch self {
      case .relu: 0
      case .leaky: 1
      case .hardswish: 4
      case .sigmoid: 6
      case .silu: 8
      case .tanh: 4
      case .gelu: 8 + x * x / 2
      }
    return units * Rounded.unit
  }

  /// The engine's value at x, with a bound on its error.
  func rounded(_ x: Rounded) -> Rounded {
    let value = reference(x.value)
    // No derivative is larger than hardswish's 3/2.
    let propagated = 1.5 * x.error
    // hardswish subtracts near −3: x + 3 is right to half a unit of x itself.
    let absolute = self == .hardswish ? Rounded.unit * abs(x.value) : 0
    return Rounded(
      value: value,
      error: propagated + absolute + relativeError(x.value) * (abs(value) + propagated)
        + Double(Float.leastNormalMagnitude))
  }

  /// The engine's derivative at x. Second derivatives are at most 1. At a kink, any slope between both sides is right.
  func roundedSlope(_ x: Rounded) -> Rounded {
    let isNearKink = kinks.contains { abs(x.value - $0) <= x.error + 2 * Self.step }
    return Rounded(
      value: referenceSlope(x.value),
      error: x.error + 16 * Rounded.unit + Self.slopeError + (isNearKink ? 1.5 : 0))
  }
}

/// Uses expm1, which has all digits near 0. (The enum's case hides the name in the C library.)
private func hyperbolicTangent(_ x: Double) -> Double {
  let difference = expm1(2 * min(abs(x), 100))
  let magnitude = difference / (difference + 2)
  return x < 0 ? -magnitude : magnitude
}
