// A function of one value, written in the operators of ONNX: what an activation is in a file of that kind.

/// An expression that a graph computes operator by operator.
public indirect enum ONNXFormula: Equatable, Sendable {
  /// The value that the function is applied to.
  case x
  case number(Float)
  /// An operator by its name in ONNX, with its inputs and, by their names, its attributes.
  case operation(String, [ONNXFormula], attributes: [String: Float] = [:])
}

extension ONNXFormula {
  /// The numbers in it, from left to right.
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
