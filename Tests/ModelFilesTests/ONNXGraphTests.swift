// The operators, inputs and attributes of each operation in an ONNX graph. GalleryPythonTests.swift checks with
// onnxruntime, if it is installed, that they compute the same.

import Networks
import TensorStream
import Testing

@testable import ModelFiles

/// Returns the nodes of a graph after the scaling of pixels, one a line: `result = Operator(inputs) attribute=value …`.
private func lines(_ specification: String, channels: Int = 1) throws -> [String] {
  let model = try model(
    specification, input: ImageShape(height: 8, width: 8, channels: channels), classCount: 2)
  let tensors = model.parameters.tensors(of: model.architecture.parameters)
  let graph = ONNXGraph(model.architecture, tensors: tensors, averaging: .none, scaling: .none)
  let constants = Set(graph.constants.map(\.name))
  #expect(constants.count == graph.constants.count)
  // Each node reads only what exists before it.
  var known = constants.union(["images"])
  for node in graph.nodes {
    #expect(node.inputs.allSatisfy(known.contains), "\(node.name)")
    #expect(known.insert(node.output).inserted, "\(node.output)")
  }
  #expect(graph.nodes.prefix(2).map(\.operation) == ["Cast", "Mul"])
  return graph.nodes.dropFirst(2).map { node in
    let attributes = node.attributes.map { name, value in
      switch value {
      case .float(let float): " \(name)=\(float)"
      case .integer(let integer): " \(name)=\(integer)"
      case .integers(let integers): " \(name)=\(integers)"
      }
    }
    return "\(node.output) = \(node.operation)(\(node.inputs.joined(separator: ", ")))" + attributes.joined()
  }
}

private let gemm = "Gemm(flatten, out.weight, out.bias) transB=1"

@Test(
  arguments: [
    (
      "conv:6,kernel=3x5,padding=0x2,stride=2,dilation=2,groups=3,bias=no",
      [
        "conv1 = Conv(scale, conv1.weight) dilations=[2, 2] group=3 kernel_shape=[3, 5] pads=[0, 2, 0, 2]"
          + " strides=[2, 2]"
      ]
    ),
    (
      "norm,epsilon=0.25",
      [
        "norm1 = BatchNormalization(scale, norm1.weight, norm1.bias, norm1.running_mean, norm1.running_var)"
          + " epsilon=0.25"
      ]
    ),
    (
      "layernorm,epsilon=0.25",
      [
        "layernorm1.mean = ReduceMean(scale) axes=[1]", "layernorm1.deviation = Sub(scale, layernorm1.mean)",
        "layernorm1.square = Mul(layernorm1.deviation, layernorm1.deviation)",
        "layernorm1.variance = ReduceMean(layernorm1.square) axes=[1]",
        "layernorm1.raised = Add(layernorm1.variance, layernorm1.epsilon)",
        "layernorm1.root = Sqrt(layernorm1.raised)",
        "layernorm1.normal = Div(layernorm1.deviation, layernorm1.root)",
        "layernorm1.weight.map = Unsqueeze(layernorm1.weight, map_axes)",
        "layernorm1.scaled = Mul(layernorm1.normal, layernorm1.weight.map)",
        "layernorm1.bias.map = Unsqueeze(layernorm1.bias, map_axes)",
        "layernorm1 = Add(layernorm1.scaled, layernorm1.bias.map)",
      ]
    ),
    (
      "pool:3,stride=2,padding=1",
      ["pool1 = MaxPool(scale) kernel_shape=[3, 3] pads=[1, 1, 1, 1] strides=[2, 2]"]
    ),
    (
      "pool:average,size=3,stride=2,padding=1",
      [
        "pool1 = AveragePool(scale) count_include_pad=1 kernel_shape=[3, 3] pads=[1, 1, 1, 1] strides=[2, 2]"
      ]
    ),
    ("relu", ["relu1 = Relu(scale)"]), ("leaky:0.25", ["leaky1 = LeakyRelu(scale) alpha=0.25"]),
    (
      "gelu",
      [
        "gelu1.1 = Mul(scale, 0.5)", "gelu1.2.1.1 = Mul(scale, 0.70710677)", "gelu1.2.1 = Erf(gelu1.2.1.1)",
        "gelu1.2 = Add(gelu1.2.1, 1.0)", "gelu1 = Mul(gelu1.1, gelu1.2)",
      ]
    ),
    ("silu", ["silu1.2 = Sigmoid(scale)", "silu1 = Mul(scale, silu1.2)"]),
    (
      "hardswish",
      [
        "hardswish1.2 = HardSigmoid(scale) alpha=\(Float(1) / 6) beta=0.5",
        "hardswish1 = Mul(scale, hardswish1.2)",
      ]
    ),
    ("tanh", ["tanh1 = Tanh(scale)"]), ("sigmoid", ["sigmoid1 = Sigmoid(scale)"]),
    ("scale:0.125", ["scale1 = Mul(scale, scale1.factor)"]), ("dropout:0.5", []),
  ] as [(String, [String])])
