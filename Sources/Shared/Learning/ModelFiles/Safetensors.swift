// The safetensors container: named tensors and a few texts. What they mean is decided elsewhere (ModelMetadata.swift).
//
//     8 bytes, little-endian: the byte count of the header
//     the header, JSON (SafetensorsHeader.swift), padded with blanks
//     the tensors' bytes, little-endian, row-major, to the end of the file

import ByteIO
import JSON
import TensorStream

/// The content of a safetensors file, its values as Float.
public struct Safetensors: Equatable, Sendable {
  /// One named tensor.
  public struct Tensor: Equatable, Sendable {
    public var name: String
    public var shape: [Int]
    /// Row-major, as many as the product of `shape`.
    public var values: [Float]
    /// What values are in the file; of what is to be written F32, F16, BF16 or, of whole numbers, I64.
    public var elementType: SafetensorsElementType

    public init(
      name: String, shape: [Int], values: [Float], elementType: SafetensorsElementType = .f32
    ) {
      self.name = name
      self.shape = shape
      self.values = values
      self.elementType = elementType
    }

    /// Hands over the bytes that the file has.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
      try elementType.withBytes(of: values, body)
    }
  }

  /// In the order of their bytes in the file.
  public var tensors: [Tensor]
  public var metadata: [String: String]

  public init(tensors: [Tensor], metadata: [String: String]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  /// The tensor of that name.
  public subscript(name: String) -> Tensor? { tensors.first { $0.name == name } }

  /// The format's own limit, 100 MB.
  public static let maximumHeaderByteCount = 100_000_000
  /// Four times the weights that an architecture may have, in single precision: with both of Adam's moments that fits.
  public static let maximumDataByteCount = 1 << 32
}

// MARK: - Reading

extension Safetensors {
  /// Reads a file to its end. Throws ``ModelFileError`` or ``FileError``.
  ///
  /// Memory grows with what arrives, whatever the header claims.
  public init(reading source: any ByteSource) throws {
    let reader = SafetensorsReader(source)
    try self.init(reader, reader.readHeader())
  }

  /// Reads what stands behind a header.
  init(_ reader: SafetensorsReader, _ header: SafetensorsHeader) throws {
    var tensors: [Tensor] = []
    for entry in header.tensors {
      let values = try reader.readValues(entry)
      tensors.append(
        Tensor(name: entry.name, shape: entry.shape, values: values, elementType: entry.elementType))
    }
    try reader.expectEnd()
    let found = reader.dataChecksum
    if let stated = header.metadata[Self.checksumKey], stated != found {
      throw ModelFileError.content(file: reader.name, .wrongWeightChecksum(expected: stated, found: found))
    }
    self.init(tensors: tensors, metadata: header.metadata)
  }
}

// MARK: - The sum

extension Safetensors {
  /// The key of a CRC-32 over all bytes of the file after the header, which are those of the tensors: the format has no
  /// sum of its own, and a weight with a flipped bit would be a weight like others.
  static let checksumKey = "fm-tools.data-crc32"

  /// With the sum of what ``write(to:)`` writes.
  var withChecksum: Safetensors {
    var sum = CRC32()
    for tensor in sorted { tensor.withBytes { sum.update($0) } }
    var result = self
    result.metadata[Self.checksumKey] = checksumText(sum.value)
    return result
  }

  /// In the order of their bytes: wide elements first, so that each tensor begins at a multiple of its elements' width, as
  /// those want who map files into memory; then by names.
  private var sorted: [Tensor] {
    tensors.sorted {
      let (width, other) = ($0.elementType.byteCount, $1.elementType.byteCount)
      guard width == other else { return width > other }
      return Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8))
    }
  }
}

// MARK: - Writing

extension Safetensors {
  /// Writes the file. The same content gives the same bytes, in whatever order the tensors come: they are sorted by the
  /// width of their elements and by their names, and so are the header's keys.
  ///
  /// Shapes and values must agree, and names be unique.
  public func write(to sink: any ByteSink) throws {
    let sorted = sorted
    try sink.write(Self.headerBytes(sorted, metadata))
    for tensor in sorted { try tensor.withBytes { try sink.write($0) } }
  }

  private static func headerBytes(_ tensors: [Tensor], _ metadata: [String: String]) -> [UInt8] {
    var members: [JSONValue.Member] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
      members.append(JSONValue.Member("__metadata__", .object(texts)))
    }
    var end = 0
    for tensor in tensors {
      precondition(
        tensor.shape.reduce(1, *) == tensor.values.count,
        "tensor \(tensor.name): \(tensor.values.count) values for shape \(tensor.shape)")
      let begin = end
      end += tensor.values.count * tensor.elementType.byteCount
      let description: [JSONValue.Member] = [
        JSONValue.Member("dtype", .string(tensor.elementType.rawValue)),
        JSONValue.Member("shape", .array(tensor.shape.map(JSONValue.integer))),
        JSONValue.Member("data_offsets", .array([.integer(begin), .integer(end)])),
      ]
      members.append(JSONValue.Member(tensor.name, .object(description)))
    }
    var text = Array(JSONValue.object(members).compactText().utf8)
    // The data begins at a multiple of 8, so that a mapped file can be used in place.
    text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8))
    return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text
  }
}
