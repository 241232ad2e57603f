// Converts each operation of a network to ONNX. Maps are [batch, channels, height, width], vectors [batch, count].
//
// The ONNX node with the result of an operation has the name of the network's node. Its other ONNX nodes have that
// name, a dot, and a name of their own. Attributes with ONNX's default values are left out, except for sizes.

import KernelInterface
import Networks

extension ONNXGraph {
  typealias Attribute = (name: String, value: ONNXNode.Attribute)

  /// Appends an operation on `inputs`, and returns the name of its output.
  mutating func append(_ node: Node, to inputs: [String]) -> String {
    let (name, value) = (node.name, inputs[0])
    switch node.operation {
    case .image, .dropout: return value
    case .convolution(let convolution):
      return append("Conv", name, [value] + node.parameters.map(\.name), Self.attributes(convolution))
    case .normalization(let normalization):
      let tensors = node.parameters.filter { $0.role != .counter }
      return append(
        "BatchNormalization", name, [value] + tensors.map(\.name),
        [("epsilon", .float(Float(normalization.epsilon)))])
    case .layerNormalization(let normalization): return append(normalization, node, to: value)
    case .activation(let activation): return append(activation.onnx, of: value, name)
    case .pool(let pooling):
      return append(
        pooling.kind == .maximum ? "MaxPool" : "AveragePool", name, [value], Self.attributes(pooling))
    case .globalPool(let pooling):
      let operation = pooling.kind == .maximum ? "GlobalMaxPool" : "GlobalAveragePool"
      let map = append(operation, "\(name).map", [value])
      return append("Flatten", name, [map], [("axis", .integer(1))])
    case .linear:
      let vector = flattened(value, node.input)
      return append("Gemm", name, [vector] + node.parameters.map(\.name), [("transB", .integer(1))])
    case .scale(let scale):
      constants.append(ONNXConstant(name: "\(name).factor", shape: [], values: [Float(scale.factor)]))
      return append("Mul", name, [value, "\(name).factor"])
    case .sum: return append("Add", name, inputs)
    case .concatenation: return append("Concat", name, inputs, [("axis", .integer(1))])
    }
  }

  /// Returns the name of `value` as a vector. A map is flattened in the order channels × height × width, which is
  /// PyTorch's and that of the weights.
  private mutating func flattened(_ value: String, _ shape: FeatureShape) -> String {
    guard case .map = shape else { return value }
    // Several layers may read the same map, so one Flatten per map is enough.
    let known = nodes.first { $0.operation == "Flatten" && $0.inputs == [value] }
    if let known { return known.output }
    let count = nodes.count { $0.name.hasPrefix("flatten") }
    return append("Flatten", count == 0 ? "flatten" : "flatten\(count + 1)", [value], [("axis", .integer(1))])
  }

  private static func attributes(_ convolution: Convolution) -> [Attribute] {
    let (kernel, padding) = (convolution.kernel, convolution.padding)
    var attributes: [Attribute] = []
    if convolution.dilation != 1 {
      attributes.append(("dilations", .integers([convolution.dilation, convolution.dilation])))
    }
    if convolution.groups != 1 { attributes.append(("group", .integer(convolution.groups))) }
    return attributes + [
      ("kernel_shape", .integers([kernel.height, kernel.width])),
      // The beginning of each axis, then the end of each.
      ("pads", .integers([padding.height, padding.width, padding.height, padding.width])),
      ("strides", .integers([convolution.stride, convolution.stride])),
    ]
  }

  private static func attributes(_ pooling: Pooling) -> [Attribute] {
    var attributes: [Attribute] = []
    if pooling.kind == .average { attributes.append(("count_include_pad", .integer(1))) }
    attributes.append(("kernel_shape", .integers([pooling.size, pooling.size])))
    if pooling.padding != 0 {
      attributes.append(("pads", .integers([Int](repeating: pooling.padding, count: 4))))
    }
    return attributes + [("strides", .integers([pooling.stride, pooling.stride]))]
  }

  // MARK: - Layer normalisation

  /// Appends a layer normalisation as simple operations. ONNX's own operator is in later sets than ours, and
  /// normalises the last axes; channels are axis 1.
  private mutating func append(
    _ normalization: LayerNormalization, _ node: Node, to value: String
  ) -> String {
    let name = node.name
    let axis: [Attribute] = [("axes", .integers([1]))]
    let mean = append("ReduceMean", "\(name).mean", [value], axis)
    let deviation = append("Sub", "\(name).deviation", [value, mean])
    let square = append("Mul", "\(name).square", [deviation, deviation])
    let variance = append("ReduceMean", "\(name).variance", [square], axis)
    constants.append(
      ONNXConstant(name: "\(name).epsilon", shape: [], values: [Float(normalization.epsilon)]))
    let raised = append("Add", "\(name).raised", [variance, "\(name).epsilon"])
    let root = append("Sqrt", "\(name).root", [raised])
    let normal = append("Div", "\(name).normal", [deviation, root])
    let scaled = append("Mul", "\(name).scaled", [normal, perChannel(node, parameter: 0)])
    return append("Add", name, [scaled, perChannel(node, parameter: 1)])
  }

  /// Returns the name of a parameter [channels], reshaped to [channels, 1, 1] if the node's input is a map.
  private mutating func perChannel(_ node: Node, parameter index: Int) -> String {
    let parameter = node.parameters[index].name
    guard case .map = node.input else { return parameter }
    let axes = "map_axes"
    if !constants.contains(where: { $0.name == axes }) {
      constants.append(ONNXConstant(name: axes, integers: [1, 2]))
    }
    return append("Unsqueeze", "\(parameter).map", [parameter, axes])
  }

  // MARK: - Activations

  /// Returns the distinct numbers in the formulas of the network's activations, as constants of the graph.
  static func numbers(in architecture: Architecture) -> [ONNXConstant] {
    let numbers = architecture.nodes.flatMap { node -> [Float] in
      if case .activation(let activation) = node.operation { activation.onnx.numbers } else { [] }
    }
    return Set(numbers).sorted().map { ONNXConstant(name: name(of: $0), shape: [], values: [$0]) }
  }

  private static func name(of number: Float) -> String { "\(number)" }

  /// Appends the operators of a formula, and returns the name of its output. The last operator is called `name`.
  private mutating func append(_ formula: ONNXFormula, of value: String, _ name: String) -> String {
    switch formula {
    case .x: return value
    case .number(let number): return Self.name(of: number)
    case .operation(let operation, let inputs, let attributes):
      let values = inputs.enumerated().map { index, input in
        append(input, of: value, "\(name).\(index + 1)")
      }
      return append(
        operation, name, values,
        attributes.sorted { $0.key < $1.key }.map { ($0.key, .float($0.value)) })
    }
  }
}
