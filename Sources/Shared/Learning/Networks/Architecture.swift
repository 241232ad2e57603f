// What a network is: a graph of operations with every shape worked out, before a weight is allocated.

import TensorStream

/// A network from images to one logit a class.
public struct Architecture: Equatable, Sendable {
  public let input: ImageShape
  public let classCount: Int
  /// What it was made of.
  public let tree: Specification
  /// In topological order: the image first, then every operation after those whose results it reads; the last one gives
  /// the logits. Of a chain, they have the order of its words.
  public let nodes: [Node]

  /// Works out the graph of a specification and adds the output layer. Throws an ``ArchitectureError`` where an operation
  /// does not fit what it reads.
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
  public init(specification: String, input: ImageShape, classCount: Int) throws(ArchitectureError) {
    try self.init(Specification(parsing: specification), input: input, classCount: classCount)
  }

  /// The text that gives this architecture again, in full and without what is default.
  public var specification: String { tree.text }

  /// All tensors in the order of PyTorch's state_dict, with its names and layouts.
  public var parameters: [ParameterDescription] { nodes.flatMap(\.parameters) }

  /// The convolutions of the image whose weights whiten its patches: a training computes these from its images.
  public var whitenedLayers: [Node] {
    nodes.filter { node in
      if case .convolution(let convolution) = node.operation { convolution.whitens } else { false }
    }
  }

  /// The number of learned values.
  public var parameterCount: Int { nodes.reduce(0) { $0 + $1.parameterCount } }

  /// Multiplications and additions of a forward pass for one image; a multiply-add counts two.
  public var floatingPointOperations: Int { nodes.reduce(0) { $0 + $1.floatingPointOperations } }
}
