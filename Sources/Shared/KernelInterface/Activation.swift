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
