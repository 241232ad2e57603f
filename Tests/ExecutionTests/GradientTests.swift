// Every gradient of small networks of every kind against central differences of a naive network's loss.

import Compute
import NetworkSamples
import TensorStream
import Testing

import Networks

@testable import Execution

extension GradientCase {
  /// What may come after what.
  static let combinations =
    [
      "linear:4", "linear:5 relu", "linear:5 relu linear:4 relu", "linear:4 linear:5",
      "relu linear:3",
      "conv:3", "conv:3 relu", "conv:3 relu pool", "conv:3 pool relu", "conv:3 pool",
      "conv:3 relu relu pool relu", "conv:3 relu linear:5 relu",
      "conv:3 relu pool conv:4 relu pool linear:5 relu", "conv:3 conv:2",
      "conv:2 relu conv:3 relu conv:4 relu",
      "conv:2 relu conv:3 relu pool conv:2 pool",
      "pool", "pool conv:3 relu", "relu pool conv:2", "pool pool conv:2 relu", "conv:3 relu pool pool",
      "conv:3 pool relu pool relu linear:4",
    ].map { GradientCase(specification: $0) }

  static let poolings =
    [
      "pool:1", "pool:3", "pool:3,stride=1", "pool:3,stride=2", "pool:2,stride=3", "pool:2,stride=1",
      "pool:6,stride=5",
    ].flatMap { pool in
      [
        "\(pool) conv:2,kernel=1 relu", "conv:3 relu \(pool)", "conv:3 \(pool) relu conv:2 relu",
        "conv:2,kernel=1 pool:1 \(pool)",
        "conv:2 relu dropout:0.25 \(pool) linear:4 relu",
      ]
    }.map { GradientCase(specification: $0) }

  static let dropouts =
    [
      "dropout:0.3", "dropout:0.3 linear:4 relu", "dropout:0.3 conv:3 relu", "dropout:0.3 pool conv:2 relu",
      "dropout:0.3 conv:3,kernel=5,padding=3 relu pool",
      "conv:3 dropout:0.4", "conv:3 relu dropout:0.4", "conv:3 dropout:0.4 relu",
      "conv:3 dropout:0.4 conv:2 relu", "conv:3 relu dropout:0.4 conv:2", "conv:3 dropout:0.4 pool",
      "conv:3 relu dropout:0.4 pool conv:2", "conv:3 dropout:0.4 pool relu conv:2",
      "conv:3 dropout:0.4 pool dropout:0.3 conv:2 relu dropout:0.2",
      "conv:3 relu pool dropout:0.4 conv:2 relu", "conv:3 pool dropout:0.4 conv:2",
      "conv:3 pool dropout:0.4 relu linear:4", "conv:3 relu pool dropout:0.4 linear:4 relu dropout:0.4",
      "linear:6 dropout:0.5", "linear:6 relu dropout:0.5", "linear:6 dropout:0.5 relu",
      "linear:6 dropout:0.25 dropout:0.5", "linear:6 dropout:0.25 relu dropout:0.5",
      "linear:6 dropout:0.25 linear:5 dropout:0.25", "linear:40 relu dropout:0.2 linear:6 relu dropout:0.9",
      "linear:4 dropout:0",
    ].map { GradientCase(specification: $0) }

  /// Strided and padded convolutions behind another, so that the gradient of their input is wanted.
  static let innerConvolutions = [1, 3, 5].flatMap { kernel in
    (0..<kernel).flatMap { padding in
      (1...3).map { stride in
        GradientCase(
          specification: "conv:2,kernel=1 relu conv:3,kernel=\(kernel),stride=\(stride),padding=\(padding)",
          batch: 2)
      }
    }
  }

  static let firstConvolutions = [
    "conv:2,kernel=1", "conv:2,kernel=5,padding=4", "conv:2,kernel=7,padding=3 relu",
    "conv:3,stride=2 relu pool conv:2,stride=2,padding=2", "conv:2,stride=3,padding=0 relu",
    "conv:2 relu conv:2,kernel=7,padding=6,stride=2 relu conv:3",
  ].map { GradientCase(specification: $0) }

