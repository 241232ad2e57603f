// The activations of KernelInterface/Activation.swift for vectors, and the one place that switches over the enum.
// Loops over values are generic, and the compiler specialises a loop for each function.
//
// Relative errors against the true function, in units of 2⁻²⁴ (half a unit in the last place of 1):
//
//     sigmoid 6      silu 8      tanh 4      gelu 8 + x² / 2, and x² / 2 is 85 at most, where x Φ(x) is near 10⁻³⁶
//
// Derivatives have an absolute error of at most 8 such units. Results below the normal numbers are 0.

import KernelInterface

/// A function with its derivative.
protocol ActivationFunction {
  func value(_ x: Vector) -> Vector
  /// Returns the derivative, computed from the value if ``Activation/backwardReads`` says `output`, else from x.
  func derivative(_ stored: Vector) -> Vector
  /// Returns the derivative, computed from x.
  func derivative(at x: Vector) -> Vector
}

extension ActivationFunction {
  @inline(__always)
  func derivative(at x: Vector) -> Vector { derivative(x) }
}

/// A loop over values that applies a function.
protocol ActivationLoop {
  func run<Function: ActivationFunction>(_ function: Function)
}

/// Runs the loop with the function of an activation, or with the identity if there is none.
@inline(__always)
func run(_ loop: some ActivationLoop, with activation: Activation?) {
  switch activation {
  case nil: loop.run(Identity())
  case .relu: loop.run(Rectifier())
  case .leaky(let slope): loop.run(LeakyRectifier(slope: slope))
  case .gelu: loop.run(GaussianUnit())
  case .silu: loop.run(SigmoidUnit())
  case .hardswish: loop.run(HardSwish())
  case .tanh: loop.run(HyperbolicTangent())
  case .sigmoid: loop.run(Sigmoid())
  }
}

// MARK: - Pieces of straight lines and parabolas

struct Identity: ActivationFunction {
  @inline(__always)
  func value(_ x: Vector) -> Vector { x }
  @inline(__always)
  func derivative(_ stored: Vector) -> Vector { Vector(repeating: 1) }
}

struct Rectifier: ActivationFunction {
  @inline(__always)
  func value(_ x: Vector) -> Vector { rectified(x) }
  /// `stored` is the value or x: both are positive at the same places.
  @inline(__always)
  func derivative(_ stored: Vector) -> Vector {
    select(Vector.zero, Vector(repeating: 1), by: isLarger(stored, Vector.zero))
  }
}

struct LeakyRectifier: ActivationFunction {
  let slope: Float
  @inline(__always)
  func value(_ x: Vector) -> Vector { select(x * slope, x, by: isLarger(x, Vector.zero)) }
  @inline(__always)
  func derivative(_ stored: Vector) -> Vector {
    select(Vector(repeating: slope), Vector(repeating: 1), by: isLarger(stored, Vector.zero))
  }
}

struct HardSwish: ActivationFunction {
  @inline(__always)
  func value(_ x: Vector) -> Vector {
    let (raised, six) = (x + 3, Vector(repeating: 6))
    let positive = select(raised, Vector.zero, by: isLarger(Vector.zero, raised))
    return x * select(positive, six, by: isLarger(positive, six)) * (1 / 6)
  }
  @inline(__always)
  func derivative(_ stored: Vector) -> Vector {
    var slope = Vector(repeating: 0.5)
    multiplyAdd(&slope, stored, Vector(repeating: 1 / 3))
    let upTo3 = select(Vector.zero, slope, by: isLarger(stored, Vector(repeating: -3)))
    return select(upTo3, Vector(repeating: 1), by: isLarger(stored, Vector(repeating: 3)))
  }
}

// MARK: - With the exponential

private let signBit: UInt32 = 0x8000_0000

/// Returns σ(x) from e = exp(−|x|): 1 / (1 + e), or e / (1 + e) if x is negative. Neither overflows, and nothing
/// is subtracted.
@inline(__always)
private func logistic(_ x: Vector) -> Vector {
  let e = vanishingExponential(negativeMagnitude(x))
  return select(Vector(repeating: 1), e, by: isLarger(Vector.zero, x)) / (e + 1)
}

/// −|x|
@inline(__always)
private func negativeMagnitude(_ x: Vector) -> Vector {
  unsafeBitCast(unsafeBitCast(x, to: IntegerVector.self) | IntegerVector(repeating: signBit), to: Vector.self)
}

