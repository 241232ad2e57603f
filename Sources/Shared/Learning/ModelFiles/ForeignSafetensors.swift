// Tensors of a safetensors file without our metadata, as Hugging Face's library writes a state_dict.

import ByteIO
import Networks

extension ForeignTensors {
  /// The tensors after a header that was read. The file may be a pipe, so all values are read as soon as one is needed.
  init(_ reader: SafetensorsReader, _ header: SafetensorsHeader, file: String) {
    let values = ValuesToRead(reader: reader, header: header)
    self.init(
      file: file,
      descriptions: header.tensors.map { ParameterDescription(name: $0.name, shape: $0.shape) },
      values: values.values(of:))
  }
}

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
