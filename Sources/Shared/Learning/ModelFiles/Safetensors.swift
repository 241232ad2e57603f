// The safetensors container: named tensors and a few texts. ModelMetadata.swift gives them their meaning.
//
//     8 bytes, little-endian: the byte count of the header
//     the header, JSON (SafetensorsHeader.swift), padded with spaces
//     the tensors' bytes, little-endian, row-major, to the end of the file

import ByteIO
import JSON
import TensorStream

/// The contents of a safetensors file, with values as Float.
public struct Safetensors: Equatable, Sendable {
  /// A named tensor.
  public struct Tensor: Equatable, Sendable {
    public var name: String
    public var shape: [Int]
    /// The values in row-major order; their number is the product of `shape`.
    public var values: [Float]
    /// The type of the values in the file. To be written, it must be F32, F16, BF16 or, for whole numbers, I64.
    public var elementType: SafetensorsElementType

    public init(
      name: String, shape: [Int], values: [Float], elementType: SafetensorsElementType = .f32
    ) {
      self.name = name
      self.shape = shape
      self.values = values
      self.elementType = elementType
    }

    /// Calls `body` with the tensor's bytes in the file.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
      try elementType.withBytes(of: values, body)
    }
  }

  /// The tensors; after reading, in the order of their bytes in the file.
  public var tensors: [Tensor]
  public var metadata: [String: String]

  public init(tensors: [Tensor], metadata: [String: String]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  /// The tensor of this name; `nil` if there is none.
  ///
  /// - Complexity: O(n) for n tensors.
  public subscript(name: String) -> Tensor? { tensors.first { $0.name == name } }

  /// The limit of the header, which is the format's: 100 MB.
  static let maximumHeaderByteCount = 100_000_000
  /// The limit of the data: four times the weights that an architecture may have, in single precision. A checkpoint
  /// with both of Adam's moments fits.
  static let maximumDataByteCount = 1 << 32
}

// MARK: - Reading

extension Safetensors {
  /// Reads a file to its end. Throws ``ModelFileError`` or ``FileError``.
  ///
  /// Memory grows with the bytes that arrive, whatever the header claims.
  ///
  /// - Complexity: O(b + n log n) for b bytes and n tensors. Memory: O(b).
  public init(reading source: any ByteSource) throws {
    let reader = SafetensorsReader(source)
    try self.init(reader, reader.readHeader())
  }

  /// Reads the tensors after a header, to the end of the file.
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

// MARK: - The checksum

extension Safetensors {
  /// The key of a CRC-32 over all bytes of the file after the header, which are those of the tensors. The format has no
  /// checksum of its own, and a flipped bit in a weight would go unnoticed.
  static let checksumKey = "fm-tools.data-crc32"

  /// The content with the checksum of the bytes that ``write(to:)`` writes added to the metadata.
  ///
  /// - Complexity: O(b + n log n) for b bytes and n tensors.
  var withChecksum: Safetensors {
    var sum = CRC32()
    for tensor in sorted { tensor.withBytes { sum.update($0) } }
    var result = self
    result.metadata[Self.checksumKey] = checksumText(sum.value)
    return result
  }

  /// The tensors in the order of their bytes in the file: wide elements first, then by name. So each tensor begins at a
  /// multiple of its elements' width, as programs that map files into memory need.
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
  /// Writes the file. The same content gives the same bytes, whatever the order of the tensors: the data is
  /// sorted by the width of elements and by name, the header by name.
  ///
  /// Shapes and values must agree, and names must be unique.
  ///
  /// - Complexity: O(b + n log n) for b bytes and n tensors.
  public func write(to sink: any ByteSink) throws {
    let sorted = sorted
    try sink.write(Self.headerBytes(sorted, metadata))
    for tensor in sorted { try tensor.withBytes { try sink.write($0) } }
  }

  private static func headerBytes(_ tensors: [Tensor], _ metadata: [String: String]) -> [UInt8] {
    var members: [JSONValue.Member] = []
    if !metadata.isEmpty { members.append(JSONValue.Member("__metadata__", JSONValue(strings: metadata))) }
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
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt64(text.count))
    return bytes + text
  }
}
