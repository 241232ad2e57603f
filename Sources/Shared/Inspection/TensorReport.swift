// A safetensors file that is no model of ours, as text and JSON: what tensors it has.

import ByteIO
import JSON
import ModelFiles

/// What is said about someone else's tensors.
struct TensorReport {
  let header: SafetensorsHeader
  let file: String

  var text: String {
    var report = TextReport(title: file)
    report.field("kind", "safetensors file, not a model of fm-tools")
    report.field("tensors", grouped(header.tensors.count))
    report.field("data", megabytes(header.dataByteCount))
    for (key, value) in metadata {
      report.field(
        "metadata", "\(shortened(displayed(key), to: 40)): \(shortened(displayed(value), to: 400))")
    }
    if !header.tensors.isEmpty {
      report.section(nil)
      var table = TextTable(columns: [
        ("tensor", .leading), ("type", .leading), ("shape", .leading), ("values", .trailing),
      ])
      for tensor in header.tensors {
        table.rows.append([
          shortened(displayed(tensor.name), to: 36), tensor.elementType.rawValue,
          shortened("\(tensor.shape)", to: 24), grouped(tensor.elementCount),
        ])
      }
      report.table(table)
    }
    return report.text
  }

  private var metadata: [(key: String, value: String)] { header.metadata.sorted { $0.key < $1.key } }

  /// `kind` is `safetensors`.
  var json: JSONValue {
    let tensors = header.tensors.map { tensor -> JSONValue in
      .object([
        JSONValue.Member("name", .string(tensor.name)),
        JSONValue.Member("type", .string(tensor.elementType.rawValue)),
        JSONValue.Member("shape", integers(tensor.shape)),
      ])
    }
    return .object([
      JSONValue.Member("file", .string(file)),
      JSONValue.Member("kind", .string("safetensors")),
      JSONValue.Member("tensors", .array(tensors)),
      JSONValue.Member(
        "metadata", .object(metadata.map { JSONValue.Member($0.key, .string($0.value)) })),
    ])
  }
}
