// The report of tensors that are not a model of fm-tools, as text and JSON.

import ByteIO
import JSON
import ModelFiles

/// The tensors of another program's file, whatever its format.
public struct TensorListing: Equatable, Sendable {
  struct Tensor: Equatable, Sendable {
    let name: String
    let elementType: SafetensorsElementType
    let shape: [Int]

    var elementCount: Int { shape.reduce(1, *) }
  }

  let format: ModelFileFormat
  let tensors: [Tensor]
  let metadata: [String: String]
  /// Why the tensors are not a model; `nil` if the format does not say.
  let problem: ModelProblem?

  init(_ header: SafetensorsHeader) {
    format = .safetensors
    tensors = header.tensors.map { Tensor(name: $0.name, elementType: $0.elementType, shape: $0.shape) }
    metadata = header.metadata
    problem = nil
  }

  init(_ state: PyTorchStateDictionary, _ problem: ModelProblem) {
    format = .pytorch
    tensors = state.tensors.map {
      Tensor(name: $0.name, elementType: state.elementType(of: $0.name), shape: $0.shape)
    }
    metadata = [:]
    self.problem = problem
  }

  var dataByteCount: Int { tensors.reduce(0) { $0 + $1.elementCount * $1.elementType.byteCount } }
}

/// The report of another program's tensors.
struct TensorReport: FileReport {
  let listing: TensorListing
  let file: String

  func text(adding advice: InspectionAdvice) -> String {
    var report = InspectionText(title: file)
    switch listing.format {
    case .safetensors: report.field("kind", "safetensors file, not a model of fm-tools")
    case .pytorch: report.field("kind", "\(listing.format.rawValue), not of a preset")
    }
    report.field("tensors", grouped(listing.tensors.count))
    report.field("data", megabytes(listing.dataByteCount))
    if let problem = listing.problem { report.field("layers", advice.words(problem)) }
    for (key, value) in metadata {
      report.field(
        "metadata", "\(shortened(displayed(key), to: 40)): \(shortened(displayed(value), to: 400))")
    }
    if !listing.tensors.isEmpty {
      report.section(nil)
      var table = TextTable(columns: [
        ("tensor", .leading), ("type", .leading), ("shape", .leading), ("values", .trailing),
      ])
      for tensor in listing.tensors {
        table.rows.append([
          shortened(displayed(tensor.name), to: 36), tensor.elementType.rawValue,
          shortened("\(tensor.shape)", to: 24), grouped(tensor.elementCount),
        ])
      }
      report.table(table)
    }
    return report.text
  }

  private var metadata: [(key: String, value: String)] { listing.metadata.sorted { $0.key < $1.key } }

  /// The report as JSON. `kind` is `safetensors` or `pytorch`.
  func json(adding _: InspectionAdvice) -> JSONValue {
    let tensors = listing.tensors.map { tensor -> JSONValue in
      .object([
        JSONValue.Member("name", .string(tensor.name)),
        JSONValue.Member("type", .string(tensor.elementType.rawValue)),
        JSONValue.Member("shape", integers(tensor.shape)),
      ])
    }
    return .object([
      JSONValue.Member("file", .string(file)),
      JSONValue.Member("kind", .string(listing.format == .safetensors ? "safetensors" : "pytorch")),
      JSONValue.Member("tensors", .array(tensors)),
      JSONValue.Member(
        "metadata", .object(metadata.map { JSONValue.Member($0.key, .string($0.value)) })),
    ])
  }
}
