// The header of a safetensors file: the tensors, and the ranges of their bytes.
//
//     {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …, "__metadata__": {"KEY": "TEXT", …}}
//
// Offsets count from the end of the header. The tensors cover the data without gaps or overlaps.

import JSON

/// A header whose numbers have all been checked.
public struct SafetensorsHeader: Equatable, Sendable {
  /// The position and type of a tensor.
  public struct Tensor: Equatable, Sendable {
    public let name: String
    public let elementType: SafetensorsElementType
    public let shape: [Int]
    /// The range of its bytes, counted from the first byte after the header.
    let byteRange: Range<Int>

    /// The product of `shape`.
    public var elementCount: Int { byteRange.count / elementType.byteCount }
  }

  /// The tensors, in the order of their bytes.
  public let tensors: [Tensor]
  public let metadata: [String: String]

  /// The bytes after the header.
  public var dataByteCount: Int { tensors.last?.byteRange.upperBound ?? 0 }

  /// Parses the header's JSON text, including the padding after it.
  ///
  /// - Complexity: O(b + n log n) for b bytes and n tensors.
  public init(parsing bytes: [UInt8]) throws(SafetensorsProblem) {
    guard bytes.first == UInt8(ascii: "{") else { throw .headerIsNoObject }
    let json: JSONValue
    do {
      json = try JSONValue(parsing: bytes, maximumDepth: 4)
    } catch {
      throw .headerIsNotJSON(offset: error.offset, problem: error.problem)
    }
    guard case .object(let members) = json else { throw .headerIsNoObject }
    var tensors: [Tensor] = []
    var metadata: [String: String] = [:]
    for member in members {
      if member.key == "__metadata__" {
        metadata = try Self.metadata(member.value)
      } else {
        tensors.append(try Tensor(name: member.key, member.value))
      }
    }
    // Names come last, so that empty tensors at the same offset have a defined order.
    tensors.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound, $0.name)
        < ($1.byteRange.lowerBound, $1.byteRange.upperBound, $1.name)
    }
    try Self.checkCover(tensors)
    self.tensors = tensors
    self.metadata = metadata
  }

  private static func metadata(_ value: JSONValue) throws(SafetensorsProblem) -> [String: String] {
    guard case .object(let members) = value else { throw .metadataIsNoObject }
    var metadata: [String: String] = [:]
    for member in members {
      guard let text = member.value.stringValue else { throw .metadataIsNoString(key: member.key) }
      metadata[member.key] = text
    }
    return metadata
  }

  /// Checks that each tensor begins at the end of the previous one.
  private static func checkCover(_ tensors: [Tensor]) throws(SafetensorsProblem) {
    var end = 0
    for tensor in tensors {
      let begin = tensor.byteRange.lowerBound
      guard begin <= end else { throw .hole(tensor: tensor.name, begin: begin, expected: end) }
      guard begin == end else { throw .overlap(tensor: tensor.name, begin: begin, expected: end) }
      end = tensor.byteRange.upperBound
    }
    guard end <= Safetensors.maximumDataByteCount else { throw .dataTooLong(end) }
  }
}

extension SafetensorsHeader.Tensor {
  init(name: String, _ value: JSONValue) throws(SafetensorsProblem) {
    guard case .object(let members) = value else { throw .tensorIsNoObject(tensor: name) }
    if let other = members.first(where: { !["dtype", "shape", "data_offsets"].contains($0.key) }) {
      throw .unknownKey(tensor: name, key: other.key)
    }
    func member(_ key: String) throws(SafetensorsProblem) -> JSONValue {
      guard let value = value[key] else { throw .missingKey(tensor: name, key: key) }
      return value
    }
    guard let typeName = try member("dtype").stringValue else { throw .typeIsNoString(tensor: name) }
    guard let elementType = SafetensorsElementType(rawValue: typeName) else {
      throw .unknownType(tensor: name, type: typeName)
    }
    guard let shape = Self.counts(try member("shape")) else { throw .malformedShape(tensor: name) }
    guard let offsets = Self.counts(try member("data_offsets")), offsets.count == 2 else {
      throw .malformedOffsets(tensor: name)
    }
    guard offsets[0] <= offsets[1] else {
      throw .reversedOffsets(tensor: name, begin: offsets[0], end: offsets[1])
    }
    guard let byteCount = Self.byteCount(shape, elementType) else {
      throw .sizeOverflow(tensor: name, shape: shape)
    }
    guard byteCount == offsets[1] - offsets[0] else {
      throw .wrongByteCount(
        tensor: name, shape: shape, type: elementType, expected: byteCount, found: offsets[1] - offsets[0])
    }
    self.name = name
    self.elementType = elementType
    self.shape = shape
    byteRange = offsets[0]..<offsets[1]
  }

  /// Returns the elements of an array of whole numbers from 0; `nil` for any other value.
  private static func counts(_ value: JSONValue) -> [Int]? {
    guard let elements = value.arrayValue else { return nil }
    var counts: [Int] = []
    for element in elements {
      guard let count = element.integerValue, count >= 0 else { return nil }
      counts.append(count)
    }
    return counts
  }

  /// Returns the byte count of a tensor; `nil` if `Int` overflows, even in an intermediate product: `[2⁶³, 2, 0]` is
  /// refused.
  private static func byteCount(_ shape: [Int], _ type: SafetensorsElementType) -> Int? {
    var product = type.byteCount
    for length in shape {
      let (next, overflow) = product.multipliedReportingOverflow(by: length)
      if overflow { return nil }
      product = next
    }
    return product
  }
}
