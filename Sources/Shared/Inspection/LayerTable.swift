// The layers of an architecture as a table: shapes, parameters, operations.

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

  var layerTable: TextTable {
    var table = TextTable(columns: [
      ("layer", .leading), ("", .leading), ("output", .trailing), ("parameters", .trailing),
      ("FLOP an image", .trailing),
    ])
    for placed in nodes.dropFirst() {
      let learns = !placed.parameters.isEmpty
      table.rows.append([
        learns ? placed.name : "", placed.operation.text, placed.output.description,
        learns ? grouped(placed.parameterCount) : "", learns ? grouped(placed.floatingPointOperations) : "",
      ])
    }
    table.total = [
      "total", "", "", grouped(parameterCount), grouped(floatingPointOperations),
    ]
    return table
  }
}