struct Sigmoid: ActivationFunction {
  @inline(__always)
  func value(_ x: Vector) -> Vector { logistic(x) }
  @inline(__always)
  func derivative(_ stored: Vector) -> Vector { stored * (1 - stored) }
  @inline(__always)
  func derivative(at x: Vector) -> Vector { derivative(value(x)) }
}

struct SigmoidUnit: ActivationFunction {
  @inline(__always)
  func value(_ x: Vector) -> Vector { x * logistic(x) }
  @inline(__always)
  func derivative(_ stored: Vector) -> Vector {
    let sigma = logistic(stored)
    var sum = Vector(repeating: 1)
    multiplyAdd(&sum, stored, 1 - sigma)
    return sigma * sum
  }
}

/// tanh x = (1 − e) / (1 + e) with e = exp(−2 |x|) and the sign of x. Below 5/8 this would subtract nearly equal
/// numbers, so that the function is x + x³ P(x²) there, with the polynomial of Cephes' tanhf.
struct HyperbolicTangent: ActivationFunction {
  @inline(__always)
  func value(_ x: Vector) -> Vector {
    let square = x * x
    var polynomial = Vector(repeating: -5.704_988_7e-3)
    polynomial = hornerStep(polynomial, square, 2.063_908_9e-2)
    polynomial = hornerStep(polynomial, square, -5.373_971_6e-2)
    polynomial = hornerStep(polynomial, square, 0.133_314_42)
    polynomial = hornerStep(polynomial, square, -0.333_332_82)
    var small = x
    multiplyAdd(&small, polynomial * square, x)
    let below = negativeMagnitude(x)
    let e = vanishingExponential(below + below)
    let magnitude = (1 - e) / (1 + e)
    let sign = unsafeBitCast(x, to: IntegerVector.self) & IntegerVector(repeating: signBit)
    let large = unsafeBitCast(unsafeBitCast(magnitude, to: IntegerVector.self) | sign, to: Vector.self)
    return select(large, small, by: isLarger(below, Vector(repeating: -0.625)))
  }
  @inline(__always)
  func derivative(_ stored: Vector) -> Vector {
    var difference = Vector(repeating: 1)
    multiplyAdd(&difference, -stored, stored)
    return difference
  }
  @inline(__always)
  func derivative(at x: Vector) -> Vector { derivative(value(x)) }
}

// MARK: - The normal distribution

/// x Φ(x).
///
/// With t = |x| and e = exp(−t² / 2), the tail Φ(−t) = e P(u) / (t + k), where u = (t − k) / (t + k) runs from −1 to 1
/// and P is a polynomial: the form of Shepherd & Laframboise ("Chebyshev Approximation of (1 + 2x) exp(x²) erfc x",
/// 1981), with k = 7/2 and our own fit of the polynomial, to 6 · 10⁻⁹ for all t whose tail is a normal number. A tail
/// computed as 1 + erf would have no digits left for x far below 0.
struct GaussianUnit: ActivationFunction {
  @inline(__always)
  func value(_ x: Vector) -> Vector { x * parts(x).distribution }

  @inline(__always)
  func derivative(_ stored: Vector) -> Vector {
    let (distribution, exponential) = parts(stored)
    var sum = distribution
    multiplyAdd(&sum, stored * exponential, Vector(repeating: 0.398_942_28))  // 1 / √(2π)
    return sum
  }

  /// Returns Φ(x) and exp(−x² / 2).
  @inline(__always)
  private func parts(_ x: Vector) -> (distribution: Vector, exponential: Vector) {
    let t = -negativeMagnitude(x)
    let e = vanishingExponential(t * t * -0.5)
    let inverse = 1 / (t + 3.5)
    let u = (t - 3.5) * inverse
    var polynomial = Vector(repeating: 1.148_343_8e-4)
    polynomial = hornerStep(polynomial, u, 4.296_182_3e-4)
    polynomial = hornerStep(polynomial, u, -4.941_461_4e-4)
    polynomial = hornerStep(polynomial, u, -3.180_271_9e-3)
    polynomial = hornerStep(polynomial, u, 6.491_602_9e-3)
    polynomial = hornerStep(polynomial, u, 1.740_741_0e-2)
    polynomial = hornerStep(polynomial, u, -0.116_052_74)
    polynomial = hornerStep(polynomial, u, 0.315_424_98)
    polynomial = hornerStep(polynomial, u, -0.565_561_77)
    polynomial = hornerStep(polynomial, u, 0.744_416_06)
    let tail = e * (polynomial * inverse)
    return (select(1 - tail, tail, by: isLarger(Vector.zero, x)), e)
  }
}