  static let inputsAndOutputs: [GradientCase] = [
    GradientCase(
      specification: "conv:3 relu pool linear:4", input: ImageShape(height: 5, width: 4, channels: 3)),
    GradientCase(
      specification: "pool conv:3 relu dropout:0.3", input: ImageShape(height: 5, width: 4, channels: 3)),
    GradientCase(
      specification: "dropout:0.2 conv:2,padding=2 relu", input: ImageShape(height: 3, width: 4, channels: 3)),
    GradientCase(
      specification: "linear:4 relu", input: ImageShape(height: 3, width: 3, channels: 3), classCount: 2),
    // More channels than fit a lane.
    GradientCase(
      specification: "conv:17,kernel=1 relu pool conv:18,kernel=1 relu",
      input: ImageShape(height: 4, width: 2, channels: 1), batch: 2),
    GradientCase(specification: "conv:2 relu", input: ImageShape(height: 1, width: 1, channels: 1)),
    GradientCase(specification: "conv:2 relu pool", input: ImageShape(height: 2, width: 2, channels: 1)),
    GradientCase(specification: "conv:2 relu", input: ImageShape(height: 1, width: 9, channels: 1)),
    GradientCase(specification: "linear:5 relu", classCount: 2),
    GradientCase(specification: "linear:3 relu", classCount: 256),
    GradientCase(specification: "linear:5", classCount: 16),
    GradientCase(specification: "linear:5", classCount: 17),
    GradientCase(specification: "conv:3 relu pool linear:4 relu", batch: 1),
    // More images than a batch has chunks, so that chunks hold two, and the last one.
    GradientCase(
      specification: "conv:2 relu pool conv:2 relu dropout:0.2",
      input: ImageShape(height: 4, width: 4, channels: 1), batch: 19),
    GradientCase(specification: "linear:5 relu", smoothing: 0.1),
    GradientCase(specification: "conv:3 relu pool", classCount: 2, smoothing: 0.5),
    GradientCase(specification: "linear:3", classCount: 256, smoothing: 0.1),
    GradientCase(specification: "linear:5 relu", teacher: (1, 1)),
    GradientCase(specification: "conv:3 relu pool", smoothing: 0.1, teacher: (0.3, 4)),
    GradientCase(specification: "linear:5", classCount: 17, teacher: (0.9, 0.5)),
    GradientCase(specification: "linear:3", classCount: 256, teacher: (0.5, 2)),
  ]

  static let activations = [
    "leaky", "leaky:0.3", "leaky:-0.5", "gelu", "silu", "hardswish", "tanh", "sigmoid",
  ]
  .flatMap { activation in
    [
      "\(activation) conv:2", "conv:3 \(activation)", "conv:3 pool \(activation) conv:2",
      "linear:5 \(activation)",
      "conv:3 norm \(activation)", "conv:3 \(activation) norm", "linear:5 norm \(activation) dropout:0.3",
      "conv:3 \(activation) dropout:0.3 linear:4", "conv:3 dropout:0.3 \(activation)",
      "conv:3 \(activation) \(activation)", "conv:3 residual( \(activation) ) relu",
    ]
  }.map { GradientCase(specification: $0) }

  static let normalizations = [
    "norm", "norm conv:2", "conv:3 norm", "conv:3,bias=no norm,scale=no relu", "conv:3 pool norm relu conv:2",
    "conv:3 relu pool norm", "linear:5 norm", "linear:5,bias=no norm relu linear:4 norm", "norm norm",
    "conv:2 norm norm",
    "conv:3 norm relu pool", "conv:3 norm dropout:0.4 relu", "dropout:0.3 norm conv:2",
    "norm dropout:0.3 linear:4",
    "conv:3 norm,epsilon=0.1 relu conv:3 norm,momentum=0.9 relu linear:4 norm",
    "conv:17,kernel=1 norm relu conv:3", "conv:3 norm pool:global norm", "conv:3 norm scale:-2 relu",
  ].map { GradientCase(specification: $0, batch: 4) }

