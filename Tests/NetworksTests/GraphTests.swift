// The graph of a tree: its edges, the names of its nodes and parameters, and branches that do not fit together.

import Networks
import TensorStream
import Testing

private func inputs(_ specification: String) throws -> [[Int]] {
  try architecture(specification).nodes.map(\.inputs)
}

private func names(_ specification: String) throws -> [String] {
  try architecture(specification).nodes.map(\.name)
}

// MARK: - Edges

@Test func aResidualAddsItsInput() throws {
  // image, relu, conv, norm, sum, out
  let network = try architecture("relu residual( conv:1 norm )")
  #expect(network.nodes.map(\.inputs) == [[], [0], [1], [2], [3, 1], [4]])
  #expect(network.nodes[4].operation == .sum)
  #expect(network.nodes[4].output == .map(height: 28, width: 28, channels: 1))
  #expect(network.nodes[4].floatingPointOperations == 784)
}

@Test func aShortcutReadsTheBlocksInput() throws {
  // image, relu, conv, norm, shortcut's conv, sum, relu, out
  #expect(
    try inputs("relu residual( conv:4,stride=2 norm | conv:4,kernel=1,stride=2 ) relu")
      == [[], [0], [1], [2], [1], [3, 4], [5], [6]])
}

@Test func aConcatenationReadsItsBranchesInOrder() throws {
  // image, conv, conv, relu, pool, concat, out; the second branch is the input.
  let network = try architecture("conv:2 concat( conv:3 relu | | pool:3,stride=1,padding=1 )")
  #expect(network.nodes.map(\.inputs) == [[], [0], [1], [2], [1], [3, 1, 4], [5]])
  #expect(network.nodes[5].operation == .concatenation)
  #expect(network.nodes[5].output == .map(height: 28, width: 28, channels: 3 + 2 + 2))
  #expect(network.nodes[5].input == .map(height: 28, width: 28, channels: 3))
  #expect(network.nodes[5].floatingPointOperations == 0)
}

@Test func theImageItselfCanBeAddedAndConcatenated() throws {
  #expect(try inputs("residual( conv:1 )") == [[], [0], [1, 0], [2]])
  #expect(try inputs("concat( | conv:1 )") == [[], [0], [0, 1], [2]])
}

@Test func vectorsCanBeAddedAndConcatenated() throws {
  let network = try architecture("linear:6 residual( norm relu linear:6 ) concat( | linear:3 )")
  #expect(network.nodes.map(\.output).suffix(3) == [.vector(3), .vector(9), .vector(10)])
  #expect(network.nodes.last?.parameters.first?.shape == [10, 9])
}

@Test func aRepetitionHasTheGraphOfItsUnrolledLayers() throws {
  let repeated = try architecture("2*( conv:3 2*( relu ) residual( conv:3 ) )")
  let unrolled = try architecture(
    "conv:3 relu relu residual( conv:3 ) conv:3 relu relu residual( conv:3 )")
  #expect(repeated.nodes == unrolled.nodes)
  #expect(repeated.tree != unrolled.tree)
}

@Test func nodesAreInTopologicalOrder() throws {
  let network = try architecture(
    "conv:4 2*( residual( concat( conv:2 | conv:2 residual( relu ) ) | 2*( conv:4,kernel=1 ) ) ) pool")
  for (index, node) in network.nodes.enumerated() {
    #expect(node.inputs.allSatisfy { $0 < index })
    #expect(node.inputs.first.map { network.nodes[$0].output == node.input } ?? (index == 0))
  }
}

// MARK: - Names

@Test func layersOfEachKindAreNumberedWithinTheirBlock() throws {
  #expect(
    try names(
      "conv:4 relu residual( conv:4 relu conv:4 | conv:4 ) conv:4 residual( relu ) gelu leaky scale:2")
      == [
        "image", "conv1", "relu1", "block1.conv1", "block1.relu1", "block1.conv2", "block1.shortcut.conv1",
        "block1.sum", "conv2", "block2.relu1", "block2.sum", "gelu1", "leaky1", "scale1", "out",
      ])
  #expect(
    try names("concat( | norm relu | residual( relu ) ) concat( pool:global | pool:average,global norm )")
      == [
        "image", "block1.branch2.norm1", "block1.branch2.relu1", "block1.branch3.block1.relu1",
        "block1.branch3.block1.sum", "block1.concat", "block2.branch1.pool1", "block2.branch2.pool1",
        "block2.branch2.norm1", "block2.concat", "out",
      ])
  #expect(
    try names("2*( relu residual( 2*( relu ) ) )")
      == [
        "image", "relu1", "block1.relu1", "block1.relu2", "block1.sum", "relu2", "block2.relu1",
        "block2.relu2", "block2.sum", "out",
      ])
}

