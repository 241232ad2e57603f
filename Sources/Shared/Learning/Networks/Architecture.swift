// A network as a graph of operations, and the networks that have a name. Every shape is computed before a weight is
// allocated.

import TensorStream

/// A network that maps an image to one logit for each class.
public struct Architecture: Equatable, Sendable {
  public let input: ImageShape
  public let classCount: Int
  /// The specification from which the graph was built.
  public let tree: Specification
  /// The graph in topological order: the image first, then every operation after those whose results it reads. The last
  /// node gives the logits. A chain has the order of its words.
  public let nodes: [Node]

  /// Builds the graph of a specification and adds the output layer. Throws an ``ArchitectureError`` if an operation
  /// does not fit its input.
  ///
  /// - Complexity: O(number of nodes).
  public init(_ tree: Specification, input: ImageShape, classCount: Int) throws(ArchitectureError) {
    guard (2...256).contains(classCount) else { throw .classCount(classCount) }
    try tree.checkStructure()
    var builder = GraphBuilder(input: input, positions: tree.positions)
    try builder.place(tree, classCount: classCount)
    self.input = input
    self.classCount = classCount
    self.tree = tree
    nodes = builder.nodes
  }

  /// Reads a preset's name or a specification. Throws an ``ArchitectureError`` that names the layer and the shapes.
  ///
  /// - Complexity: O(l + n) for a text of l characters and n nodes.
  public init(specification: String, input: ImageShape, classCount: Int) throws(ArchitectureError) {
    try self.init(Specification(parsing: specification), input: input, classCount: classCount)
  }

  /// The canonical text of this architecture: a preset's layers are written out, and defaults are omitted.
  public var specification: String { tree.text }

  /// All tensors, in the order, with the names and in the layouts of PyTorch's `state_dict`.
  public var parameters: [ParameterDescription] { nodes.flatMap(\.parameters) }

  /// The convolutions that whiten patches of the image. Training computes their weights from its images.
  public var whitenedLayers: [Node] {
    nodes.filter { node in
      if case .convolution(let convolution) = node.operation { convolution.whitens } else { false }
    }
  }

  /// The number of learned values.
  public var parameterCount: Int { nodes.reduce(0) { $0 + $1.parameterCount } }

  /// Multiplications and additions in the forward pass of one image. A multiply-add counts as two.
  public var floatingPointOperations: Int { nodes.reduce(0) { $0 + $1.floatingPointOperations } }
}

// MARK: - Presets

/// A name that stands for a specification. Training/PresetSettings.swift says how a preset is trained.
public struct Preset: Equatable, Sendable {
  public let name: String
  public let specification: String
  public let summary: String
}

extension Architecture {
  /// Returns the preset that a text names, or `nil`. Case, blanks and comments around the name do not matter.
  public static func preset(_ text: String) -> Preset? {
    let tokens = SpecificationToken.tokens(of: text)
    return tokens.count == 1 ? presets.first { $0.name == tokens[0].word } : nil
  }

  /// The presets, in the order in which messages list them.
  public static let presets = [
    Preset(
      name: "ffnn", specification: "linear:512 relu dropout:0.2 linear:256 relu dropout:0.2",
      summary: "two hidden layers of 512 and 256"),
    Preset(
      name: "cnn",
      specification:
        "conv:16 relu pool conv:32 relu pool dropout:0.2 linear:512 relu dropout:0.2 linear:256 relu dropout:0.2",
      summary: "two 3×3 convolutions with max-pooling, then 512 and 256"),
    // The groups and widths of Jordan 2024, "94% on CIFAR-10 in 3.29 seconds on a single GPU", appendix A.
    Preset(
      name: "vgg",
      specification:
        "conv:18 gelu conv:64,bias=no pool norm gelu conv:64,bias=no norm gelu"
        + " conv:128,bias=no pool norm gelu conv:128,bias=no norm gelu"
        + " conv:256,bias=no pool norm gelu conv:256,bias=no norm gelu"
        + " pool:global scale:0.125 linear:classes,bias=no",
      summary: "seven 3×3 convolutions with batch normalisation and GELU"),
  ]
}
