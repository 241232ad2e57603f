// The functions that are applied to a layer's values one by one. Their vector forms are in Kernels/ActivationFunctions.swift:
// an activation is added there and here.

/// A function of one value, as PyTorch defines it. Φ and φ are the standard normal distribution and its density, σ is the
/// logistic function 1 / (1 + e⁻ˣ).
///
///     case           value y                        derivative
///     relu           max(x, 0)                      1 where y > 0, 0 elsewhere
///     leaky          x where x > 0, else slope · x  1 where x > 0, slope elsewhere
///     gelu           x Φ(x)                         Φ(x) + x φ(x)
///     silu           x σ(x)                         σ(x) (1 + x (1 − σ(x)))
///     hardswish      x min(max(x + 3, 0), 6) / 6    0 up to −3, then x / 3 + ½ up to 3, then 1
///     tanh           tanh x                         1 − y²
///     sigmoid        σ(x)                           y (1 − y)
///
/// At a kink the derivative is that from the left. A NaN stays a NaN.
public enum Activation: Equatable, Sendable {
  /// Rectified linear unit (Nair & Hinton 2010).
  case relu
  /// Leaky rectified linear unit (Maas, Hannun & Ng 2013).
  case leaky(slope: Float)
  /// Gaussian error linear unit (Hendrycks & Gimpel 2016), by the error function and not by tanh.
  case gelu
  /// Sigmoid linear unit, or swish (Elfwing, Uchibe & Doya 2017).
  case silu
  /// Swish in pieces of polynomials (Howard et al. 2019).
  case hardswish
  case tanh
  case sigmoid

  /// What a derivative is computed from.
  public enum BackwardInput: Sendable {
    /// The activation's results: its inputs need not be kept.
    case output
    /// What it was applied to.
    case input
  }

  /// What the backward pass reads.
  public var backwardReads: BackwardInput {
    switch self {
    case .relu, .tanh, .sigmoid: .output
    // With a negative slope, results are positive on both sides of 0.
    case .leaky(let slope): slope >= 0 ? .output : .input
    case .gelu, .silu, .hardswish: .input
    }
  }
}
