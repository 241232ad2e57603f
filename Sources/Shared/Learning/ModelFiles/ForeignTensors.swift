// The tensors of a file that another program wrote: a PyTorch file, or a safetensors file without our metadata, such as
// a state_dict from Hugging Face's library. ForeignModel.swift builds a model from them.

import ByteIO
import Networks

/// The tensors of a file, by name.
struct ForeignTensors {
  let file: String
  /// The names and shapes, in the file's order; each name occurs once.
  let descriptions: [ParameterDescription]
  /// Messages to the user about choices made and entries ignored while reading.
  var notes: [String] = []
  /// Returns the values of the tensor with this name, in row-major order.
  let values: (String) throws -> [Float]
}

extension ForeignTensors {
  /// Creates the tensors of a PyTorch file that has been read.
  init(_ state: PyTorchStateDictionary) {
    self.init(
      file: state.file, descriptions: state.tensors, notes: state.notes, values: state.values(of:))
  }

  /// Creates the tensors after a header that has been read. The file may be a pipe, so all values are read when the
  /// first one is needed.
  init(_ reader: SafetensorsReader, _ header: SafetensorsHeader, file: String) {
    let values = ValuesToRead(reader: reader, header: header)
    self.init(
      file: file,
      descriptions: header.tensors.map { ParameterDescription(name: $0.name, shape: $0.shape) },
      values: values.values(of:))
  }
}

/// The values of all tensors, read on first use.
private final class ValuesToRead {
  private let reader: SafetensorsReader
  private let header: SafetensorsHeader
  private var valuesByName: [String: [Float]]?

  init(reader: SafetensorsReader, header: SafetensorsHeader) {
    self.reader = reader
    self.header = header
  }

  func values(of name: String) throws -> [Float] {
    if valuesByName == nil {
      let tensors = try Safetensors(reader, header).tensors
      valuesByName = Dictionary(tensors.map { ($0.name, $0.values) }, uniquingKeysWith: { first, _ in first })
    }
    guard let values = valuesByName?[name] else { preconditionFailure("there is no tensor \(name)") }
    return values
  }
}
