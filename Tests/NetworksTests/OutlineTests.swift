// The outline of a network: the rows of an indented table.

import Networks
import Testing

@Test func theOutlineOfAChainHasOneRowPerLayer() throws {
  let network = try architecture("cnn")
  let rows = network.outline
  #expect(rows.map(\.name) == network.nodes.dropFirst().map(\.name))
  #expect(rows.map(\.text).joined(separator: " ") == network.specification + " linear:10")
  #expect(rows.allSatisfy { $0.depth == 0 })
  #expect(rows.map(\.item) == network.nodes.indices.dropFirst().map { .layer(node: $0) })
  #expect(rows.map(\.output) == network.nodes.dropFirst().map(\.output))
}

@Test func theOutlineShowsTheContentsOfBlocks() throws {
  let network = try architecture(
    "conv:2 2*( residual( conv:2 norm | conv:2,kernel=1 ) ) concat( | residual( relu ) pool:1 ) pool:global")
  let lines = network.outline.map { String(repeating: "  ", count: $0.depth) + "\($0.name) \($0.text)" }
  #expect(
    lines == [
      "conv1 conv:2",
      "block1 residual",
      "  block1.conv1 conv:2",
      "  block1.norm1 norm",
      "  block1.shortcut ",
      "    block1.shortcut.conv1 conv:2,kernel=1",
      "block2 residual",
      "  block2.conv1 conv:2",
      "  block2.norm1 norm",
      "  block2.shortcut ",
      "    block2.shortcut.conv1 conv:2,kernel=1",
      "block3 concat",
      "  block3.branch1 input",
      "  block3.branch2 ",
      "    block3.branch2.block1 residual",
      "      block3.branch2.block1.relu1 relu",
      "    block3.branch2.pool1 pool:1",
      "pool1 pool:global",
      "out linear:10",
    ])
  let rows = Dictionary(uniqueKeysWithValues: network.outline.map { ($0.name, $0) })
  // 2 × 2 × 9 + 2 weights and biases, 4 of the norm, 2 × 2 + 2 of the shortcut.
  #expect(rows["block1"]?.parameterCount == 38 + 4 + 6)
  #expect(rows["block1.shortcut"]?.parameterCount == 6)
  // Products of the convolutions, the norm's multiply-adds, the sum.
  let map = 28 * 28 * 2
  #expect(rows["block1"]?.floatingPointOperations == 2 * map * 18 + 2 * map + 2 * map * 2 + map)
  #expect(rows["block3"]?.output == .map(height: 28, width: 28, channels: 4))
  // An empty branch is the input.
  #expect(rows["block3.branch1"]?.output == .map(height: 28, width: 28, channels: 2))
  #expect(rows["block3.branch1"]?.parameterCount == 0)
  #expect(rows["block3.branch2"]?.output == .map(height: 28, width: 28, channels: 2))
  #expect(rows["block3.branch2.block1"]?.floatingPointOperations == map)
}

/// The row of a block refers to the node that joins its branches.
@Test func outlineRowsReferToTheirNodes() throws {
  let network = try architecture("conv:2 residual( 2*( concat( relu | relu ) ) conv:2 ) concat( | norm )")
  for row in network.outline {
    switch row.item {
    case .layer(let node):
      #expect(network.nodes[node].name == row.name)
      #expect(network.nodes[node].output == row.output)
    case .block(let kind, let node):
      let meeting = kind == .residual ? "sum" : "concat"
      #expect(network.nodes[node].name == "\(row.name).\(meeting)")
      #expect(network.nodes[node].output == row.output)
    case .branch: #expect(row.name.contains(".branch"))
    }
  }
  // Together they refer to every node but the image, once.
  let nodes = network.outline.compactMap { row -> Int? in
    switch row.item {
    case .layer(let node), .block(_, let node): node
    case .branch: nil
    }
  }
  #expect(nodes.sorted() == Array(1..<network.nodes.count))
}
