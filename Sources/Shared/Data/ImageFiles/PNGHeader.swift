// Reads the header of a PNG file, IHDR: its size and how pixels are stored (PNG specification, third edition, 11.2.1).

/// The samples that form a pixel of a PNG file.
public enum PNGColorType: UInt8, Equatable, Sendable {
  case grey = 0
  case rgb = 2
  case palette = 3
  case greyAlpha = 4
  case rgbAlpha = 6

  /// The number of samples of a pixel.
  var sampleCount: Int {
    switch self {
    case .grey, .palette: 1
    case .greyAlpha: 2
    case .rgb: 3
    case .rgbAlpha: 4
    }
  }

  /// The numbers of bits that a sample may have.
  var bitDepths: [Int] {
    switch self {
    case .grey: [1, 2, 4, 8, 16]
    case .palette: [1, 2, 4, 8]
    case .rgb, .greyAlpha, .rgbAlpha: [8, 16]
    }
  }
}

/// The header of a PNG file. Its values are within the limits.
public struct PNGHeader: Equatable, Sendable {
  public let width: Int
  public let height: Int
  /// The number of bits of a sample.
  public let bitDepth: Int
  public let colorType: PNGColorType
  /// Whether the picture is stored in the seven passes of Adam7.
  public let isInterlaced: Bool

  static let byteCount = 13

  /// Reads the 13 bytes of the chunk.
  init(_ bytes: UnsafeRawBufferPointer) throws(PNGProblem) {
    precondition(bytes.count == Self.byteCount)
    let (width, height) = (Int(bigEndian(bytes, at: 0)), Int(bigEndian(bytes, at: 4)))
    guard PictureLimits.allows(width: width, height: height) else {
      throw .size(width: width, height: height)
    }
    guard let colorType = PNGColorType(rawValue: bytes[9]), colorType.bitDepths.contains(Int(bytes[8])) else {
      throw .pixelFormat(colorType: bytes[9], bitDepth: bytes[8])
    }
    guard bytes[10] == 0 else { throw .method("compression", byte: 26, value: bytes[10], largest: 0) }
    guard bytes[11] == 0 else { throw .method("filter", byte: 27, value: bytes[11], largest: 0) }
    guard bytes[12] <= 1 else { throw .method("interlace", byte: 28, value: bytes[12], largest: 1) }
    self.width = width
    self.height = height
    bitDepth = Int(bytes[8])
    self.colorType = colorType
    isInterlaced = bytes[12] == 1
  }

  /// The number of bytes of all rows, each with a byte for its filter. That is the size of the decompressed image data.
  var filteredByteCount: Int {
    let pixelBits = colorType.sampleCount * bitDepth
    func passByteCount(_ width: Int, _ height: Int) -> Int {
      width == 0 || height == 0 ? 0 : height * (1 + (width * pixelBits + 7) / 8)
    }
    if !isInterlaced { return passByteCount(width, height) }
    // The first column and row of each pass, and its steps between columns and between rows.
    let passes = [
      (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
    ]
    return passes.reduce(0) { sum, pass in
      let (column, row, columnStep, rowStep) = pass
      return sum
        + passByteCount(
          (width - column + columnStep - 1) / columnStep, (height - row + rowStep - 1) / rowStep)
    }
  }
}

/// Returns the four big-endian bytes at `offset` as a number.
func bigEndian(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt32 {
  UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
}
