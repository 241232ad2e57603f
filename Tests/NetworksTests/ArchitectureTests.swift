// Presets, the shapes and counts of a chain of layers, and layers that do not fit.

import Networks
import TensorStream
import Testing

// MARK: - Presets

@Test func ffnnIsTheReferenceNetwork() throws {
  let ffnn = try architecture("ffnn")
  #expect(ffnn.parameterCount == 535_818)
  #expect(ffnn.specification == "linear:512 relu dropout:0.2 linear:256 relu dropout:0.2")
  #expect(
    ffnn.parameters == [
      ParameterDescription(name: "fc1.weight", shape: [512, 784], role: .weight),
      ParameterDescription(name: "fc1.bias", shape: [512], role: .bias),
      ParameterDescription(name: "fc2.weight", shape: [256, 512], role: .weight),
      ParameterDescription(name: "fc2.bias", shape: [256], role: .bias),
      ParameterDescription(name: "out.weight", shape: [10, 256], role: .weight),
      ParameterDescription(name: "out.bias", shape: [10], role: .bias),
    ])
  // 784 × 512 + 512 × 256 + 256 × 10 multiply-adds.
  #expect(ffnn.floatingPointOperations == 2 * (401_408 + 131_072 + 2560))
}

@Test func cnnIsTheReferenceNetwork() throws {
  let cnn = try architecture("cnn")
  #expect(
    cnn.parameters == [
      ParameterDescription(name: "conv1.weight", shape: [16, 1, 3, 3], role: .weight),
      ParameterDescription(name: "conv1.bias", shape: [16], role: .bias),
      ParameterDescription(name: "conv2.weight", shape: [32, 16, 3, 3], role: .weight),
      ParameterDescription(name: "conv2.bias", shape: [32], role: .bias),
      ParameterDescription(name: "fc1.weight", shape: [512, 1568], role: .weight),
      ParameterDescription(name: "fc1.bias", shape: [512], role: .bias),
      ParameterDescription(name: "fc2.weight", shape: [256, 512], role: .weight),
      ParameterDescription(name: "fc2.bias", shape: [256], role: .bias),
      ParameterDescription(name: "out.weight", shape: [10, 256], role: .weight),
      ParameterDescription(name: "out.bias", shape: [10], role: .bias),
    ])
  #expect(cnn.parameterCount == 160 + 4640 + 803_328 + 131_328 + 2570)
  // conv1 28² × 16 × 9, conv2 14² × 32 × 16 × 9, then the linear layers.
  #expect(cnn.floatingPointOperations == 2 * (112_896 + 903_168 + 802_816 + 131_072 + 2560))
  #expect(
    cnn.nodes.map(\.name) == [
      "image", "conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "dropout1", "fc1", "relu3", "dropout2",
      "fc2", "relu4", "dropout3", "out",
    ])
  #expect(cnn.nodes[6].output == .map(height: 7, width: 7, channels: 32))
}

@Test(arguments: Architecture.presets.map(\.name))
func aPresetIsTheSameAsItsSpecification(name: String) throws {
  let preset = try #require(Architecture.presets.first { $0.name == name })
  let byName = try architecture(name)
  #expect(try architecture(preset.specification) == byName)
  #expect(byName.specification == preset.specification)
}

// MARK: - Shapes

