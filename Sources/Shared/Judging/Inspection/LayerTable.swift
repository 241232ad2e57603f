// The layers of an architecture as a table: shapes, parameters, operations. Blocks and branches have rows of their own, and
// what is inside them is indented.

import ByteIO
import Networks

extension Architecture {
  /// A line a layer and one of totals, for a person to read.
  public var summary: String {
    var report = TextReport(title: specification)
    report.section(nil)
    report.table(layerTable)
    return report.text
  }

  /// Layers with parameters, and blocks, are named within the block that they are in: the dots of a tensor's name are the
  /// levels here.
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

  /// Of a block only what the meeting of its branches takes, so that each column adds up to its total.
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
