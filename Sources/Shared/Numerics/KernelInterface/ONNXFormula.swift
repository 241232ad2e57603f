// A function of one value, written in the operators of ONNX: the form that an activation has in an ONNX file.

/// An expression that a graph computes operator by operator.
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
