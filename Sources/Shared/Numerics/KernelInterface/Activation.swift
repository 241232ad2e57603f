// The functions that a layer applies to its values one by one: activations, and dropout. The vector forms of
// activations are in Kernels/ActivationFunctions.swift; a new activation needs code in both files.

/// A function of one value, as PyTorch defines it. Φ and φ are the standard normal distribution and its density; σ is
/// the logistic function 1 / (1 + e⁻ˣ).
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
/// At a kink, the derivative is the one from the left. A NaN stays a NaN.
public enum Activation: Equatable, Sendable {
  /// Rectified linear unit (Nair & Hinton 2010).
  case relu
  /// Leaky rectified linear unit (Maas, Hannun & Ng 2013).
  case leaky(slope: Float)
  /// Gaussian error linear unit (Hendrycks & Gimpel 2016), with the error function, not the approximation with tanh.
  case gelu
  /// Sigmoid linear unit, or swish (Elfwing, Uchibe & Doya 2017).
  case silu
  /// Swish made of pieces of polynomials (Howard et al. 2019).
  case hardswish
  case tanh
  case sigmoid

  /// The values that a derivative is computed from.
  public enum BackwardInput: Sendable {
    /// The activation's outputs; its inputs need not be kept.
    case output
    /// The activation's inputs.
    case input
  }

  /// Whether the function is nonzero at 0, so that padded channels do not stay 0 by themselves.
  public var movesZero: Bool { self == .sigmoid }

  /// The values that the backward pass reads.
  public var backwardReads: BackwardInput {
    switch self {
    case .relu, .tanh, .sigmoid: .output
    // With a negative slope, results are positive on both sides of 0.
    case .leaky(let slope): slope >= 0 ? .output : .input
    case .gelu, .silu, .hardswish: .input
    }
  }
}

// MARK: - Text

extension Activation {
  /// One activation of each kind, with PyTorch's coefficients.
  public static let all: [Activation] = [
    .relu, .leaky(slope: 0.01), .gelu, .silu, .hardswish, .tanh, .sigmoid,
  ]

  /// The activation's word in a specification.
  public var name: String {
    switch self {
    case .relu: "relu"
    case .leaky: "leaky"
    case .gelu: "gelu"
    case .silu: "silu"
    case .hardswish: "hardswish"
    case .tanh: "tanh"
    case .sigmoid: "sigmoid"
    }
  }

  /// The number that may follow the name, as in `leaky:0.2`. It is `nil` for functions without one, and setting it
  /// there has no effect.
  public var coefficient: Float? {
    get { if case .leaky(let slope) = self { slope } else { nil } }
    set { if case .leaky = self, let newValue { self = .leaky(slope: newValue) } }
  }
}

// MARK: - Files of other kinds

extension Activation {
  /// The function in the operators of ONNX's set 13, of 2020. Later sets have operators for more of these functions,
  /// which older runtimes do not know.
  public var onnx: ONNXFormula {
    switch self {
    case .relu: .operation("Relu", [.x])
    case .leaky(let slope): .operation("LeakyRelu", [.x], attributes: ["alpha": slope])
    // Φ(x) = (1 + erf(x / √2)) / 2
    case .gelu: (.x * 0.5) * (.operation("Erf", [.x * 0.707_106_78]) + 1.0)
    case .silu: .x * .operation("Sigmoid", [.x])
    // HardSigmoid is min(max(alpha · x + beta, 0), 1).
    case .hardswish: .x * .operation("HardSigmoid", [.x], attributes: ["alpha": 1 / 6, "beta": 0.5])
    case .tanh: .operation("Tanh", [.x])
    case .sigmoid: .operation("Sigmoid", [.x])
    }
  }
}

/// A function of one value, written in the operators of ONNX: the form that an activation has in an ONNX file, whose
/// graph computes it operator by operator.
public indirect enum ONNXFormula: Equatable, Sendable {
  /// The function's argument.
  case x
  case number(Float)
  /// An operator: its name in ONNX, its inputs, and its attributes by name.
  case operation(String, [ONNXFormula], attributes: [String: Float] = [:])
}

extension ONNXFormula {
  /// The numbers in the formula, from left to right.
  public var numbers: [Float] {
    switch self {
    case .x: []
    case .number(let number): [number]
    case .operation(_, let inputs, _): inputs.flatMap(\.numbers)
    }
  }
}

extension ONNXFormula: ExpressibleByFloatLiteral {
  public init(floatLiteral value: Float) { self = .number(value) }

  public static func + (a: ONNXFormula, b: ONNXFormula) -> ONNXFormula { .operation("Add", [a, b]) }

  public static func * (a: ONNXFormula, b: ONNXFormula) -> ONNXFormula { .operation("Mul", [a, b]) }
}

// MARK: - Dropout

/// Decides which values a dropout layer drops in one step: a pure function of the layer's key and the value's index. So
/// neither threads nor chunks matter, and the backward pass recomputes the mask instead of storing it.
public struct DropoutMask: Equatable, Sendable {
  /// Differs for every seed, step and layer.
  public var key: (UInt32, UInt32)
  /// A value is dropped if its hash is below this: the probability times 2³².
  public var threshold: UInt32
  /// The factor of the values that are kept: 1 / (1 − probability).
  public var scale: Float

  public init(key: (UInt32, UInt32), probability: Double) {
    self.key = key
    threshold = UInt32(min(probability * 0x1p32, 0x1p32 - 1))
    scale = Float(1 / (1 - probability))
  }

  public static func == (left: DropoutMask, right: DropoutMask) -> Bool {
    left.key == right.key && left.threshold == right.threshold && left.scale == right.scale
  }
}
