// Well-known networks, with numbers of parameters that are published or worked out by hand.

import Networks
import Testing

/// The learned values of a batch-normalised convolution without a bias.
private func block(_ channelsIn: Int, _ channels: Int, kernel: Int = 3, groups: Int = 1) -> Int {
  channels * channelsIn / groups * kernel * kernel + 2 * channels
}

/// LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition", with all maps of C3 connected.
@Test func leNetHas61706Parameters() throws {
  let network = try architecture(
    "conv:6,kernel=5 tanh pool:average conv:16,kernel=5,padding=0 tanh pool:average linear:120 tanh linear:84 tanh"
  )
  #expect(network.nodes.map(\.parameterCount).filter { $0 > 0 } == [156, 2416, 48_120, 10_164, 850])
  #expect(network.parameterCount == 61_706)
  #expect(network.nodes[6].output == .map(height: 5, width: 5, channels: 16))
}

/// Simonyan & Zisserman 2015, configuration A with batch normalisation, for 32 × 32 pixels and one linear layer.
@Test func vgg11ForSmallImagesHas9231114Parameters() throws {
  let network = try architecture(
    """
    conv:64 norm relu pool
    conv:128 norm relu pool
    2*( conv:256 norm relu ) pool   # 8 × 8
    2*( conv:512 norm relu ) pool
    2*( conv:512 norm relu ) pool
    """, height: 32, width: 32, channels: 3)
  let convolutions = [
    (3, 64), (64, 128), (128, 256), (256, 256), (256, 512), (512, 512), (512, 512), (512, 512),
  ]
  // Each convolution also has a bias, which `block` does not count.
  let expected = convolutions.reduce(0) { $0 + block($1.0, $1.1) + $1.1 } + 512 * 10 + 10
  #expect(expected == 9_231_114)
  #expect(network.parameterCount == expected)
  #expect(
    network.parameters.filter { $0.shape.count == 4 }.map(\.shape) == convolutions.map { [$0.1, $0.0, 3, 3] })
  #expect(network.nodes.last?.input == .map(height: 1, width: 1, channels: 512))
}

/// He et al. 2016, ResNet-18 with a stem of 3 × 3 and no pooling, as people train it on 32 × 32 pixels.
@Test func resNet18ForSmallImagesHas11173962Parameters() throws {
  func stage(_ channels: Int) -> String {
    """
    residual( conv:\(channels),stride=2,bias=no norm relu conv:\(channels),bias=no norm
            | conv:\(channels),kernel=1,stride=2,bias=no norm ) relu
    residual( conv:\(channels),bias=no norm relu conv:\(channels),bias=no norm ) relu

    """
  }
  let network = try architecture(
    """
    conv:64,bias=no norm relu
    2*( residual( conv:64,bias=no norm relu conv:64,bias=no norm ) relu )
    \(stage(128)) \(stage(256)) \(stage(512))
    pool:average,global
    """, height: 32, width: 32, channels: 3)
  #expect(network.parameterCount == 11_173_962)
  // PyTorch's state_dict of the same modules has this many tensors, in this order.
  #expect(network.parameters.count == 122)
  let norm = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
  let block3 =
    ["conv1.weight"] + norm.map { "norm1.\($0)" } + ["conv2.weight"] + norm.map { "norm2.\($0)" }
    + ["shortcut.conv1.weight"] + norm.map { "shortcut.norm1.\($0)" }
  #expect(
    network.parameters.map(\.name).filter { $0.hasPrefix("block3.") } == block3.map { "block3.\($0)" })
  #expect(
    network.parameters.first { $0.name == "block3.shortcut.conv1.weight" }
      == ParameterDescription(name: "block3.shortcut.conv1.weight", shape: [128, 64, 1, 1], role: .weight))
  #expect(network.parameters.prefix(6).map(\.name) == ["conv1.weight"] + norm.map { "norm1.\($0)" })
  #expect(network.parameters.suffix(2).map(\.name) == ["out.weight", "out.bias"])
  // 555,422,720 multiply-adds in convolutions and the linear layer. Norms, sums and the average add the rest.
  let products = network.nodes.filter { $0.parameters.first?.role == .weight }
  #expect(products.reduce(0) { $0 + $1.floatingPointOperations } == 2 * 555_422_720)
  // The maps of the first stage have 64 · 32² values, and each stage halves them. Each stage has 5 norms and 2 sums.
  let maps = [65_536, 32_768, 16_384, 8192].reduce(0) { $0 + (2 * 5 + 2) * $1 }
  #expect(network.floatingPointOperations == 2 * 555_422_720 + maps + 512 * 16)
}

