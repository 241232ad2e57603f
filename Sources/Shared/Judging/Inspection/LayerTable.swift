// The layers of an architecture as a table of shapes, parameters and operations. Blocks and branches have their own
// rows, and the layers inside them are indented.

import ByteIO
import Networks

extension Architecture {
  /// The table for people: a line for each layer, and one with the totals.
  public var summary: String {
    var report = InspectionText(title: specification)
    report.section(nil)
    report.table(layerTable)
    return report.text
  }

  /// A row for each layer, block and branch. Layers with parameters, blocks and branches have a name within their
  /// block: each dot in a tensor's name is a level of indentation here.
  var layerTable: TextTable {
    var table = TextTable(columns: [
      ("layer", .leading), ("", .leading), ("output", .trailing), ("parameters", .trailing),
      ("FLOP an image", .trailing),
    ])
    for row in outline {
      let indent = String(repeating: "  ", count: row.depth)
      let own = ownFigures(row)
      table.rows.append([
        isNamed(row) ? indent + localName(row) : "", indent + row.text, row.output.description,
        figure(own.parameters), figure(own.operations),
      ])
    }
    table.total = [
      "total", "", "", grouped(parameterCount), grouped(floatingPointOperations),
    ]
    return table
  }

  /// Returns the figures of a row. A block counts only the operation that joins its branches, and a branch nothing, so
  /// that each column adds up to its total.
  private func ownFigures(_ row: OutlineRow) -> (parameters: Int, operations: Int) {
    switch row.item {
    case .layer(let node), .block(_, let node):
      (nodes[node].parameterCount, nodes[node].floatingPointOperations)
    case .branch: (0, 0)
    }
  }

  private func figure(_ count: Int) -> String { count == 0 ? "" : grouped(count) }

  private func isNamed(_ row: OutlineRow) -> Bool {
    switch row.item {
    case .layer(let node): !nodes[node].parameters.isEmpty
    case .block, .branch: true
    }
  }

  private func localName(_ row: OutlineRow) -> String {
    row.name.split(separator: ".").last.map(String.init) ?? row.name
  }
}
