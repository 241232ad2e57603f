// Initial weights: their distributions, and what they depend on.

import Networks
import TensorStream
import Testing

@Suite struct InitializationTests {
  private func architecture(_ specification: String) throws -> Architecture {
    try Architecture(
      specification: specification, input: ImageShape(height: 28, width: 28, channels: 1), classCount: 10)
  }

  private func parameters(
    _ initialization: Initialization, _ specification: String, seed: UInt64 = 1
  ) throws -> [String: Parameter] {
    let parameters = try initialization.parameters(for: architecture(specification), seed: seed)
    return Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0) })
  }

  /// Expects the mean and the standard deviation of the values to be within five of their own standard deviations, σ/√n
  /// and σ/√2n for normal values.
  private func expectNormal(_ parameter: Parameter?, deviation: Double) throws {
    let values = try #require(parameter).values.map(Double.init)
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let measured = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
    #expect(abs(mean) <= 5 * deviation / count.squareRoot())
    #expect(abs(measured - deviation) <= 5 * deviation / (2 * count).squareRoot())
    // 0.27 % are beyond three standard deviations. Of uniform values, none would be.
    let beyond = Double(values.count { abs($0) > 3 * deviation })
    #expect(abs(beyond - 0.0027 * count) <= 5 * (0.0027 * count).squareRoot() + 1)
  }

  @Test(
    arguments: Initialization.allCases,
    Architecture.presets.map(\.name) + [
      "conv:3,kernel=5 linear:7",
      "conv:4,bias=no norm relu residual( conv:4,groups=2 norm,scale=no | norm ) concat( | gelu ) linear:classes,bias=no",
    ])
  func parametersMatchTheArchitecture(
    _ initialization: Initialization, _ specification: String
  ) throws {
    let architecture = try architecture(specification)
    let parameters = initialization.parameters(for: architecture, seed: 1)
    #expect(parameters.map(\.name) == architecture.parameters.map(\.name))
    #expect(parameters.map(\.shape) == architecture.parameters.map(\.shape))
    #expect(parameters.map(\.values.count) == architecture.parameters.map(\.count))
    #expect(parameters.allSatisfy { $0.values.allSatisfy(\.isFinite) })
  }

  @Test func kaimingIsNormalWithVarianceTwoOverInputsAndSmallLogits() throws {
    let cnn = try parameters(.kaiming, "cnn")
    try expectNormal(cnn["conv1.weight"], deviation: (2.0 / 9).squareRoot())
    try expectNormal(cnn["conv2.weight"], deviation: (2.0 / (9 * 16)).squareRoot())
    try expectNormal(cnn["fc1.weight"], deviation: (2.0 / 1568).squareRoot())
    try expectNormal(cnn["fc2.weight"], deviation: (2.0 / 512).squareRoot())
    try expectNormal(cnn["out.weight"], deviation: 1.0 / 256)
    let biases = cnn.filter { $0.key.hasSuffix(".bias") }
    #expect(!biases.isEmpty)
    for (name, parameter) in biases {
      #expect(parameter.values.allSatisfy { $0 == 0 }, "\(name)")
    }
  }

  @Test func referenceIsNormalForDenseLayers() throws {
    let ffnn = try parameters(.reference, "ffnn")
    try expectNormal(ffnn["fc1.weight"], deviation: 1 / 784.0.squareRoot())
    try expectNormal(ffnn["fc2.weight"], deviation: 1 / 512.0.squareRoot())
    try expectNormal(ffnn["out.weight"], deviation: 1.0 / 16)
    for name in ["fc1.bias", "fc2.bias", "out.bias"] {
      #expect(try #require(ffnn[name]).values.allSatisfy { $0 == 0 }, "\(name)")
    }
  }

  @Test func referenceIsUniformForConvolutionsAndTheirBiases() throws {
    let parameters = try parameters(.reference, "conv:300 conv:64")
    for (layer, inputs) in [("conv1", 9.0), ("conv2", 2700.0)] {
      let bound = 1 / inputs.squareRoot()
      for name in ["\(layer).weight", "\(layer).bias"] {
        let values = try #require(parameters[name]).values.map(Double.init)
        let count = Double(values.count)
        let variance = values.reduce(0) { $0 + $1 * $1 } / count
        #expect(values.allSatisfy { abs($0) <= bound * (1 + 1e-7) }, "\(name)")
        // The largest of n uniform values is below 1 − 10/n once in 22,000.
        #expect(values.map(abs).max()! >= bound * (1 - 10 / count), "\(name)")
        #expect(abs(values.reduce(0, +) / count) <= 5 * bound / (3 * count).squareRoot(), "\(name)")
        #expect(abs(variance / (bound * bound) - 1.0 / 3) <= 5 * (4 / (45 * count)).squareRoot(), "\(name)")
      }
    }
  }

  @Test(arguments: Initialization.allCases)
  func theSeedDecidesEveryWeight(_ initialization: Initialization) throws {
    let first = try parameters(initialization, "cnn", seed: 1)
    #expect(try parameters(initialization, "cnn", seed: 1) == first)
    let other = try parameters(initialization, "cnn", seed: 2)
    // Filters that pass inputs through are not drawn at random.
    for (name, parameter) in first
    where name.hasSuffix(".weight") && !(initialization == .dirac && name.hasPrefix("conv")) {
      let equal = zip(parameter.values, try #require(other[name]).values).count { $0 == $1 }
      // Two draws of Float's 24 bits are rarely equal.
      #expect(equal <= parameter.values.count / 1000 + 1, "\(name)")
    }
  }

  /// Each layer draws its weights from its own random stream, so a wider layer before it does not change them.
  @Test func eachLayerHasItsOwnRandomStream() throws {
    let narrow = try parameters(.reference, "conv:2 relu conv:3 relu linear:8 relu linear:8")
    let wide = try parameters(.reference, "conv:2 relu conv:3 relu linear:8 relu linear:9")
    for name in ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "fc1.weight"] {
      #expect(narrow[name] == wide[name], "\(name)")
    }
    #expect(narrow["fc2.weight"]!.values == Array(wide["fc2.weight"]!.values.prefix(64)))

    let wideFirst = try parameters(.kaiming, "linear:9 linear:8 linear:8")
    let narrowFirst = try parameters(.kaiming, "linear:7 linear:8 linear:8")
    #expect(wideFirst["fc3.weight"] == narrowFirst["fc3.weight"])
    // No two layers share a stream.
    #expect(wideFirst["fc2.weight"]!.values.prefix(64) != wideFirst["fc3.weight"]!.values.prefix(64))
  }

  /// A seed must keep giving the same initial weights. Those of chains have not changed since the first version. `sum`
  /// is FNV-1a over the bits of all values.
  @Test(
    arguments: [
      ("ffnn", Initialization.kaiming, 0x90e0_f8d6_a312_c2ae), ("ffnn", .reference, 0x718b_ece2_b9fb_c9af),
      ("cnn", .kaiming, 0x3e86_bb37_de3d_df55), ("cnn", .reference, 0x6074_79d9_2ca6_871e),
      (
        "conv:3,kernel=5,stride=2 relu pool:3,stride=2 linear:7 relu dropout:0.1 linear:9", .kaiming,
        0x5d2c_33bc_8f8a_8bec
      ),
      (
        "conv:3,kernel=5,stride=2 relu pool:3,stride=2 linear:7 relu dropout:0.1 linear:9", .reference,
        0x9e9a_a97b_54e2_f0cc
      ),
    ] as [(String, Initialization, UInt64)])
  func initialWeightsKeepTheirBits(
    _ specification: String, _ initialization: Initialization, _ sum: UInt64
  ) throws {
    let parameters = try initialization.parameters(for: architecture(specification), seed: 7)
    let found = parameters.flatMap(\.values).reduce(0xcbf2_9ce4_8422_2325 as UInt64) { sum, value in
      (sum ^ UInt64(value.bitPattern)) &* 0x100_0000_01b3
    }
    #expect(found == sum)
  }

  @Test(arguments: Initialization.allCases, ["norm", "norm,scale=no"])
  func normalisationsStartAsTheIdentity(_ initialization: Initialization, _ word: String) throws {
    let parameters = try parameters(initialization, "conv:6 \(word) relu residual( norm )")
    for path in ["norm1", "block1.norm1"] {
      for (name, value) in [("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1)]
        as [(String, Float)]
      {
        #expect(parameters["\(path).\(name)"]?.values == [Float](repeating: value, count: 6))
      }
      #expect(
        parameters["\(path).num_batches_tracked"]
          == Parameter(name: "\(path).num_batches_tracked", shape: [], values: [0]))
    }
  }

  @Test(arguments: Initialization.allCases, ["layernorm", "layernorm,scale=no"])
  func layerNormalisationsStartWithScale1AndBias0(_ initialization: Initialization, _ word: String) throws {
    let parameters = try parameters(initialization, "conv:6 \(word) relu residual( \(word) )")
    for path in ["layernorm1", "block1.layernorm1"] {
      for (name, value) in [("weight", 1), ("bias", 0)] as [(String, Float)] {
        #expect(parameters["\(path).\(name)"]?.values == [Float](repeating: value, count: 6))
      }
    }
  }

  /// An output of a grouped convolution reads the channels of one group.
  @Test func aGroupedConvolutionCountsTheInputsOfOneGroup() throws {
    let grouped = try parameters(.kaiming, "conv:64 conv:256,groups=64,bias=no")
    #expect(grouped["conv2.weight"]?.shape == [256, 1, 3, 3])
    #expect(grouped["conv2.bias"] == nil)
    try expectNormal(grouped["conv2.weight"], deviation: (2.0 / 9).squareRoot())
  }

  /// Layers without a bias have the weights that they would have with one.
  @Test(arguments: Initialization.allCases)
  func aBiasChangesNoWeight(_ initialization: Initialization) throws {
    let with = try parameters(initialization, "conv:4 linear:9")
    let without = try parameters(initialization, "conv:4,bias=no linear:9,bias=no linear:classes,bias=no")
    #expect(without.keys.sorted() == ["conv1.weight", "fc1.weight", "out.weight"])
    for (name, parameter) in without { #expect(with[name] == parameter, "\(name)") }
  }

  /// Layers in blocks and repetitions have their own random streams, too.
  @Test func noTwoLayersInBlocksShareAStream() throws {
    let parameters = try parameters(
      .kaiming, "conv:4 2*( residual( conv:4 | conv:4 ) ) concat( conv:4 | conv:4 )")
    let weights = parameters.filter { $0.value.shape == [4, 4, 3, 3] }.map(\.value.values)
    #expect(weights.count == 6)
    #expect(Set(weights).count == 6)
  }
}
