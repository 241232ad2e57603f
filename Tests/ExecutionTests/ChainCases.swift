// Chains of layers whose gradients are compared: orders of layers, sizes, dropouts, losses.

import NetworkSamples
import TensorStream

extension GradientCase {
  /// Layers in every kind of order.
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

  /// Strided and padded convolutions after another, so that the gradient of their input is needed.
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
    // More channels than fit into a lane.
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
    // More images than a batch has chunks, so that chunks hold two images and the last one holds one.
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
}