/// PyTorch's output sizes, `floor((length + 2 padding − kernel) / stride) + 1`, for a map of 6 × 13 × 10.
@Test(arguments: [
  ("conv:4", 13, 10, 4),
  ("conv:4,kernel=1", 13, 10, 4),
  ("conv:4,kernel=2", 12, 9, 4),
  ("conv:4,kernel=4", 12, 9, 4),
  ("conv:4,kernel=4,padding=3", 16, 13, 4),
  ("conv:4,padding=0", 11, 8, 4),
  ("conv:4,padding=2", 15, 12, 4),
  ("conv:4,stride=2", 7, 5, 4),
  ("conv:4,stride=3,padding=0", 4, 3, 4),
  ("conv:4,stride=100", 1, 1, 4),
  ("conv:4,kernel=9,padding=0", 5, 2, 4),
  ("conv:4,kernel=11,padding=10", 23, 20, 4),
  ("pool", 6, 5, 6),
  ("pool:3", 4, 3, 6),
  ("pool:3,stride=2", 6, 4, 6),
  ("pool:2,stride=3", 4, 3, 6),
  ("pool:10", 1, 1, 6),
  ("pool:1", 13, 10, 6),
  ("relu", 13, 10, 6),
  ("dropout:0.5", 13, 10, 6),
  ("conv:4,kernel=3x5", 13, 10, 4),
  ("conv:4,kernel=5x1", 13, 10, 4),
  ("conv:4,kernel=3x5,padding=0x4,stride=2", 6, 7, 4),
  ("conv:4,dilation=2", 13, 10, 4),
  ("conv:4,dilation=3,padding=1", 9, 6, 4),
  ("conv:4,kernel=2,dilation=3", 12, 9, 4),
  ("conv:4,kernel=4x3,dilation=2,stride=3", 5, 4, 4),
  ("conv:6,groups=6", 13, 10, 6),
  ("conv:9,groups=3,bias=no", 13, 10, 9),
  ("pool:3,stride=2,padding=1", 7, 5, 6),
  ("pool:average,stride=2,padding=1", 7, 6, 6),
  ("pool:3,padding=1", 5, 4, 6),
  ("pool,stride=1,padding=1", 14, 11, 6),
  ("pool:average,size=5,stride=2,padding=2", 7, 5, 6),
  ("pool:4,stride=3,padding=2", 5, 4, 6),
  ("pool:average,size=3,stride=1", 11, 8, 6),
  ("pool:10,stride=1,padding=5", 14, 11, 6),
  ("pool:1,stride=2", 7, 5, 6),
  ("norm", 13, 10, 6),
  ("norm,scale=no", 13, 10, 6),
  ("layernorm", 13, 10, 6),
  ("leaky:0.2", 13, 10, 6),
  ("gelu", 13, 10, 6),
  ("silu", 13, 10, 6),
  ("hardswish", 13, 10, 6),
  ("tanh", 13, 10, 6),
  ("sigmoid", 13, 10, 6),
  ("scale:0.5", 13, 10, 6),
])
func layerOutputHasPyTorchsSize(layer: String, height: Int, width: Int, channels: Int) throws {
  let nodes = try architecture(layer, height: 13, width: 10, channels: 6).nodes
  #expect(nodes.count == 3)
  #expect(nodes[1].output == .map(height: height, width: width, channels: channels))
  #expect(nodes[2].input == nodes[1].output)
  #expect(nodes[2].parameters[0].shape == [10, height * width * channels])
}

@Test func layersOfEachKindAreNumbered() throws {
  let network = try architecture("conv:2 relu conv:3 pool linear:5 dropout:0.1 linear:6 relu")
  #expect(
    network.nodes.map(\.name) == [
      "image", "conv1", "relu1", "conv2", "pool1", "fc1", "dropout1", "fc2", "relu2", "out",
    ])
  #expect(
    network.parameters.map(\.name)
      == ["conv1", "conv2", "fc1", "fc2", "out"].flatMap { ["\($0).weight", "\($0).bias"] })
  for (index, node) in network.nodes.enumerated().dropFirst() {
    #expect(node.inputs == [index - 1])
    #expect(node.input == network.nodes[index - 1].output)
  }
}

@Test func parametersAndOperationsAreCountedByLayer() throws {
  let network = try architecture(
    "conv:5,kernel=3,stride=2 relu pool linear:7 relu", height: 12, width: 9, channels: 3)
  // conv: 6 × 5 positions of 5 × 3 × 9 multiply-adds; pool: 3 × 2; fc1: 30 × 7; out: 7 × 10.
  #expect(network.nodes.map(\.parameterCount) == [0, 5 * 27 + 5, 0, 0, 30 * 7 + 7, 0, 7 * 10 + 10])
  #expect(network.nodes.map(\.floatingPointOperations) == [0, 2 * 30 * 135, 0, 0, 2 * 210, 0, 2 * 70])
  #expect(network.parameterCount == 140 + 217 + 80)
  #expect(network.floatingPointOperations == 8100 + 420 + 140)
}