  static let shapesOfConvolutions = [
    "conv:3,kernel=3x5", "conv:3,kernel=5x1,padding=0x0 relu conv:2,kernel=1x4,padding=0x3",
    "conv:4 conv:4,groups=2 relu", "conv:4 conv:4,groups=4,bias=no relu", "conv:3 conv:6,groups=3,stride=2",
    "conv:2 conv:2,dilation=2,padding=2 relu", "conv:2 conv:3,dilation=2,kernel=2x3,padding=1x4,stride=2",
    "conv:2,bias=no relu conv:2,bias=no", "conv:2 relu conv:3,groups=1,kernel=5,dilation=2,padding=4",
    "conv:6 relu conv:6,groups=3,kernel=5,dilation=1,stride=2 relu", "conv:4 pool conv:8,groups=4 pool",
    "conv:32,kernel=1 conv:32,groups=32 pool:average,global", "conv:4 conv:4,groups=2,kernel=2x3 norm relu",
  ].map { GradientCase(specification: $0, batch: 2) }

  static let otherPoolings = [
    "pool:3,stride=1,padding=1 conv:2", "conv:3 pool:3,stride=2,padding=1",
    "conv:3 relu pool:2,padding=1 conv:2",
    "pool:average conv:2", "conv:3 pool:average", "conv:3 relu pool:average,size=3,stride=1,padding=1 conv:2",
    "conv:3 pool:average,size=3,stride=2,padding=1 relu", "conv:3 pool:global", "conv:3 pool:average,global",
    "conv:3 relu pool:global dropout:0.3 linear:4", "pool:average,global linear:3", "pool:global",
    "conv:3 pool:global relu", "conv:3 pool:average,global norm relu", "conv:3 dropout:0.3 pool:average",
    "conv:17,kernel=1 pool:average,size=3,stride=1,padding=1 pool:3,stride=2,padding=1 relu",
    "conv:3 pool:16,stride=1,padding=8",
  ].map { GradientCase(specification: $0) }

  static let blocks = [
    "residual( conv:1 ) conv:2", "conv:3 residual( conv:3 )", "conv:3 residual( relu conv:3 ) relu",
    "conv:3 residual( conv:3 relu conv:3 ) relu linear:4",
    "conv:3 relu residual( conv:3 norm relu conv:3 norm ) relu",
    "conv:3 residual( conv:4,stride=2 norm | conv:4,kernel=1,stride=2 norm ) relu",
    "residual( conv:2 | conv:2,kernel=1 )",
    "conv:3 residual( residual( conv:3 ) relu )", "conv:3 residual( dropout:0 )",
    "conv:3 residual( dropout:0 relu )",
    "conv:3 residual( dropout:0 relu conv:3 )", "conv:3 residual( dropout:0 pool:1 )",
    "residual( dropout:0 ) linear:3",
    "conv:3 residual( dropout:0.4 ) relu", "conv:3 residual( relu )", "conv:3 relu residual( relu conv:3 )",
    "conv:3 residual( scale:-0.5 )", "conv:3 dropout:0.3 residual( conv:3 relu ) dropout:0.3",
    "conv:3 residual( norm )",
    "conv:3 residual( pool:3,stride=1,padding=1 )",
    "conv:3 residual( pool:average,size=3,stride=1,padding=1 )",
    "linear:5 residual( linear:5 relu )", "linear:5 residual( relu linear:5 | linear:5 ) relu",
    "linear:5 residual( norm gelu )",
    "linear:5 relu residual( linear:5 relu dropout:0.3 linear:5 ) dropout:0.3",
    "residual( linear:3 | linear:3 ) relu",
    "concat( conv:2 | conv:3,kernel=1 )", "concat( | conv:2 ) relu conv:2",
    "conv:3 concat( | relu conv:2 ) pool",
    "conv:3 concat( | norm relu conv:2 ) concat( | norm relu conv:2 ) norm relu",
    "concat( | pool:3,stride=1,padding=1 )",
    "conv:3 relu concat( pool:3,stride=1,padding=1 | conv:2 | pool:average,size=3,stride=1,padding=1 )",
    "conv:3 concat( dropout:0.3 | dropout:0.3 | ) linear:4", "linear:4 concat( | relu | linear:3 ) relu",
    "conv:9 concat( | conv:9,kernel=1 ) conv:2,kernel=1", "conv:2 concat( relu | dropout:0 )",
    "conv:2 concat( | dropout:0 )",
    "conv:3 concat( pool:global | pool:average,global ) norm",
    "conv:2 2*( relu conv:2 ) 2*( residual( conv:2 ) )",
    "conv:3 scale:0.5", "scale:2 conv:3 scale:-1 relu scale:3", "conv:3 relu scale:0.5 dropout:0.3 pool",
    "concat( linear:4 relu | linear:3 norm residual( linear:3 ) ) linear:4",
    "concat( pool:global | linear:2 | conv:2 pool:average,global )",
    "conv:3 concat( linear:3 | pool:global norm )",
    "linear:4,bias=no relu linear:classes,bias=no", "conv:3,bias=no linear:classes,bias=no",
  ].map { GradientCase(specification: $0) }

