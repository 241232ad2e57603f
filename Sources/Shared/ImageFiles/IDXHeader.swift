// The header of an IDX file: two zero bytes, a type, a rank, then the sizes, four bytes each, big-endian.
//
// The format is described at the end of http://yann.lecun.com/exdb/mnist/.
import ByteIO
import TensorStream

/// What an IDX file holds.
enum IDXContent: Equatable {
  /// `count` images, a byte a pixel, row by row.
  case images(count: Int, height: Int, width: Int)
  /// `count` labels, a byte each.
  case labels(count: Int)

  var count: Int {
    switch self {
    case .images(let count, _, _), .labels(let count): count
    }
  }

  /// The bytes of an entry.
  var entryByteCount: Int {
    switch self {
    case .images(_, let height, let width): height * width
    case .labels: 1
    }
  }

  /// The bytes before the first entry.
  var headerByteCount: Int {
    switch self {
    case .images: 16
    case .labels: 8
    }
  }

  /// The bytes of the whole file. It cannot overflow: a count has 32 bits, the largest image 24.
  var fileByteCount: Int { headerByteCount + count * entryByteCount }
}

/// Which of the two files is read, and thus what its header must say.
public enum IDXRole: Equatable, Sendable {
  case images, labels

  var rank: Int { self == .images ? 3 : 1 }
}

extension IDXContent {
  /// The largest height and width of an image.
  static let largestSide = 4096

  /// Reads the header of a file that is to hold images, or labels.
  static func readHeader(_ source: DecompressedInput, role: IDXRole) throws -> IDXContent {
    let start = try source.firstBytes()
    let isIDX = if case .idx = FileKind(firstBytes: start) { true } else { start.count < 4 }
    guard isIDX || start.starts(with: [0, 0]) else { throw IDXError.notIDX(name: source.name, start: start) }
    let magic = try readBytes(4, at: 0, of: source, "a header of \(4 + 4 * role.rank) bytes")
    guard magic[2] == 0x08, Int(magic[3]) == role.rank else {
      throw IDXError.otherContent(name: source.name, role: role, type: magic[2], rank: Int(magic[3]))
    }
    var sizes: [Int] = []
    for index in 0..<role.rank {
      let bytes = try readBytes(
        4, at: 4 + 4 * index, of: source, "a header of \(4 + 4 * role.rank) bytes")
      sizes.append(bytes.reduce(0) { $0 << 8 | Int($1) })
    }
    guard sizes[0] >= 1 else { throw IDXError.empty(name: source.name, role: role) }
    if role == .labels { return .labels(count: sizes[0]) }
    guard 1...largestSide ~= sizes[1], 1...largestSide ~= sizes[2] else {
      throw IDXError.imageSize(name: source.name, height: sizes[1], width: sizes[2])
    }
    return .images(count: sizes[0], height: sizes[1], width: sizes[2])
  }
}

/// `count` bytes that lie at `offset`.
private func readBytes(
  _ count: Int, at offset: Int, of source: some ByteSource, _ expected: String
) throws -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: count)
  let readCount = try bytes.withUnsafeMutableBytes { try source.fill($0) }
  guard readCount == count else {
    throw IDXError.tooShort(name: source.name, expected: expected, byteCount: offset + readCount)
  }
  return bytes
}

extension ByteSource {
  /// Reads until the buffer is full or the source at its end, and returns how many bytes came.
  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var filled = 0
    while filled < buffer.count {
      let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
      if count == 0 { break }
      filled += count
    }
    return filled
  }
}
