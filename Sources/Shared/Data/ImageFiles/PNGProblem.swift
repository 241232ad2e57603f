// The problems of PNG files and their texts, which follow the file's name.
import ByteIO
import TensorStream

/// The four letters of a chunk's type.
public struct PNGChunkType: Equatable, Sendable, CustomStringConvertible {
  public let code: UInt32
  init(_ code: UInt32) { self.code = code }

  /// Makes a type of four ASCII letters.
  init(_ name: StaticString) {
    precondition(name.utf8CodeUnitCount == 4)
    code = bigEndian(UnsafeRawBufferPointer(start: name.utf8Start, count: 4), at: 0)
  }

  static let header = PNGChunkType("IHDR")
  static let palette = PNGChunkType("PLTE")
  static let transparency = PNGChunkType("tRNS")
  static let imageData = PNGChunkType("IDAT")
  static let end = PNGChunkType("IEND")
  static let exif = PNGChunkType("eXIf")
  /// The types of the chunks that pixels depend on.
  static let decoded: [PNGChunkType] = [.header, .palette, .transparency, .imageData, .end]
  /// The chunk that Apple's tools put before the header of a file that is no longer PNG.
  static let apple = PNGChunkType("CgBI")

  var bytes: [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: code >> $0) } }
  var isText: Bool {
    // This runs for every chunk of every file, so it allocates no array. Clearing bit 5 makes small letters capitals.
    withUnsafeBytes(of: code) { $0.allSatisfy { 0x41...0x5A ~= $0 & ~0x20 } }
  }
  /// Whether a reader that does not know the chunk may ignore it. If so, the first letter is small.
  var isAncillary: Bool { code & 0x2000_0000 != 0 }
  public var description: String { displayed(bytes) }
}

/// A flaw of a PNG file that affects no pixel.
public enum PNGFlaw: Equatable, Sendable {
  /// The file continues after the picture.
  case trailingBytes(offset: Int, byteCount: Int)
  /// The CRC-32 of a chunk that decoders ignore differs from the one that the chunk claims.
  case checksum(PNGChunkType, offset: Int, found: UInt32)
  /// The EXIF data are damaged, so the orientation is unknown.
  case exif(offset: Int)
}

extension PNGFlaw: CustomStringConvertible {
  public var description: String {
    switch self {
    case .trailingBytes(let offset, let count):
      "byte \(offset): expected the end of the file after chunk IEND, found \(counted(count, "byte")) more"
    case .checksum(let type, let offset, let found):
      "byte \(offset): chunk \(type), which no pixel depends on, is damaged: its CRC-32 is \(checksumText(found)),"
        + " not what the file says"
    case .exif(let offset): damagedExif(offset: offset)
    }
  }
}

/// Why a PNG file is refused. An offset is that of a chunk, which begins with its length.
public enum PNGProblem: Error, Equatable, Sendable {
  // The file.
  case empty
  case foreign(FoundContent)
  case tooLarge(byteCount: Int)
  case truncated(chunk: PNGChunkType?, byteCount: Int)
  /// Damage that no pixel depends on, if such damage is not tolerated.
  case flaw(PNGFlaw)
  case endMissing(byteCount: Int)
  // Its chunks.
  case notAChunk(offset: Int, type: PNGChunkType)
  case chunkLength(PNGChunkType, offset: Int, length: UInt32)
  case checksum(PNGChunkType, offset: Int, expected: UInt32, found: UInt32)
  case headerNotFirst(PNGChunkType)
  case apple
  case chunkTwice(PNGChunkType, offset: Int)
  case chunkTooLate(PNGChunkType, offset: Int, after: PNGChunkType)
  case chunkUnknown(PNGChunkType, offset: Int)
  case chunkByteCount(PNGChunkType, offset: Int, expected: String, found: Int)
  case chunkUnfit(PNGChunkType, offset: Int, PNGColorType)
  case transparentValue(offset: Int, bitDepth: Int, value: Int)
  // The header.
  case size(width: Int, height: Int)
  case pixelFormat(colorType: UInt8, bitDepth: UInt8)
  case method(String, byte: Int, value: UInt8, largest: UInt8)
  // The pixels.
  case paletteMissing
  case imageDataMissing
  case imageDataSplit(offset: Int)
  case imageDataTooShort(expected: Int, compressed: Int)
  /// `reason` is the text of libpng or zlib.
  case imageData(reason: String)
}