  /// More images than chunks; several images of one worker in a Winograd gradient.
  static let largeBatches = [
    "conv:3 relu conv:4 relu", "conv:3 norm relu residual( conv:3 norm relu conv:3 ) pool:average,global",
    "conv:3 relu concat( | conv:2 relu conv:2 ) pool", "conv:2 conv:3 relu pool conv:2",
  ].map { GradientCase(specification: $0, input: ImageShape(height: 5, width: 4, channels: 1), batch: 35) }

  static let all =
    activations + normalizations + shapesOfConvolutions + otherPoolings + blocks + largeBatches + combinations
    + poolings + dropouts + innerConvolutions + firstConvolutions + inputsAndOutputs
}

@Suite struct GradientTests {
  @Test(arguments: GradientCase.all)
  func gradientsAreTheSlopesOfTheLoss(_ specimen: GradientCase) throws {
    try GradientProblem(specimen).expectGradientsToBeSlopes()
  }
}

extension GradientProblem {
  /// Compares the loss and every gradient with the naive network's, with every instruction set; with one thread and with
  /// three, they are the same bytes.
  func expectGradientsToBeSlopes(with instructionSets: [InstructionSet] = InstructionSet.supported) {
    let slopes = slopes()
    let bounds = gradientBounds()
    for instructionSet in instructionSets {
      let place: Comment = "\(specimen) with \(instructionSet), seed \(seed)"
      let network = makeNetwork(instructionSet, jobs: 3)
      #expect(network.dropoutFactors(key, batch: specimen.batch) == naive.dropoutFactors, place)
      let result = computeGradient(network)
      #expect(abs(result.lossSum / Double(specimen.batch) - meanLoss) <= lossBound, "loss of \(place)")

      let gradients = network.export(network.trainingMemory.gradient)
      #expect(gradients.map(\.values.count) == slopes.map(\.count), place)
      for (gradient, (slope, bound)) in zip(gradients, zip(slopes, bounds)) {
        let difference = Self.firstDifference(gradient.values, slope, bounds: bound)
        #expect(difference == nil, "\(gradient.name) of \(place)")
      }
      expectTheSame(gradients, result, with: instructionSet)
    }
  }

  /// With one thread, in a network that has room for more images and has just learned from them, so that its memory is
  /// full of what no longer counts.
  private func expectTheSame(
    _ gradients: [Parameter], _ result: BatchResult, with instructionSet: InstructionSet
  ) {
    let alone = makeNetwork(instructionSet, jobs: 1, room: 2)
    let count = specimen.batch + 2
    let lit = [UInt8](repeating: 255, count: count * specimen.input.byteCount)
    lit.withUnsafeBufferPointer { images in
      [UInt8](repeating: 0, count: count).withUnsafeBufferPointer { labels in
        _ = alone.computeGradient(
          ImageBatch(bytes: images, count: count), labels: labels, smoothing: 0, dropout: key)
      }
    }
    #expect(computeGradient(alone) == result, "loss of \(specimen) with one thread")
    for (one, other) in zip(alone.export(alone.trainingMemory.gradient), gradients) {
      #expect(
        one.values.map(\.bitPattern) == other.values.map(\.bitPattern),
        "\(one.name) of \(specimen) with \(instructionSet) and one thread")
    }
  }

  /// Where a gradient is not the slope, in words. Written with `<=`, so that NaN is a difference.
  static func firstDifference(_ gradient: [Float], _ slopes: [Double], bounds: [Double]) -> String? {
    for index in slopes.indices {
      if abs(Double(gradient[index]) - slopes[index]) <= bounds[index] { continue }
      return "value \(index) is \(gradient[index]), the slope \(slopes[index]) ± \(bounds[index])"
    }
    return nil
  }
}
