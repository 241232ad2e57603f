// Reads a safetensors file sequentially, so that a pipe works as well as a file.

import ByteIO
import TensorStream

/// Reads the parts of a safetensors file, in their order.
public final class SafetensorsReader {
  private let source: any ByteSource
  private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
  /// The bytes read so far.
  private var offset = 0
  /// The checksum of the tensors' bytes read so far.
  private var dataSum = CRC32()

  /// The source's name, for messages.
  var name: String { source.name }

  /// The CRC-32 of the tensors' bytes, complete once all have been read: eight hexadecimal digits.
  var dataChecksum: String { checksumText(dataSum.value) }

  public init(_ source: any ByteSource) { self.source = source }

  deinit { piece.deallocate() }

  /// Reads and checks the header.
  ///
  /// - Complexity: O(b + n log n) for a header of b bytes with n tensors.
  public func readHeader() throws -> SafetensorsHeader {
    var prefix: [UInt8] = []
    try read(8) { prefix.append(contentsOf: $0) }
    guard let length = prefix.littleEndian(UInt64.self, at: 0) else {
      throw problem(.endsInHeaderLength(byteCount: prefix.count))
    }
    guard length <= UInt64(Safetensors.maximumHeaderByteCount) else { throw problem(.headerTooLong(length)) }
    let byteCount = Int(length)
    var text: [UInt8] = []
    try read(byteCount) { text.append(contentsOf: $0) }
    guard text.count == byteCount else {
      throw problem(.endsInHeader(expected: byteCount, found: text.count))
    }
    do {
      return try SafetensorsHeader(parsing: text)
    } catch {
      throw problem(error)
    }
  }

  /// Reads the values of a tensor. All tensors must be read or skipped, in the header's order.
  ///
  /// - Complexity: O(bytes of the tensor), in time and memory.
  func readValues(_ tensor: SafetensorsHeader.Tensor) throws -> [Float] {
    guard tensor.elementType.isConvertible(named: tensor.name) else {
      throw problem(.unsupportedType(tensor: tensor.name, type: tensor.elementType))
    }
    var values: [Float] = []
    try readBytes(tensor) { tensor.elementType.append($0, to: &values) }
    return values
  }

  /// Skips a tensor.
  ///
  /// - Complexity: O(bytes of the tensor), in constant memory.
  public func skipValues(_ tensor: SafetensorsHeader.Tensor) throws { try readBytes(tensor) { _ in } }

  /// Checks that the file ends after the last tensor.
  public func expectEnd() throws {
    var found = 0
    try read(1) { found += $0.count }
    guard found == 0 else { throw problem(.bytesBehindData(offset: offset - found)) }
  }

  private func readBytes(_ tensor: SafetensorsHeader.Tensor, _ body: (UnsafeRawBufferPointer) -> Void) throws
  {
    let start = offset
    try read(tensor.byteRange.count) {
      dataSum.update($0)
      body($0)
    }
    guard offset - start == tensor.byteRange.count else {
      throw problem(
        .endsInData(tensor: tensor.name, expected: start + tensor.byteRange.count, found: offset))
    }
  }

  /// Reads `count` bytes, or fewer if the file ends, in pieces that are all full except the last. Calls `body` with
  /// each.
  private func read(_ count: Int, _ body: (UnsafeRawBufferPointer) -> Void) throws {
    var left = count
    while left > 0 {
      let wanted = min(left, piece.count)
      var filled = 0
      while filled < wanted {
        let got = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: piece[filled..<wanted]))
        if got == 0 { break }
        filled += got
      }
      offset += filled
      left -= filled
      // If the file ends within an element, `body` only takes the whole elements. The caller checks the count.
      body(UnsafeRawBufferPointer(rebasing: piece[..<filled]))
      if filled < wanted { return }
    }
  }

  private func problem(_ problem: SafetensorsProblem) -> ModelFileError {
    .safetensors(file: source.name, problem)
  }
}
