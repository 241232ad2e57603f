// The specification grammar, the shapes that follow from it, and every refusal.

import Networks
import TensorStream
import Testing

private func architecture(
  _ specification: String, height: Int = 28, width: Int = 28, channels: Int = 1, classes: Int = 10
) throws(ArchitectureError) -> Architecture {
  try Architecture(
    specification: specification, input: ImageShape(height: height, width: width, channels: channels),
    classCount: classes)
}

// MARK: - Presets

@Test func ffnnIsTheReferenceNetwork() throws {
  let ffnn = try architecture("ffnn")
  #expect(ffnn.parameterCount == 535_818)
  #expect(ffnn.specification == "linear:512 relu dropout:0.2 linear:256 relu dropout:0.2")
  #expect(
    ffnn.parameters == [
      ParameterDescription(name: "fc1.weight", shape: [512, 784]),
      ParameterDescription(name: "fc1.bias", shape: [512]),
      ParameterDescription(name: "fc2.weight", shape: [256, 512]),
      ParameterDescription(name: "fc2.bias", shape: [256]),
      ParameterDescription(name: "out.weight", shape: [10, 256]),
      ParameterDescription(name: "out.bias", shape: [10]),
    ])
  // 784 × 512 + 512 × 256 + 256 × 10 multiply-adds.
  #expect(ffnn.floatingPointOperations == 2 * (401_408 + 131_072 + 2560))
}

@Test func cnnIsTheReferenceNetwork() throws {
  let cnn = try architecture("cnn")
  #expect(
    cnn.parameters == [
      ParameterDescription(name: "conv1.weight", shape: [16, 1, 3, 3]),
      ParameterDescription(name: "conv1.bias", shape: [16]),
      ParameterDescription(name: "conv2.weight", shape: [32, 16, 3, 3]),
      ParameterDescription(name: "conv2.bias", shape: [32]),
      ParameterDescription(name: "fc1.weight", shape: [512, 1568]),
      ParameterDescription(name: "fc1.bias", shape: [512]),
      ParameterDescription(name: "fc2.weight", shape: [256, 512]),
      ParameterDescription(name: "fc2.bias", shape: [256]),
      ParameterDescription(name: "out.weight", shape: [10, 256]),
      ParameterDescription(name: "out.bias", shape: [10]),
    ])
  #expect(cnn.parameterCount == 160 + 4640 + 803_328 + 131_328 + 2570)
  // conv1 28² × 16 × 9, conv2 14² × 32 × 16 × 9, then the linear layers.
  #expect(cnn.floatingPointOperations == 2 * (112_896 + 903_168 + 802_816 + 131_072 + 2560))
  #expect(
    cnn.layers.map(\.name) == [
      "conv1", "relu", "pool", "conv2", "relu", "pool", "dropout", "fc1", "relu", "dropout", "fc2", "relu",
      "dropout", "out",
    ])
  #expect(cnn.layers[5].output == .map(height: 7, width: 7, channels: 32))
}

@Test(arguments: Architecture.presets.map(\.name))
func presetIsItsSpecification(name: String) throws {
  let preset = try #require(Architecture.presets.first { $0.name == name })
  let byName = try architecture(name)
  #expect(try architecture(preset.specification) == byName)
  #expect(byName.specification == preset.specification)
}

// MARK: - The text form

