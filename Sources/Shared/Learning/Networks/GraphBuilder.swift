// Turns a tree into a graph: unrolls repetitions, joins branches, names the nodes, and checks that each fits its input.

import TensorStream

/// Appends nodes one by one. Each reads nodes that exist already.
struct GraphBuilder {
  /// The most values of one output, and of all parameters together. 2²⁸ values are 1 GiB, far more than such networks
  /// can be trained with.
  static let maximumCount = 1 << 28

  private(set) var nodes: [Node]
  /// The number of parameter values in all nodes so far.
  private var valueCount = 0
  /// The positions of the tree's elements in its text; see ``Specification/positions``.
  private let positions: [TextPosition]

  init(input: ImageShape, positions: [TextPosition]) {
    let shape = FeatureShape.map(height: input.height, width: input.width, channels: input.channels)
    nodes = [
      Node(operation: .image, name: "image", inputs: [], input: shape, output: shape, parameters: [])
    ]
    self.positions = positions
  }

  /// Places the whole network and its output layer.
  mutating func place(_ tree: Specification, classCount: Int) throws(ArchitectureError) {
    var scope = NameScope(prefix: "")
    var cursor = Cursor()
    let last = try place(tree.elements, after: 0, in: &scope, &cursor)
    let output = tree.output ?? Specification.OutputLayer()
    let operation = Operation.linear(Linear(outputs: classCount, hasBias: output.hasBias))
    let place = LayerPlace(word: operation.text, number: cursor.layer + 1, path: "out")
    _ = try append(operation, named: "out", reading: last, place)
  }

  // MARK: Elements

  private mutating func place(
    _ elements: [Specification.Element], after input: Int, in scope: inout NameScope, _ cursor: inout Cursor
  ) throws(ArchitectureError) -> Int {
    var last = input
    for element in elements { last = try place(element, after: last, in: &scope, &cursor) }
    return last
  }

  /// Places an element, and returns the number of the node that gives its result.
  private mutating func place(
    _ element: Specification.Element, after input: Int, in scope: inout NameScope, _ cursor: inout Cursor
  ) throws(ArchitectureError) -> Int {
    let position = cursor.element < positions.count ? positions[cursor.element] : nil
    cursor.element += 1
    switch element {
    case .layer(let operation):
      cursor.layer += 1
      let name = scope.name(operation.stem)
      let place = LayerPlace(word: operation.text, number: cursor.layer, path: name, position: position)
      return try append(operation, named: name, reading: input, place)
    case .repetition(let count, let body):
      let start = cursor
      var last = input
      for _ in 0..<count {
        cursor = start
        last = try place(body, after: last, in: &scope, &cursor)
      }
      return last
    case .residual(let main, let shortcut):
      return try residual(main, shortcut, after: input, named: scope.name("block"), position, &cursor)
    case .concatenation(let branches):
      return try concatenation(branches, after: input, named: scope.name("block"), position, &cursor)
    }
  }

  private mutating func residual(
    _ main: [Specification.Element], _ shortcut: [Specification.Element], after input: Int,
    named name: String, _ position: TextPosition?, _ cursor: inout Cursor
  ) throws(ArchitectureError) -> Int {
    var mainScope = NameScope(prefix: "\(name).")
    let mainResult = try place(main, after: input, in: &mainScope, &cursor)
    var shortcutScope = NameScope(prefix: "\(name).shortcut.")
    let shortcutResult = try place(shortcut, after: input, in: &shortcutScope, &cursor)
    do throws(Misfit) {
      return try meet(.sum, [mainResult, shortcutResult], named: name)
    } catch {
      let remedy = remedy(main: nodes[mainResult].output, input: nodes[input].output, shortcut)
      throw .branchesDiffer(
        block: BlockKind.residual.rawValue, path: name, position, reason: error.reason + remedy)
    }
  }