extension PNGProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .empty: "expected a PNG or JPEG file, found no bytes at all"
    case .foreign(let what): "expected a PNG or JPEG file, found \(what)"
    case .tooLarge(let count): PictureLimits.refusal(ofByteCount: count)
    case .truncated(let chunk?, let count):
      "the file is truncated: it ends after \(count) bytes, in chunk \(chunk)"
    case .truncated(nil, let count): "the file is truncated: it ends after \(count) bytes"
    case .flaw(let flaw): "\(flaw)"
    case .endMissing(let count): "the file is truncated: it ends after \(count) bytes, before chunk IEND"
    case .notAChunk(let offset, let type): "byte \(offset): expected a chunk, found the type '\(type)'"
    case .chunkLength(let type, let offset, let length):
      "byte \(offset): chunk \(type): expected a length below 2147483648, found \(length)"
    case .checksum(let type, let offset, let expected, let found):
      "byte \(offset): chunk \(type) is damaged: its CRC-32 is \(checksumText(found)), not \(checksumText(expected))"
        + " as the file says"
    case .headerNotFirst(let type): "byte 8: expected chunk IHDR to be the first, found \(type)"
    case .apple:
      "this is Apple's variant of PNG for iPhones (CgBI), which no other program reads; "
        + "convert it with 'pngcrush -revert-iphone-optimizations'"
    case .chunkTwice(let type, let offset): "byte \(offset): expected one chunk \(type), found a second one"
    case .chunkTooLate(let type, let offset, let other):
      "byte \(offset): expected chunk \(type) before \(other), found it after"
    case .chunkUnknown(let type, let offset):
      "byte \(offset): chunk \(type) is unknown, and its name says that the picture cannot be read without it"
    case .chunkByteCount(let type, let offset, let expected, let found):
      "byte \(offset): chunk \(type): expected \(expected), found \(found)"
    case .chunkUnfit(let type, let offset, let colorType):
      "byte \(offset): chunk \(type) has no place in a picture of \(colorType.text)"
    case .transparentValue(let offset, let bitDepth, let value):
      "byte \(offset): chunk tRNS: expected a value of \(bitDepth) bits, found \(value)"
    case .size(let width, let height): "chunk IHDR: " + PictureLimits.refusal(ofWidth: width, height: height)
    case .pixelFormat(let colorType, let bitDepth):
      "chunk IHDR: expected a colour type and a bit depth that go together, found \(colorType) and \(bitDepth)"
    case .method(let what, let byte, let value, let largest):
      "byte \(byte): chunk IHDR: expected \(what) method \(largest == 0 ? "0" : "0 or \(largest)"), found \(value)"
    case .paletteMissing: "expected a palette (chunk PLTE) before the image data, found none"
    case .imageDataMissing: "expected image data (chunk IDAT), found none"
    case .imageDataSplit(let offset):
      "byte \(offset): expected the chunks IDAT to follow each other, found another chunk before this one"
    case .imageDataTooShort(let expected, let compressed):
      "expected compressed data for \(grouped(expected)) bytes, as the header says, found \(grouped(compressed)) bytes,"
        + " which cannot hold that much"
    case .imageData(let reason): "the image data are damaged: \(reason)"
    }
  }
}

extension PNGColorType {
  var text: String {
    switch self {
    case .grey: "grey"
    case .rgb: "RGB"
    case .palette: "palette colours"
    case .greyAlpha: "grey with alpha"
    case .rgbAlpha: "RGB with alpha"
    }
  }
}