@Test func aLayerNormalisationHasPyTorchsTensors() throws {
  for (word, role) in [("layernorm", ParameterRole.scale), ("layernorm,scale=no", .fixedScale)] {
    let network = try architecture("conv:6 residual( \(word) ) linear:5 \(word)")
    #expect(
      network.parameters.map(\.name).filter { $0.contains("norm") } == [
        "block1.layernorm1.weight", "block1.layernorm1.bias", "layernorm1.weight", "layernorm1.bias",
      ])
    for (node, channels, count) in [(network.nodes[2], 6, 6 * 784), (network.nodes[5], 5, 5)] {
      #expect(node.parameters.map(\.role) == [role, .bias])
      #expect(node.parameters.map(\.shape) == [[channels], [channels]])
      #expect(node.parameterCount == (role == .scale ? 2 * channels : channels))
      // A mean, deviations, their squares' mean, a quotient, a scale and a bias.
      #expect(node.floatingPointOperations == 7 * count)
    }
  }
}

@Test func aNormalisationHasPyTorchsTensors() throws {
  for (word, role) in [("norm", ParameterRole.scale), ("norm,scale=no", .fixedScale)] {
    let network = try architecture("conv:6 residual( \(word) )")
    #expect(
      network.parameters.map(\.name).filter { $0.hasPrefix("block1") } == [
        "block1.norm1.weight", "block1.norm1.bias", "block1.norm1.running_mean", "block1.norm1.running_var",
        "block1.norm1.num_batches_tracked",
      ])
    let parameters = network.nodes[2].parameters
    #expect(parameters.map(\.role) == [role, .bias, .mean, .variance, .counter])
    #expect(parameters.map(\.shape) == [[6], [6], [6], [6], []])
    // Only learned values count: scale and bias, or the bias alone.
    #expect(network.nodes[2].parameterCount == (role == .scale ? 12 : 6))
    #expect(network.nodes[2].floatingPointOperations == 2 * 6 * 784)
  }
}

@Test func layersWithoutABiasHaveNone() throws {
  let network = try architecture("conv:6,groups=1,bias=no linear:5,bias=no linear:classes,bias=no")
  #expect(
    network.parameters == [
      ParameterDescription(name: "conv1.weight", shape: [6, 1, 3, 3], role: .weight),
      ParameterDescription(name: "fc1.weight", shape: [5, 6 * 784], role: .weight),
      ParameterDescription(name: "out.weight", shape: [10, 5], role: .weight),
    ])
}

@Test func groupsDivideTheInputAmongThem() throws {
  let network = try architecture("conv:6 conv:9,kernel=2x3,groups=3 conv:9,groups=9,bias=no")
  #expect(
    network.parameters.filter { $0.role == .weight }.map(\.shape).dropLast()
      == [[6, 1, 3, 3], [9, 2, 2, 3], [9, 1, 3, 3]])
  // 27 × 28 positions, 9 channels, 2 × 3 taps of 2 channels.
  #expect(network.nodes[2].floatingPointOperations == 2 * 27 * 28 * 9 * 6 * 2)
  #expect(network.nodes[3].floatingPointOperations == 2 * 27 * 28 * 9 * 9)
}

@Test(arguments: [
  // 9 × 9 windows of 3 × 3; the whole map; a maximum only compares.
  ("pool:average,size=3", 81 * 9), ("pool:average,global", 784), ("pool:3", 0), ("pool:global", 0),
  ("scale:0.5", 784), ("gelu", 0), ("dropout:0.5", 0),
])
func operationsAreCounted(word: String, operations: Int) throws {
  #expect(try architecture(word).nodes[1].floatingPointOperations == operations)
}

// MARK: - Branches that do not fit together

