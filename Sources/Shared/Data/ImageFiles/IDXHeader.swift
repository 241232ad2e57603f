// Reads the header of an IDX file: two zero bytes, a type, a rank, then the sizes, four bytes each, big-endian.
//
// http://yann.lecun.com/exdb/mnist/ describes the format, at its end.
import ByteIO
import TensorStream

/// The type of the numbers in an IDX file. Numbers of several bytes are big-endian.
public enum IDXElement: UInt8, Sendable {
  case unsignedByte = 0x08
  case signedByte = 0x09
  case int16 = 0x0B
  case int32 = 0x0C
  case float = 0x0D
  case double = 0x0E

  var byteCount: Int {
    switch self {
    case .unsignedByte, .signedByte: 1
    case .int16: 2
    case .int32, .float: 4
    case .double: 8
    }
  }

  var isFloatingPoint: Bool { self == .float || self == .double }
}

/// The role of a file, which determines the headers that it may have.
public enum IDXRole: Equatable, Sendable {
  case images, labels
}

/// The interpretation of an IDX file's images, as far as its header leaves it open.
public struct IDXImageOptions: Equatable, Sendable {
  /// The place of the channels in a colour image.
  public enum ChannelPlace: String, CaseIterable, Sendable {
    /// A whole plane of red, then green, then blue: (count, 3, height, width).
    case first
    /// Red, green and blue of each pixel: (count, height, width, 3).
    case last
  }
  /// The factor of the values: a pixel is value · scale + offset, rounded to the nearest, halves up. Without a scale,
  /// integers are pixels, and floating point is refused.
  public var scale: Double?
  public var offset: Double
  /// Whether to exchange the rows and columns of each image.
  public var isTransposed: Bool
  /// The place of the channels, which is needed if the sizes leave it open.
  public var channelPlace: ChannelPlace?

  public init(
    scale: Double? = nil, offset: Double = 0, isTransposed: Bool = false, channelPlace: ChannelPlace? = nil
  ) {
    (self.scale, self.offset) = (scale, offset)
    (self.isTransposed, self.channelPlace) = (isTransposed, channelPlace)
  }
}

/// The content of an IDX file, according to its header.
struct IDXContent: Equatable {
  let role: IDXRole
  let element: IDXElement
  let count: Int
  let headerByteCount: Int
  /// The sizes of an image. For labels, each is 1.
  var height = 1
  var width = 1
  var channels = 1
  var channelPlace = IDXImageOptions.ChannelPlace.last

  /// The number of values of an entry.
  var entryValueCount: Int { height * width * channels }
  /// The number of bytes of an entry.
  var entryByteCount: Int { entryValueCount * element.byteCount }
  /// The number of bytes of the whole file. It cannot overflow: a count has 32 bits, the largest image less than 29.
  var fileByteCount: Int { headerByteCount + count * entryByteCount }
}

extension IDXContent {
  /// The largest height and width of an image.
  static let largestSide = 4096

  /// Reads the header of a file that must have the given role.
  static func readHeader(
    _ source: DecompressedInput, role: IDXRole, _ options: IDXImageOptions
  ) throws -> IDXContent {
    let start = try source.firstBytes()
    let isIDX = if case .idx = FileKind(firstBytes: start) { true } else { start.count < 4 }
    guard isIDX || start.starts(with: [0, 0]) else { throw IDXError.notIDX(name: source.name, start: start) }
    let magic = try readBytes(4, at: 0, of: source, role == .images ? 16 : 8)
    let rank = Int(magic[3])
    guard let element = IDXElement(rawValue: magic[2]), role == .images ? 3...4 ~= rank : 1...2 ~= rank else {
      throw IDXError.otherContent(name: source.name, role: role, type: magic[2], rank: rank)
    }
    var sizes: [Int] = []
    for index in 0..<rank {
      let bytes = try readBytes(4, at: 4 + 4 * index, of: source, 4 + 4 * rank)
      sizes.append(bytes.reduce(0) { $0 << 8 | Int($1) })
    }
    guard sizes[0] >= 1 else { throw IDXError.empty(name: source.name, role: role) }
    var content = IDXContent(role: role, element: element, count: sizes[0], headerByteCount: 4 + 4 * rank)
    if role == .labels {
      if rank == 2, sizes[1] != 1 { throw IDXError.severalLabels(name: source.name, count: sizes[1]) }
      return content
    }
    if element.isFloatingPoint, options.scale == nil {
      throw IDXError.scaleMissing(name: source.name, type: magic[2])
    }
    try content.setImage(Array(sizes.dropFirst()), name: source.name, options.channelPlace)
    return content
  }

  /// Sets the sizes of an image: height and width, and possibly channels before or after them.
  private mutating func setImage(
    _ sizes: [Int], name: String, _ wanted: IDXImageOptions.ChannelPlace?
  ) throws(IDXError) {
    (height, width) = (sizes[0], sizes[1])
    if sizes.count == 3 {
      let places = IDXImageOptions.ChannelPlace.allCases.filter { place in
        [1, 3].contains(place == .first ? sizes[0] : sizes[2]) && wanted ?? place == place
      }
      guard let place = places.first else { throw .channels(name: name, sizes: sizes) }
      guard places.count == 1 else { throw .channelsUnclear(name: name, sizes: sizes) }
      channelPlace = place
      channels = place == .first ? sizes[0] : sizes[2]
      if place == .first { (height, width) = (sizes[1], sizes[2]) }
    }
    guard 1...Self.largestSide ~= height, 1...Self.largestSide ~= width else {
      throw .imageSize(name: name, height: height, width: width)
    }
  }
}

/// Reads `count` bytes at `offset` of the header.
private func readBytes(
  _ count: Int, at offset: Int, of source: some ByteSource, _ headerByteCount: Int
) throws -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: count)
  let readCount = try bytes.withUnsafeMutableBytes { try source.fill($0) }
  guard readCount == count else {
    throw IDXError.tooShort(
      name: source.name, expected: "a header of \(headerByteCount) bytes", byteCount: offset + readCount)
  }
  return bytes
}

extension ByteSource {
  /// Reads until the buffer is full or the source is at its end. Returns the number of bytes read.
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
