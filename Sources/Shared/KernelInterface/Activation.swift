/// A function of each value by itself, as PyTorch defines it.
public enum Activation: Equatable, Sendable {
  case relu
  case leaky(slope: Float)
  case gelu
  case silu
  case hardswish
  case tanh
  case sigmoid
}

extension Activation {
  /// One of each, with PyTorch's coefficients.
  public static let all: [Activation] = [
    .relu, .leaky(slope: 0.01), .gelu, .silu, .hardswish, .tanh, .sigmoid,
  ]

  /// Its word of a specification.
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

  /// The number that may follow its name, as in `leaky:0.2`; `nil` for functions without one, where a new value has no
  /// effect.
  public var coefficient: Float? {
    get { if case .leaky(let slope) = self { slope } else { nil } }
    set { if case .leaky = self, let newValue { self = .leaky(slope: newValue) } }
  }
}