@Test(arguments: [
  (
    "residual( conv:32,stride=2 )",
    "'residual': its branches give 32×14×14 and 1×28×28, which cannot be added;"
      + " give it a shortcut: residual( … | conv:32,kernel=1,stride=2,bias=no norm ) (block1, column 1)"
  ),
  ("residual( conv:32 )", "residual( … | conv:32,kernel=1,bias=no norm ) (block1, column 1)"),
  ("relu residual( conv:3 pool pool pool )", "residual( … | conv:3,kernel=1,stride=10,bias=no norm )"),
  ("residual( pool:global linear:7 )", "its branches give 7 and 1×28×28, which cannot be added"),
  ("residual( pool:global linear:7 )", "give it a shortcut: residual( … | linear:7 )"),
  ("linear:5 residual( linear:7 )", "give it a shortcut: residual( … | linear:7 )"),
  (
    "residual( conv:8,padding=0 )",
    "its branches give 8×26×26 and 1×28×28, which cannot be added; choose strides and padding so that both"
  ),
  (
    "residual( conv:8,stride=2 | conv:8 )",
    "its branches give 8×14×14 and 8×28×28, which cannot be added;"
      + " the shortcut 'conv:8,kernel=1,stride=2,bias=no norm' would fit"
  ),
  (
    "relu concat( conv:8 | | pool )",
    "'concat': branch 1 gives 8×28×28 and branch 3 1×14×14, which cannot be joined;"
      + " all branches must give vectors, or maps of the same height and width (block1, column 6)"
  ),
  ("concat( | linear:4 )", "branch 1 gives 1×28×28 and branch 2 4, which cannot be joined"),
  ("concat( linear:4 | )", "branch 1 gives 4 and branch 2 1×28×28, which cannot be joined"),
])
func branchesOfDifferentShapesAreRefusedWithARemedy(specification: String, text: String) {
  let error = #expect(throws: ArchitectureError.self) { try architecture(specification) }
  #expect(error?.description.contains(text) == true, "\(error?.description ?? "no error")")
}

/// A shortcut that a message proposes fits, for many sizes and strides.
@Test func theProposedShortcutFits() throws {
  for height in [1, 2, 7, 10, 28] {
    for stride in 1...5 {
      let input = ImageShape(height: height, width: 2 * height + 1, channels: 3)
      let main = "conv:5,stride=\(stride)"
      let error = #expect(throws: ArchitectureError.self) {
        try Architecture(specification: "residual( \(main) )", input: input, classCount: 10)
      }
      let parts = error?.description.split(separator: "residual( … | ") ?? []
      let shortcut = try #require(parts.last?.prefix { $0 != ")" })
      #expect(throws: Never.self) {
        try Architecture(specification: "residual( \(main) | \(shortcut))", input: input, classCount: 10)
      }
    }
  }
}

// MARK: - Operations built in code

/// An operation itself refuses numbers that no text can give, and no arithmetic on them traps.
@Test(
  arguments: [
    (.convolution(Convolution(channels: -1)), "at least 1 channel"),
    (.convolution(Convolution(channels: 1, kernel: Extent(-3), padding: Extent(0))), "at least 1"),
    (
      .convolution(Convolution(channels: 1, padding: Extent(-1))),
      "the padding must be smaller than the kernel"
    ),
    (
      .convolution(Convolution(channels: 1, padding: Extent(0, 3))),
      "the padding must be smaller than the kernel"
    ),
    (.convolution(Convolution(channels: 1, groups: -1)), "the number of groups must be at least 1"),
    (.pool(Pooling(size: 2, padding: -1)), "at most half the window"),
    (.pool(Pooling(size: -2)), "size and stride must be at least 1"),
    (.dropout(Dropout(probability: 1)), "the probability must be at least 0 and below 1"),
    (.dropout(Dropout(probability: .nan)), "the probability must be at least 0 and below 1"),
    (.linear(Linear(outputs: 0)), "at least 1 output"),
    (.scale(Scale(factor: 0)), "a finite number other than 0"),
    (.scale(Scale(factor: .infinity)), "a finite number other than 0"),
    (.normalization(BatchNormalization(epsilon: 0)), "it needs epsilon=NUMBER from 1.2e-38 to 3.4e38"),
    (.normalization(BatchNormalization(epsilon: 1e-40)), "it needs epsilon=NUMBER from 1.2e-38 to 3.4e38"),
    (.normalization(BatchNormalization(epsilon: .nan)), "it needs epsilon=NUMBER from 1.2e-38 to 3.4e38"),
    (.normalization(BatchNormalization(momentum: 1.5)), "it needs momentum=NUMBER from 0 to 1"),
    (.layerNormalization(LayerNormalization(epsilon: 0)), "it needs epsilon=NUMBER from 1.2e-38 to 3.4e38"),
    (
      .layerNormalization(LayerNormalization(epsilon: .nan)), "it needs epsilon=NUMBER from 1.2e-38 to 3.4e38"
    ),
    (.activation(.leaky(slope: .nan)), "its coefficient must be finite"),
  ] as [(Operation, String)])
func anOperationWithImpossibleNumbersIsRefused(operation: Operation, reason: String) {
  let error = #expect(throws: ArchitectureError.self) {
    try architecture(Specification(elements: [.layer(operation)]))
  }
  #expect(error?.description.contains(reason) == true, "\(error?.description ?? "no error")")
}