/// What was typed, and the text that comes back: without what is default, blanks single.
@Test(arguments: [
  ("relu", "relu"),
  ("  relu\t\nrelu ", "relu relu"),
  ("conv:4", "conv:4"),
  ("conv:4,kernel=3,stride=1,padding=1", "conv:4"),
  ("conv:4,padding=0,stride=2,kernel=5", "conv:4,kernel=5,stride=2,padding=0"),
  ("conv:4,kernel=7,padding=3", "conv:4,kernel=7"),
  ("conv:4,kernel=1,padding=0", "conv:4,kernel=1"),
  // An even kernel has no middle: (4 − 1) / 2 is 1, and the map becomes one smaller.
  ("conv:4,kernel=4,padding=1", "conv:4,kernel=4"),
  ("conv:4,kernel=2,padding=0", "conv:4,kernel=2"),
  (
    "CNN",
    "conv:16 relu pool conv:32 relu pool dropout:0.2 linear:512 relu dropout:0.2 linear:256 relu dropout:0.2"
  ),
  (" Ffnn\n", "linear:512 relu dropout:0.2 linear:256 relu dropout:0.2"),
  ("Conv:4,Kernel=5 ReLU", "conv:4,kernel=5 relu"),
  ("relu, relu", "relu relu"),
  ("conv:4,relu,pool:3,stride=2,linear:7", "conv:4 relu pool:3,stride=2 linear:7"),
  ("conv:4, kernel=5, relu; linear:7;", "conv:4,kernel=5 relu linear:7"),
  ("pool", "pool"),
  ("pool:2", "pool"),
  ("pool:2,stride=2", "pool"),
  ("pool,stride=1", "pool,stride=1"),
  ("pool:3", "pool:3"),
  ("pool:3,stride=2", "pool:3,stride=2"),
  ("dropout:0", "dropout:0.0"),
  ("dropout:.25", "dropout:0.25"),
  ("dropout:5e-1", "dropout:0.5"),
  ("linear:007", "linear:7"),
])
func specificationComesBackInItsShortestForm(typed: String, canonical: String) throws {
  let first = try architecture(typed)
  #expect(first.specification == canonical)
  #expect(try architecture(canonical) == first)
}

@Test(arguments: [
  ("", "the architecture is empty"),
  (" \t ", "the architecture is empty"),
  ("resnet", "layer 1 'resnet' is neither a preset (ffnn, cnn) nor one of"),
  ("relu ffnn", "layer 2 'ffnn' is a preset, which stands alone"),
  ("cnn dropout:0.5", "layer 1 'cnn' is a preset, which stands alone (its dropouts are set by --dropout)"),
  ("CNN, linear:7", "write its layers out to change them: 'conv:16 relu pool conv:32"),
  ("conv 8", "layer 1 'conv': expected conv:CHANNELS, such as conv:16; did you mean 'conv:8'?"),
  (
    "relu linear 64 relu",
    "layer 2 'linear': expected linear:OUTPUTS, such as linear:512; did you mean 'linear:64'?"
  ),
  ("dropout 0.5", "; did you mean 'dropout:0.5'?"),
  ("linear=64", "layer 1 'linear=64' is neither"),
  ("linear=64", "did you mean 'linear:64'?"),
  ("linear(64)", "did you mean 'linear:64'?"),
  ("conv16", "did you mean 'conv:16'?"),
  ("Dense:64", "did you mean 'linear:64'?"),
  ("fc 64", "did you mean 'linear:64'?"),
  ("conv2d(32)", "did you mean 'conv:32'?"),
  ("MaxPool2d(2)", "did you mean 'pool:2'?"),
  ("rleu", "did you mean 'relu'?"),
  ("linaer:10", "did you mean 'linear:10'?"),
  ("droput:0.5", "did you mean 'dropout:0.5'?"),
  ("cnm", "did you mean 'cnn'?"),
  ("relu flatten linear:4", "layer 2 'flatten' is left out: a linear layer takes maps as they are"),
  ("linear:10 softmax", "layer 2 'softmax' is left out"),
  ("conv:8,kernal=5", "expected no option 'kernal', or not twice; did you mean 'kernel'?"),
  ("conv:8,kernel_size=5", "did you mean 'kernel'?"),
  ("conv:8,groups=5", "conv has kernel, stride, padding"),
  ("conv", "layer 1 'conv': expected conv:CHANNELS"),
  ("relu conv:", "layer 2 'conv:': expected a whole number"),
  ("conv:x", "layer 1 'conv:x': expected a whole number"),
  ("conv:-1", "layer 1 'conv:-1': expected a whole number"),
  ("conv:+1", "layer 1 'conv:+1': expected a whole number"),
  ("conv:1.5", "layer 1 'conv:1.5': expected a whole number"),
  ("conv:16777217", "layer 1 'conv:16777217': expected a whole number up to 16777216"),
  ("conv:99999999999999999999", "expected a whole number up to 16777216"),
  ("conv:4:5", "layer 1 'conv:4:5': expected a whole number"),
  ("conv:4,kernel", "expected key=number in place of 'kernel'"),
  ("conv:4,kernel=", "expected a whole number"),
  ("conv:4,kernel=3,kernel=5", "expected no option 'kernel', or not twice"),
  ("conv:4,size=3", "expected no option 'size'"),
  ("pool:2,padding=1", "expected no option 'padding'"),
  ("relu:1", "layer 1 'relu:1': expected relu without ':1'"),
  ("relu,stride=2", "expected no option 'stride'"),
  ("dropout", "layer 1 'dropout': expected dropout:PROBABILITY in 0 ..< 1"),
  ("dropout:1", "expected dropout:PROBABILITY"),
  ("dropout:-0.1", "expected dropout:PROBABILITY"),
  ("dropout:nan", "expected dropout:PROBABILITY"),
  ("dropout:inf", "expected dropout:PROBABILITY"),
  ("dropout:x", "expected dropout:PROBABILITY"),
  ("linear", "layer 1 'linear': expected linear:OUTPUTS"),
  ("linear:0x10", "expected a whole number"),
])
func malformedSpecificationIsRefusedByWordAndPlace(specification: String, text: String) {
  let error = #expect(throws: ArchitectureError.self) { try architecture(specification) }
  #expect(error?.description.contains(text) == true, "\(error?.description ?? "no error")")
  #expect(error?.kind == .usage)
}

