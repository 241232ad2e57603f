/// `linear:OUTPUTS[,bias=yes]`: a matrix product with every value of the input, channels first, as PyTorch flattens it.
public struct Linear: Equatable, Sendable {
  public var outputs: Int
  public var hasBias: Bool

  public init(outputs: Int, hasBias: Bool = true) {
    self.outputs = outputs
    self.hasBias = hasBias
  }
}