// MARK: - Layers that do not fit

/// The image is 6 × 8 pixels in RGB. Messages give its shape as 3×6×8.
@Test(arguments: [
  ("linear:9 conv:4", "layer 2 'conv:4' does not fit its input of 9: a convolution needs a map"),
  ("linear:9 relu pool", "layer 3 'pool' does not fit its input of 9: pooling needs a map"),
  ("conv:0", "layer 1 'conv:0' does not fit its input of 3×6×8: a convolution needs at least 1 channel"),
  (
    "conv:4,kernel=0", "'conv:4,kernel=0' does not fit its input of 3×6×8: the kernel size must be at least 1"
  ),
  ("conv:4,stride=0", "'conv:4,stride=0' does not fit its input of 3×6×8: the stride must be at least 1"),
  (
    "conv:4,padding=3", "'conv:4,padding=3' does not fit its input of 3×6×8: the padding must be smaller than"
  ),
  (
    "conv:4,kernel=7,padding=0",
    "'conv:4,kernel=7,padding=0' does not fit its input of 3×6×8: a 7×7 kernel with padding 0 is larger"
  ),
  ("pool:0", "layer 1 'pool:0' does not fit its input of 3×6×8: size and stride must be at least 1"),
  ("pool,stride=0", "size and stride must be at least 1"),
  ("pool:7", "layer 1 'pool:7' does not fit its input of 3×6×8: the window is larger than the image"),
  ("pool:17", "layer 1 'pool:17' does not fit its input of 3×6×8: a window can be at most 16 wide"),
  ("pool pool pool", "layer 3 'pool' does not fit its input of 3×1×2: the window is larger than the image"),
  ("pool:global conv:4", "layer 2 'conv:4' does not fit its input of 3: a convolution needs a map"),
  ("pool:average,global pool:global", "layer 2 'pool:global' does not fit its input of 3: pooling needs"),
  (
    "linear:9 pool:average,global", "layer 2 'pool:average,global' does not fit its input of 9: pooling needs"
  ),
  ("conv:4,dilation=0", "the dilation must be at least 1"),
  ("conv:4,kernel=3x0", "the kernel size must be at least 1"),
  ("conv:4,groups=0", "does not fit its input of 3×6×8: the number of groups must be at least 1"),
  (
    "conv:4,groups=3",
    "3 groups do not divide both the 3 channels of its input and its own 4; 1 and its divisors do"
  ),
  (
    "conv:3,groups=2",
    "2 groups do not divide both the 3 channels of its input and its own 3; 3 and its divisors do"
  ),
  ("conv:4,kernel=1x3,padding=1x0", "the padding must be smaller than the kernel: 0 to 0x2"),
  ("conv:4,dilation=2,padding=5", "the padding must be smaller than the kernel: 0 to 4"),
  ("conv:4,dilation=3,padding=0", "a 3×3 kernel with dilation 3 and padding 0 is larger than the image"),
  (
    "pool:3,padding=2", "'pool:3,padding=2' does not fit its input of 3×6×8: the padding must be at most half"
  ),
  ("pool:1,padding=1", "the padding must be at most half the window: 0 to 0"),
  ("pool:average,size=9,padding=1", "the window is larger than the image"),
  ("conv:4 conv:4,whiten=yes", "does not fit its input of 4×6×8: whiten=yes is for a first layer"),
  ("dropout:0.2 conv:4,whiten=yes", "whiten=yes is for a first layer, which reads the image itself"),
  ("2*( conv:3,whiten=yes )", "whiten=yes is for a first layer, which reads the image itself"),
  ("residual( relu conv:3,whiten=yes )", "whiten=yes is for a first layer, which reads the image itself"),
  ("conv:55,whiten=yes", "whiten=yes allows 54 channels at most, two for each of the 27 values of a patch"),
  ("conv:3,groups=3,whiten=yes", "whiten=yes needs groups=1"),
  ("conv:4,kernel=7,whiten=yes", "whiten=yes needs a kernel that fits into the image; 7×7 does not"),
  ("conv:4,kernel=3,dilation=3,whiten=yes", "whiten=yes needs a kernel that fits into the image"),
  ("linear:0", "layer 1 'linear:0' does not fit its input of 3×6×8: a linear layer needs at least 1 output"),
])
func anErrorNamesTheLayerThatDoesNotFitAndItsInput(specification: String, text: String) {
  let error = #expect(throws: ArchitectureError.self) {
    try architecture(specification, height: 6, width: 8, channels: 3)
  }
  #expect(error?.description.contains(text) == true, "\(error?.description ?? "no error")")
}

