// A fixed factor: y = factor · x. It has no parameters, and PyTorch has no layer for it.

/// `scale:FACTOR`: multiplies every value by a fixed number.
public struct Scale: Equatable, Sendable {
  /// The factor; finite and not 0.
  public var factor: Double

  public init(factor: Double) { self.factor = factor }
}

extension Scale: WrittenOperation {
  static let words = ["scale"]

  static func parse(_ word: inout WordArguments) throws(ArchitectureError) -> Operation {
    let form = "scale:FACTOR, a number other than 0, such as scale:0.125"
    let scale = Scale(factor: try word.number(required: form))
    guard scale.isValid else { throw word.malformed(form) }
    return .scale(scale)
  }

  /// Whether the factor is valid as a Float, which the kernels multiply by.
  private var isValid: Bool { Float(factor).isFinite && Float(factor) != 0 }

  var text: String { "scale:\(numberText(factor))" }
  var stem: String { "scale" }

  func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape {
    guard isValid else { throw Misfit("the factor must be a finite number other than 0") }
    return inputs[0]
  }

  func floatingPointOperations(input: FeatureShape, output: FeatureShape) -> Int { output.count }
}
