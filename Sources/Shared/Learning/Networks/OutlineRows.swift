// A network as the rows of an indented table: layers, and blocks with their contents. Repetitions are unrolled.

/// A row: a layer, a block, or a branch of a block.
public struct OutlineRow: Equatable, Sendable {
  public enum Item: Equatable, Sendable {
    /// A layer, with the number of its node.
    case layer(node: Int)
    /// A block, with the number of the node in which its branches meet. Its layers follow, one level deeper.
    case block(BlockKind, node: Int)
    /// A branch of the block above, one level deeper: a residual's shortcut, or any branch of a concatenation. A
    /// residual's main branch has no row.
    case branch
  }
  public let item: Item
  /// The number of blocks and branches around it.
  public let depth: Int
  /// The word of the layer or block in a specification. A branch has none, or `input` if it is the block's input.
  public let text: String
  /// The node's name, or the path of the block or branch as in the names of parameters: `block2.shortcut`.
  public let name: String
  /// The shape of its result for one image.
  public let output: FeatureShape
  /// The number of learned values, including everything inside a block or branch.
  public let parameterCount: Int
  /// The multiplications and additions for one image, including everything inside a block or branch.
  public let floatingPointOperations: Int
}

extension Architecture {
  /// The rows of the whole network in the order of its text, with the output layer and without the image.
  ///
  /// - Complexity: O(n · d), n being the number of rows and d the depth of the blocks.
  public var outline: [OutlineRow] {
    var builder = OutlineRowBuilder(nodes: nodes)
    var scope = NameScope(prefix: "")
    _ = builder.add(tree.elements, after: 0, in: &scope, depth: 0)
    _ = builder.addLayer(depth: 0)
    return builder.rows
  }
}

/// Visits the tree in the order in which its nodes were made.
private struct OutlineRowBuilder {
  let nodes: [Node]
  private(set) var rows: [OutlineRow] = []
  /// The number of the next node; the image has no row.
  private var next = 1

  init(nodes: [Node]) { self.nodes = nodes }

  /// Adds the rows of `elements`, and returns the number of the node that gives the last one's result. `scope` numbers
  /// the blocks; nodes have their names already.
  mutating func add(
    _ elements: [Specification.Element], after input: Int, in scope: inout NameScope, depth: Int
  ) -> Int {
    var last = input
    for element in elements {
      switch element {
      case .layer: last = addLayer(depth: depth)
      case .repetition(let count, let body):
        for _ in 0..<count { last = add(body, after: last, in: &scope, depth: depth) }
      case .residual(let main, let shortcut):
        last = addBlock(.residual, named: scope.name("block"), depth) { builder, path in
          var mainScope = NameScope(prefix: "\(path).")
          _ = builder.add(main, after: last, in: &mainScope, depth: depth + 1)
          guard !shortcut.isEmpty else { return }
          builder.addBranch(shortcut, named: "\(path).shortcut", after: last, depth + 1)
        }
      case .concatenation(let branches):
        last = addBlock(.concatenation, named: scope.name("block"), depth) { builder, path in
          for (index, branch) in branches.enumerated() {
            builder.addBranch(branch, named: "\(path).branch\(index + 1)", after: last, depth + 1)
          }
        }
      }
    }
    return last
  }

  mutating func addLayer(depth: Int) -> Int {
    let node = nodes[next]
    add(.layer(node: next), depth, node.operation.text, named: node.name, output: next, of: next...next)
    next += 1
    return next - 1
  }

  /// Adds a block's row before the rows of its branches. Its totals are known only after them.
  private mutating func addBlock(
    _ kind: BlockKind, named path: String, _ depth: Int, branches: (inout Self, String) -> Void
  ) -> Int {
    let (first, place) = (next, rows.count)
    branches(&self, path)
    let item = OutlineRow.Item.block(kind, node: next)
    add(item, depth, kind.rawValue, named: path, output: next, of: first...next, at: place)
    next += 1
    return next - 1
  }

  private mutating func addBranch(
    _ elements: [Specification.Element], named path: String, after input: Int, _ depth: Int
  ) {
    let (first, place) = (next, rows.count)
    var scope = NameScope(prefix: "\(path).")
    let last = add(elements, after: input, in: &scope, depth: depth + 1)
    add(
      .branch, depth, elements.isEmpty ? "input" : "", named: path, output: last, of: first..<next, at: place)
  }

  /// Adds a row with the totals of the nodes in `range` and the output shape of node `output`.
  private mutating func add(
    _ item: OutlineRow.Item, _ depth: Int, _ text: String, named name: String, output: Int,
    of range: some RangeExpression<Int>, at place: Int? = nil
  ) {
    let nodes = self.nodes[range]
    let row = OutlineRow(
      item: item, depth: depth, text: text, name: name, output: self.nodes[output].output,
      parameterCount: nodes.reduce(0) { $0 + $1.parameterCount },
      floatingPointOperations: nodes.reduce(0) { $0 + $1.floatingPointOperations })
    rows.insert(row, at: place ?? rows.count)
  }
}
