// Operations and blocks whose gradients are compared, each with various neighbours.

import NetworkSamples
import TensorStream

extension GradientCase {
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

  /// Two channels of a pixel may be almost equal. A large epsilon keeps differences measurable.
  static let layerNormalizations = [
    "layernorm,epsilon=0.1", "layernorm,epsilon=0.1 conv:2", "conv:3 layernorm,epsilon=0.1",
    "conv:1 layernorm,epsilon=0.5 relu linear:3", "conv:3 layernorm,epsilon=0.1,scale=no relu conv:2",
    "conv:3,bias=no relu layernorm,epsilon=0.1 pool conv:2", "conv:3 pool layernorm,epsilon=0.1 gelu",
    "linear:5 layernorm,epsilon=0.01", "linear:17 layernorm relu linear:4 layernorm,epsilon=0.1,scale=no",
    "layernorm,epsilon=0.1 layernorm,epsilon=0.2", "conv:3 layernorm,epsilon=0.1 dropout:0.4 relu",
    "dropout:0.3 layernorm,epsilon=0.1 dropout:0.3 linear:4", "conv:17,kernel=1 layernorm,epsilon=0.01 relu",
    "conv:33,kernel=1 layernorm gelu conv:2,kernel=1", "conv:3 layernorm,epsilon=0.1 norm relu",
    "conv:3 norm layernorm,epsilon=0.1 pool:average,global", "conv:3 pool:global layernorm,epsilon=0.1",
    "conv:3 residual( layernorm,epsilon=0.1 )", "conv:3 relu residual( layernorm,epsilon=0.1 relu conv:3 )",
    "conv:3 layernorm,epsilon=0.1 residual( relu conv:3 ) concat( | layernorm,epsilon=0.1 )",
    "conv:4 residual( conv:4,groups=4,kernel=5 layernorm,epsilon=0.1 conv:6,kernel=1 gelu conv:4,kernel=1 )",
  ].map { GradientCase(specification: $0, batch: 3) }

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

  /// First layers with fixed weights. The bias learns, if there is one.
  static let whitened = [
    "conv:6,whiten=yes", "conv:6,whiten=yes relu pool conv:2",
    "conv:5,whiten=yes,bias=no gelu conv:3 relu linear:4",
    "conv:6,kernel=2x3,stride=2,whiten=yes norm relu", "conv:4,whiten=yes,bias=no pool conv:3 pool relu",
    "conv:18,whiten=yes pool:3,stride=2 relu dropout:0.3 linear:4", "conv:3,dilation=2,whiten=yes pool norm",
    "conv:3,whiten=yes,bias=no residual( conv:3 ) pool:average norm",
    "conv:3,whiten=yes,bias=no dropout:0.3 linear:3 relu",
    "concat( conv:2,whiten=yes | conv:2,kernel=1 ) relu conv:2",
    "conv:4,whiten=yes,bias=no layernorm,epsilon=0.1 pool:global",
    "conv:4,whiten=yes,bias=no conv:4,groups=4 pool:average,global",
    "conv:16,whiten=yes,bias=no conv:3 conv:2 relu",
    "residual( conv:1,whiten=yes relu ) linear:3",
  ].map { GradientCase(specification: $0) }

  /// Losses with very different class weights, alone, with label smoothing and with teachers.
  static let weighted =
    [
      GradientCase(specification: "linear:5 relu"),
      GradientCase(specification: "conv:3 relu pool linear:4 relu", smoothing: 0.2),
      GradientCase(specification: "conv:3 norm relu conv:2 gelu", teacher: (0.6, 3)),
      GradientCase(specification: "linear:6 relu linear:4", smoothing: 0.1, teacher: (0.3, 0.5)),
    ].map { specimen in
      var specimen = specimen
      specimen.batch = 7
      specimen.classWeights = [0.03125, 1.7, 9]
      return specimen
    }

  /// More images than chunks, and several images for one worker in a Winograd gradient.
  static let largeBatches = [
    "conv:3 relu conv:4 relu", "conv:3 norm relu residual( conv:3 norm relu conv:3 ) pool:average,global",
    "conv:3 relu concat( | conv:2 relu conv:2 ) pool", "conv:2 conv:3 relu pool conv:2",
  ].map { GradientCase(specification: $0, input: ImageShape(height: 5, width: 4, channels: 1), batch: 35) }
}