@Test func aThousandLayersAreTheLimit() throws {
  let words = [String](repeating: "relu", count: 1000)
  #expect(try architecture(words.joined(separator: " ")).layers.count == 1001)
  #expect(throws: ArchitectureError.tooLong(1001)) {
    try architecture((words + ["relu"]).joined(separator: " "))
  }
}

// MARK: - Shapes

/// PyTorch's output sizes, `floor((length + 2 padding − kernel) / stride) + 1`, for a 13 × 10 RGB image.
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
  ("pool", 6, 5, 3),
  ("pool:3", 4, 3, 3),
  ("pool:3,stride=2", 6, 4, 3),
  ("pool:2,stride=3", 4, 3, 3),
  ("pool:10", 1, 1, 3),
  ("pool:1", 13, 10, 3),
  ("relu", 13, 10, 3),
  ("dropout:0.5", 13, 10, 3),
])
func layerOutputHasPyTorchsSize(layer: String, height: Int, width: Int, channels: Int) throws {
  let placed = try architecture(layer, height: 13, width: 10, channels: 3).layers
  #expect(placed.count == 2)
  #expect(placed[0].output == .map(height: height, width: width, channels: channels))
  #expect(placed[1].input == placed[0].output)
  #expect(placed[1].parameters[0].shape == [10, height * width * channels])
}

@Test func namesCountEachSortOfLayer() throws {
  let network = try architecture("conv:2 relu conv:3 pool linear:5 dropout:0.1 linear:6 relu")
  #expect(
    network.layers.map(\.name) == ["conv1", "relu", "conv2", "pool", "fc1", "dropout", "fc2", "relu", "out"])
  #expect(
    network.parameters.map(\.name)
      == ["conv1", "conv2", "fc1", "fc2", "out"].flatMap { ["\($0).weight", "\($0).bias"] })
  for pair in zip(network.layers, network.layers.dropFirst()) { #expect(pair.0.output == pair.1.input) }
}

@Test func countsAreThoseOfEachLayer() throws {
  let network = try architecture(
    "conv:5,kernel=3,stride=2 relu pool linear:7 relu", height: 12, width: 9, channels: 3)
  // conv: 6 × 5 positions of 5 × 3 × 9 multiply-adds; pool: 3 × 2; fc1: 30 × 7; out: 7 × 10.
  #expect(network.layers.map(\.parameterCount) == [5 * 27 + 5, 0, 0, 30 * 7 + 7, 0, 7 * 10 + 10])
  #expect(network.layers.map(\.floatingPointOperations) == [2 * 30 * 135, 0, 0, 2 * 210, 0, 2 * 70])
  #expect(network.parameterCount == 140 + 217 + 80)
  #expect(network.floatingPointOperations == 8100 + 420 + 140)
}