func everyOperationHasItsOperators(word: String, expected: [String]) throws {
  let found = try lines(word, channels: word.hasPrefix("conv") ? 3 : 1)
  let last = expected.last?.prefix { $0 != " " } ?? "scale"
  #expect(found == expected + ["flatten = Flatten(\(last)) axis=1", "logits = \(gemm)"])
}

/// A global pooling gives a vector.
@Test(arguments: [("pool:global", "GlobalMaxPool"), ("pool:average,global", "GlobalAveragePool")])
func aGlobalPoolingIsFlattened(word: String, operation: String) throws {
  #expect(
    try lines("\(word) linear:3,bias=no linear:classes,bias=no") == [
      "pool1.map = \(operation)(scale)", "pool1 = Flatten(pool1.map) axis=1",
      "fc1 = Gemm(pool1, fc1.weight) transB=1", "logits = Gemm(fc1, out.weight) transB=1",
    ])
}

/// Branches read the same value. A map that several layers flatten is flattened once.
@Test func branchesMeetAtTheEndsOfBlocks() throws {
  #expect(
    try lines(
      "relu residual( linear:3 | linear:3 ) concat( | gelu gelu | residual( tanh ) )"
    ).map { String($0.split(separator: ")")[0]) } == [
      "relu1 = Relu(scale", "flatten = Flatten(relu1",
      "block1.fc1 = Gemm(flatten, block1.fc1.weight, block1.fc1.bias",
      "block1.shortcut.fc1 = Gemm(flatten, block1.shortcut.fc1.weight, block1.shortcut.fc1.bias",
      "block1.sum = Add(block1.fc1, block1.shortcut.fc1",
      "block2.branch2.gelu1.1 = Mul(block1.sum, 0.5",
      "block2.branch2.gelu1.2.1.1 = Mul(block1.sum, 0.70710677",
      "block2.branch2.gelu1.2.1 = Erf(block2.branch2.gelu1.2.1.1",
      "block2.branch2.gelu1.2 = Add(block2.branch2.gelu1.2.1, 1.0",
      "block2.branch2.gelu1 = Mul(block2.branch2.gelu1.1, block2.branch2.gelu1.2",
      "block2.branch2.gelu2.1 = Mul(block2.branch2.gelu1, 0.5",
      "block2.branch2.gelu2.2.1.1 = Mul(block2.branch2.gelu1, 0.70710677",
      "block2.branch2.gelu2.2.1 = Erf(block2.branch2.gelu2.2.1.1",
      "block2.branch2.gelu2.2 = Add(block2.branch2.gelu2.2.1, 1.0",
      "block2.branch2.gelu2 = Mul(block2.branch2.gelu2.1, block2.branch2.gelu2.2",
      "block2.branch3.block1.tanh1 = Tanh(block1.sum",
      "block2.branch3.block1.sum = Add(block2.branch3.block1.tanh1, block1.sum",
      "block2.concat = Concat(block1.sum, block2.branch2.gelu2, block2.branch3.block1.sum",
      "logits = Gemm(block2.concat, out.weight, out.bias",
    ])
}

/// Two maps are flattened under two names.
@Test func severalMapsAreFlattened() throws {
  #expect(
    try lines("concat( linear:2 | tanh linear:2 | linear:3 )").filter { $0.contains("Flatten") } == [
      "flatten = Flatten(scale) axis=1", "flatten2 = Flatten(block1.branch2.tanh1) axis=1",
    ])
}