@Test(arguments: [Int.min, -1, 0, 1, 257, Int.max])
func aClassCountOutsideTwoTo256IsRefused(count: Int) {
  let error = #expect(throws: ArchitectureError.classCount(count)) {
    try architecture("relu", classes: count)
  }
  #expect(error?.description == (count == 1 ? "1 class" : "\(count) classes") + "; a classifier has 2 to 256")
  #expect(error?.kind == .badData)
}

@Test(arguments: [2, 256])
func aClassCountFromTwoTo256IsAccepted(count: Int) throws {
  let network = try architecture("relu", classes: count)
  #expect(network.nodes.last?.output == .vector(count))
}

/// Numbers of weights that exceed 64 bits, 32 bits, and the limit of 2²⁸.
@Test(arguments: [
  ("conv:16777216,kernel=16777215", "layer 1 'conv:16777216,kernel=16777215' does not fit"),
  ("conv:1,kernel=16777215", "the layer has too many weights"),
  ("linear:16777216 linear:16777216", "layer 1 'linear:16777216' does not fit its input of 1×28×28"),
  ("linear:16384 linear:16385", "layer 2 'linear:16385' does not fit its input of 16384"),
  ("linear:16384 linear:16384", "layer 2 'linear:16384' does not fit its input of 16384: the network has"),
  ("conv:1,kernel=1,stride=28 conv:16777216,kernel=1 conv:17,kernel=1", "layer 3"),
])
func tooManyWeightsAreRefused(specification: String, text: String) {
  let error = #expect(throws: ArchitectureError.self) { try architecture(specification) }
  #expect(error?.description.contains(text) == true, "\(error?.description ?? "no error")")
  #expect(error?.description.contains("too many weights") == true)
}

/// Padding makes the maps grow until the number of operations would exceed 64 bits.
@Test func anOutputThatOutgrowsMemoryIsRefused() {
  let growing = [String](repeating: "conv:1,kernel=517,padding=516", count: 1000).joined(separator: " ")
  let error = #expect(throws: ArchitectureError.self) { try architecture(growing) }
  #expect(error?.description.contains("layer 32 'conv:1,kernel=517,padding=516' does not fit") == true)
  #expect(error?.description.contains("its output of 1×16540×16540 is too large (conv32, column ") == true)
  #expect(throws: ArchitectureError.self) { try architecture("conv:16777216,kernel=1") }
}

@Test(arguments: ["conv:\u{1b}", "relu:\u{1b}", "conv:1,\u{1b}", "conv:1,\u{1b}=1", "\u{1b}"])
func controlCharactersDoNotReachTheTerminal(specification: String) {
  let error = #expect(throws: ArchitectureError.self) { try architecture(specification) }
  #expect(error?.description.contains("\u{1b}") == false)
  #expect(error?.description.contains("\\x1b") == true)
}

// MARK: - For all tests of this module

/// The network of a specification; by default, for a grey image of 28 × 28.
func architecture(
  _ specification: String, height: Int = 28, width: Int = 28, channels: Int = 1, classes: Int = 10
) throws(ArchitectureError) -> Architecture {
  try Architecture(
    specification: specification, input: ImageShape(height: height, width: width, channels: channels),
    classCount: classes)
}

/// The network of a tree, for a grey image of 28 × 28.
func architecture(_ tree: Specification) throws(ArchitectureError) -> Architecture {
  try Architecture(tree, input: ImageShape(height: 28, width: 28, channels: 1), classCount: 10)
}