  /// Returns the end of a message: what to type so that both branches of a residual have the same shape.
  private func remedy(
    main: FeatureShape, input: FeatureShape, _ shortcut: [Specification.Element]
  ) -> String {
    guard let layers = Sum.shortcut(from: input, to: main) else {
      return "; choose strides and padding so that both have the same shape"
    }
    return shortcut.isEmpty
      ? "; give it a shortcut: residual( … | \(layers) )" : "; the shortcut '\(layers)' would fit"
  }

  private mutating func concatenation(
    _ branches: [[Specification.Element]], after input: Int, named name: String, _ position: TextPosition?,
    _ cursor: inout Cursor
  ) throws(ArchitectureError) -> Int {
    var results: [Int] = []
    for (index, branch) in branches.enumerated() {
      var scope = NameScope(prefix: "\(name).branch\(index + 1).")
      results.append(try place(branch, after: input, in: &scope, &cursor))
    }
    do throws(Misfit) {
      return try meet(.concatenation, results, named: name)
    } catch {
      throw .branchesDiffer(
        block: BlockKind.concatenation.rawValue, path: name, position, reason: error.reason)
    }
  }

  // MARK: Nodes

  private mutating func append(
    _ operation: Operation, named name: String, reading input: Int, _ place: LayerPlace
  ) throws(ArchitectureError) -> Int {
    do throws(Misfit) {
      return try append(operation, named: name, reading: [input])
    } catch {
      throw .doesNotFit(place, input: nodes[input].output, reason: error.reason)
    }
  }

  /// Appends the node in which the branches of a block meet.
  private mutating func meet(
    _ operation: Operation, _ inputs: [Int], named block: String
  ) throws(Misfit) -> Int {
    try append(operation, named: "\(block).\(operation.stem)", reading: inputs)
  }

  private mutating func append(
    _ operation: Operation, named name: String, reading inputs: [Int]
  ) throws(Misfit) -> Int {
    let shapes = inputs.map { nodes[$0].output }
    if case .convolution(let convolution) = operation, convolution.whitens, inputs != [0] {
      throw Misfit("whiten=yes is for a first layer, which reads the image itself")
    }
    let output = try operation.output(of: shapes)
    let parameters = operation.parameters(input: shapes[0])
    try add(parameters)
    // Padding makes maps grow, by up to a kernel's length in each layer. With at most 2²⁸ values and as many weights,
    // no count of operations exceeds 2⁵⁷.
    guard boundedProduct(output.lengths) != nil else { throw Misfit("its output of \(output) is too large") }
    let placed = parameters.map {
      ParameterDescription(name: "\(name).\($0.name)", shape: $0.shape, role: $0.role)
    }
    nodes.append(
      Node(
        operation: operation, name: name, inputs: inputs, input: shapes[0], output: output,
        parameters: placed))
    return nodes.count - 1
  }

  private mutating func add(_ parameters: [ParameterDescription]) throws(Misfit) {
    var own = 0
    for parameter in parameters {
      guard let count = boundedProduct(parameter.shape) else {
        throw Misfit("the layer has too many weights")
      }
      own += count
    }
    guard valueCount + own <= Self.maximumCount else { throw Misfit("the network has too many weights") }
    valueCount += own
  }

  /// Returns the product of `lengths`, or `nil` if it exceeds ``maximumCount``.
  private func boundedProduct(_ lengths: [Int]) -> Int? {
    var product = 1
    for length in lengths {
      let (longer, overflow) = product.multipliedReportingOverflow(by: length)
      guard !overflow, longer <= Self.maximumCount else { return nil }
      product = longer
    }
    return product
  }
}

/// Names the nodes and blocks inside a block or the network. Each stem is counted from 1.
struct NameScope {
  let prefix: String
  private var counts: [String: Int] = [:]

  init(prefix: String) { self.prefix = prefix }

  mutating func name(_ stem: String) -> String {
    let count = counts[stem, default: 0] + 1
    counts[stem] = count
    return "\(prefix)\(stem)\(count)"
  }
}

/// The position in the tree: the elements and layers visited. Each counts once, however often it is repeated.
private struct Cursor {
  var element = 0
  var layer = 0
}