/// Howard et al. 2017 and Sandler et al. 2018: depthwise and pointwise convolutions, and an inverted residual.
@Test func aMobileNetHasItsShapesAndParameters() throws {
  let network = try architecture(
    """
    conv:32,stride=2,bias=no norm hardswish
    conv:32,groups=32,bias=no norm hardswish  conv:64,kernel=1,bias=no norm
    residual( conv:256,kernel=1,bias=no norm hardswish
              conv:256,kernel=5,groups=256,bias=no norm hardswish
              conv:64,kernel=1,bias=no norm )
    conv:64,groups=64,stride=2,bias=no norm hardswish  conv:128,kernel=1,bias=no norm hardswish
    pool:average,global
    """)
  let expected =
    block(1, 32) + block(32, 32, groups: 32) + block(32, 64, kernel: 1) + block(64, 256, kernel: 1)
    + block(256, 256, kernel: 5, groups: 256) + block(256, 64, kernel: 1) + block(64, 64, groups: 64)
    + block(64, 128, kernel: 1) + 128 * 10 + 10
  #expect(network.parameterCount == expected)
  #expect(
    network.parameters.filter { $0.shape.count == 4 }.map(\.shape) == [
      [32, 1, 3, 3], [32, 1, 3, 3], [64, 32, 1, 1], [256, 64, 1, 1], [256, 1, 5, 5], [64, 256, 1, 1],
      [64, 1, 3, 3], [128, 64, 1, 1],
    ])
  #expect(
    network.nodes.first { $0.name == "block1.sum" }?.output == .map(height: 14, width: 14, channels: 64))
  #expect(network.nodes.first { $0.name == "pool1" }?.input == .map(height: 7, width: 7, channels: 128))
}

/// Huang et al. 2017: every layer reads the channels of all earlier layers.
@Test func aDenseNetHasItsShapesAndParameters() throws {
  let network = try architecture(
    """
    conv:24,bias=no
    3*( concat( | norm relu conv:12,bias=no ) )
    norm relu conv:30,kernel=1,bias=no pool:average
    3*( concat( | norm relu conv:12,bias=no ) )
    norm relu pool:average,global
    """, height: 32, width: 32, channels: 3)
  #expect(
    network.nodes.filter { $0.operation == .concatenation }.map(\.output.channels) == [
      36, 48, 60, 42, 54, 66,
    ])
  // A layer on C channels has 2 C parameters in its norm and 9 · 12 · C in its convolution.
  let dense = [24, 36, 48, 30, 42, 54].reduce(0) { $0 + 2 * $1 + 108 * $1 }
  let expected = 27 * 24 + dense + (2 * 60 + 60 * 30) + 2 * 66 + 66 * 10 + 10
  #expect(expected == 29_110)
  #expect(network.parameterCount == expected)
  #expect(
    network.parameters.first { $0.name == "block5.branch2.conv1.weight" }?.shape == [12, 42, 3, 3])
  #expect(network.nodes.last?.input == .vector(66))
}

/// Szegedy et al. 2015: branches of several kernels side by side.
@Test func anInceptionNetworkHasItsShapesAndParameters() throws {
  let network = try architecture(
    """
    conv:8 relu
    concat( conv:4,kernel=1 relu
          | conv:4,kernel=1 relu conv:6 relu
          | conv:2,kernel=1 relu conv:3,kernel=1x5 relu conv:3,kernel=5x1 relu
          | pool:3,stride=1,padding=1 conv:2,kernel=1 relu )
    pool:global
    """)
  #expect(
    network.nodes.first { $0.name == "block1.concat" }?.output == .map(height: 28, width: 28, channels: 15))
  let branches = (32 + 4) + (32 + 4 + 216 + 6) + (16 + 2 + 30 + 3 + 45 + 3) + (16 + 2)
  #expect(network.parameterCount == 80 + branches + 150 + 10)
  #expect(
    network.parameters.map(\.name).filter { $0.hasSuffix("weight") } == [
      "conv1.weight", "block1.branch1.conv1.weight", "block1.branch2.conv1.weight",
      "block1.branch2.conv2.weight", "block1.branch3.conv1.weight", "block1.branch3.conv2.weight",
      "block1.branch3.conv3.weight", "block1.branch4.conv1.weight", "out.weight",
    ])
}