// MARK: - What does not fit

/// On a 6 × 8 RGB image, whose shape reads 3×6×8.
@Test(arguments: [
  ("linear:9 conv:4", "layer 2 'conv:4' does not fit its input of 9: a convolution wants an image"),
  ("linear:9 relu pool", "layer 3 'pool' does not fit its input of 9: pooling wants an image"),
  ("conv:0", "layer 1 'conv:0' does not fit its input of 3×6×8: a convolution has at least 1 channel"),
  ("conv:4,kernel=0", "'conv:4,kernel=0' does not fit its input of 3×6×8: the kernel size is at least 1"),
  ("conv:4,stride=0", "'conv:4,stride=0' does not fit its input of 3×6×8: the stride is at least 1"),
  ("conv:4,padding=3", "'conv:4,padding=3' does not fit its input of 3×6×8: the padding is smaller than"),
  (
    "conv:4,kernel=7,padding=0",
    "'conv:4,kernel=7,padding=0' does not fit its input of 3×6×8: a 7×7 kernel with padding 0 is larger"
  ),
  ("pool:0", "layer 1 'pool:0' does not fit its input of 3×6×8: size and stride are at least 1"),
  ("pool,stride=0", "size and stride are at least 1"),
  ("pool:7", "layer 1 'pool:7' does not fit its input of 3×6×8: the window is larger than the image"),
  ("pool:17", "layer 1 'pool:17' does not fit its input of 3×6×8: a window is at most 16 wide"),
  ("pool pool pool", "layer 3 'pool' does not fit its input of 3×1×2: the window is larger than the image"),
  ("linear:0", "layer 1 'linear:0' does not fit its input of 3×6×8: a linear layer has at least 1 output"),
])
func layerThatDoesNotFitIsNamedWithItsInput(specification: String, text: String) {
  let error = #expect(throws: ArchitectureError.self) {
    try architecture(specification, height: 6, width: 8, channels: 3)
  }
  #expect(error?.description.contains(text) == true, "\(error?.description ?? "no error")")
}

@Test(arguments: [Int.min, -1, 0, 1, 257, Int.max])
func classCountOutsideTwoTo256IsRefused(count: Int) {
  let error = #expect(throws: ArchitectureError.classCount(count)) {
    try architecture("relu", classes: count)
  }
  #expect(error?.description == (count == 1 ? "1 class" : "\(count) classes") + "; a classifier has 2 to 256")
  #expect(error?.kind == .badData)
}

@Test(arguments: [2, 256])
func classCountFromTwoTo256IsAccepted(count: Int) throws {
  let network = try architecture("relu", classes: count)
  #expect(network.layers.last?.output == .vector(count))
}

/// Products that pass 64 bits, 32 bits, and the limit of 2²⁸ weights.
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

/// Maps that padding makes grow until a count of operations would pass 64 bits.
@Test func outputThatOutgrowsMemoryIsRefused() {
  let growing = [String](repeating: "conv:1,kernel=517,padding=516", count: 1000).joined(separator: " ")
  let error = #expect(throws: ArchitectureError.self) { try architecture(growing) }
  #expect(error?.description.contains("layer 32 'conv:1,kernel=517,padding=516' does not fit") == true)
  #expect(error?.description.hasSuffix("its output of 1×16540×16540 is too large") == true)
  #expect(throws: ArchitectureError.self) { try architecture("conv:16777216,kernel=1") }
}

@Test(arguments: ["conv:\u{1b}", "relu:\u{1b}", "conv:1,\u{1b}", "conv:1,\u{1b}=1", "\u{1b}"])
func controlCharactersDoNotReachTheTerminal(specification: String) {
  let error = #expect(throws: ArchitectureError.self) { try architecture(specification) }
  #expect(error?.description.contains("\u{1b}") == false)
  #expect(error?.description.contains("\\x1b") == true)
}
