// The layers of an architecture as a table: shapes, parameters, operations, with blocks indented.

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

  /// Each row has what is its own, so that columns add up to the totals: a block's is the sum in which its branches meet.
  var layerTable: TextTable {
    var table = TextTable(columns: [
      ("layer", .leading), ("", .leading), ("output", .trailing), ("parameters", .trailing),
      ("FLOP an image", .trailing),
    ])
    table.rows = outline.map(row)
    table.total = [
      "total", "", "", grouped(parameterCount), grouped(floatingPointOperations),
    ]
    return table
  }

  private func row(_ row: OutlineRow) -> [String] {
    let indent = String(repeating: "  ", count: row.depth)
    // Indented under its block, the last part of a path says the rest.
    let name = row.name.split(separator: ".").last.map(String.init) ?? row.name
    switch row.item {
    case .branch: return [indent + name, indent + row.text, row.output.description, "", ""]
    case .block(_, let node):
      return [indent + name, indent + row.text, row.output.description, "", work(of: nodes[node])]
    case .layer(let node):
      let learns = nodes[node].parameterCount > 0
      return [
        learns ? indent + name : "", indent + row.text, row.output.description,
        learns ? grouped(row.parameterCount) : "", work(of: nodes[node]),
      ]
    }
  }

  private func work(of node: Node) -> String {
    node.floatingPointOperations > 0 ? grouped(node.floatingPointOperations) : ""
  }
}
