// Checks that the chunks of a PNG file are whole, undamaged and in order before any of them is decoded.
//
// Damage that no pixel depends on is only noted: other readers ignore it, and real files have it.
//
// Decoders then get the five kinds of chunks that pixels depend on. The others, such as compressed texts and colour
// profiles, are never parsed, except for the orientation in EXIF data, so they cannot do harm, and never decompressed, so
// they cannot be bombs.
import ByteIO
import CLibDeflate

/// The places in a file of the chunks that pixels depend on.
struct PNGScan {
  private(set) var header: PNGHeader
  /// Whether pixels may be transparent.
  var hasAlpha: Bool { isTransparencySeen || header.colorType == .greyAlpha || header.colorType == .rgbAlpha }
  /// The signature and the chunks IHDR, PLTE and tRNS. Adjacent ones form one part.
  private(set) var parts: [Range<Int>]
  /// The data of PLTE, if pixels are indices, and the data of tRNS. Each is empty if the chunk is missing.
  private(set) var palette = 0..<0
  private(set) var transparency = 0..<0
  /// The offset of the first chunk of image data. The others follow it.
  private(set) var imageDataOffset = 0
  /// The number of bytes of compressed data in all of them.
  private(set) var imageByteCount = 0
  private(set) var orientation = Orientation.upright
  /// The first flaw of the file, if it has one that affects no pixel.
  private(set) var flaw: PNGFlaw?

  private let bytes: UnsafeRawBufferPointer
  private var paletteCount: Int?
  private var isTransparencySeen = false
  private var imageDataSeen = false
  private var isExifSeen = false
  /// Whether the previous chunk held image data.
  private var isInImageData = false

  /// Scans the whole file. Allocates nothing but the list of parts.
  ///
  /// - Complexity: O(n) for n bytes.
  init(_ bytes: UnsafeRawBufferPointer) throws(PNGProblem) {
    if bytes.isEmpty { throw .empty }
    if bytes.count > PictureLimits.fileByteCount { throw .tooLarge(byteCount: bytes.count) }
    guard bytes.starts(with: FileKind.pngSignature) else {
      // A file that ends within the signature is a truncated PNG file.
      if FileKind.pngSignature.starts(with: bytes) { throw .truncated(chunk: nil, byteCount: bytes.count) }
      throw .foreign(FileKind.found(bytes))
    }
    self.bytes = bytes
    let first = try Chunk(bytes, at: FileKind.pngSignature.count)
    if first.type == .apple { throw .apple }
    guard first.type == .header else { throw .headerNotFirst(first.type) }
    guard first.data.count == PNGHeader.byteCount else {
      throw .chunkByteCount(.header, offset: first.offset, expected: "13 bytes", found: first.data.count)
    }
    header = try PNGHeader(UnsafeRawBufferPointer(rebasing: bytes[first.data]))
    parts = [0..<first.end]
    var offset = first.end
    while true {
      if offset == bytes.count { throw .endMissing(byteCount: bytes.count) }
      let chunk = try Chunk(bytes, at: offset)
      if let found = chunk.wrongSum { flaw = flaw ?? .checksum(chunk.type, offset: offset, found: found) }
      offset = chunk.end
      let wasInImageData = isInImageData
      isInImageData = chunk.type == .imageData
      switch chunk.type {
      case .header: throw .chunkTwice(.header, offset: chunk.offset)
      case .palette: try takePalette(chunk)
      case .transparency: try takeTransparency(chunk)
      case .imageData: try takeImageData(chunk, isContinued: wasInImageData)
      case .end:
        try checkEnd(chunk)
        return
      case .exif: takeExif(chunk)
      default:
        if !chunk.type.isAncillary { throw .chunkUnknown(chunk.type, offset: chunk.offset) }
      }
    }
  }

  private mutating func keep(_ chunk: Chunk) {
    if parts[parts.count - 1].upperBound == chunk.offset {
      parts[parts.count - 1] = parts[parts.count - 1].lowerBound..<chunk.end
    } else {
      parts.append(chunk.offset..<chunk.end)
    }
  }

  private mutating func takePalette(_ chunk: Chunk) throws(PNGProblem) {
    if paletteCount != nil { throw .chunkTwice(.palette, offset: chunk.offset) }
    if imageDataSeen { throw .chunkTooLate(.palette, offset: chunk.offset, after: .imageData) }
    if isTransparencySeen { throw .chunkTooLate(.palette, offset: chunk.offset, after: .transparency) }
    if header.colorType == .grey || header.colorType == .greyAlpha {
      throw .chunkUnfit(.palette, offset: chunk.offset, header.colorType)
    }
    let largest = header.colorType == .palette ? 1 << header.bitDepth : 256
    guard chunk.data.count.isMultiple(of: 3), 1...largest ~= chunk.data.count / 3 else {
      throw .chunkByteCount(
        .palette, offset: chunk.offset, expected: "1 to \(largest) colours of 3 bytes",
        found: chunk.data.count)
    }
    paletteCount = chunk.data.count / 3
    // In an RGB picture, the palette is a suggestion for screens with few colours.
    if header.colorType == .palette {
      palette = chunk.data
      keep(chunk)
    }
  }

  private mutating func takeTransparency(_ chunk: Chunk) throws(PNGProblem) {
    if isTransparencySeen { throw .chunkTwice(.transparency, offset: chunk.offset) }
    if imageDataSeen { throw .chunkTooLate(.transparency, offset: chunk.offset, after: .imageData) }
    switch header.colorType {
    case .greyAlpha, .rgbAlpha: throw .chunkUnfit(.transparency, offset: chunk.offset, header.colorType)
    case .palette:
      guard let paletteCount else { throw .paletteMissing }
      guard 1...paletteCount ~= chunk.data.count else {
        throw .chunkByteCount(
          .transparency, offset: chunk.offset,
          expected: "1 to \(paletteCount) bytes, at most one for each colour",
          found: chunk.data.count)
      }
    case .grey, .rgb:
      let expected = 2 * header.colorType.sampleCount
      guard chunk.data.count == expected else {
        throw .chunkByteCount(
          .transparency, offset: chunk.offset, expected: "\(expected) bytes", found: chunk.data.count)
      }
      for place in stride(from: chunk.data.lowerBound, to: chunk.data.upperBound, by: 2) {
        let value = Int(bytes[place]) << 8 | Int(bytes[place + 1])
        if value >> header.bitDepth != 0 {
          throw .transparentValue(offset: chunk.offset, bitDepth: header.bitDepth, value: value)
        }
      }
    }
    isTransparencySeen = true
    transparency = chunk.data
    keep(chunk)
  }

  private mutating func takeImageData(_ chunk: Chunk, isContinued: Bool) throws(PNGProblem) {
    if header.colorType == .palette, paletteCount == nil { throw .paletteMissing }
    if imageDataSeen, !isContinued {
      throw .imageDataSplit(offset: chunk.offset)
    }
    if !imageDataSeen { imageDataOffset = chunk.offset }
    imageDataSeen = true
    imageByteCount += chunk.data.count
  }

  /// Takes the orientation from the first EXIF data, which may also follow the image data.
  private mutating func takeExif(_ chunk: Chunk) {
    if isExifSeen || chunk.wrongSum != nil { return }
    isExifSeen = true
    let isIntroduced = bytes[chunk.data].starts(with: exifIntroduction)
    let data = chunk.data.dropFirst(isIntroduced ? exifIntroduction.count : 0)
    switch exifOrientation(UnsafeRawBufferPointer(rebasing: bytes[data])) {
    case .known(let known): orientation = known
    case .unknown: break
    case .damaged: flaw = flaw ?? .exif(offset: chunk.offset)
    }
  }

  private mutating func checkEnd(_ chunk: Chunk) throws(PNGProblem) {
    guard chunk.data.isEmpty else {
      throw .chunkByteCount(.end, offset: chunk.offset, expected: "no bytes", found: chunk.data.count)
    }
    guard imageDataSeen else { throw .imageDataMissing }
    if chunk.end < bytes.count {
      flaw = flaw ?? .trailingBytes(offset: chunk.end, byteCount: bytes.count - chunk.end)
    }
    // Deflate's shortest code for its longest run, 258 bytes, has two bits (RFC 1951): at most 1,032 bytes from one.
    // This check keeps a header from making us allocate more than its file could fill.
    if (header.filteredByteCount + 1031) / 1032 > imageByteCount {
      throw .imageDataTooShort(expected: header.filteredByteCount, compressed: imageByteCount)
    }
  }
}

/// A complete chunk. Its checksum is right unless readers may ignore the chunk.
private struct Chunk {
  let type: PNGChunkType
  /// The offset of its length field.
  let offset: Int
  let data: Range<Int>
  /// The computed CRC-32, if the chunk claims another.
  private(set) var wrongSum: UInt32?
  /// The offset of the next chunk.
  var end: Int { data.upperBound + 4 }

  init(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(PNGProblem) {
    let rest = bytes.count - offset
    if rest < 8 { throw .truncated(chunk: nil, byteCount: bytes.count) }
    let length = bigEndian(bytes, at: offset)
    let type = PNGChunkType(bigEndian(bytes, at: offset + 4))
    guard type.isText else { throw .notAChunk(offset: offset, type: type) }
    guard length < 1 << 31 else { throw .chunkLength(type, offset: offset, length: length) }
    guard rest - 12 >= Int(length) else { throw .truncated(chunk: type, byteCount: bytes.count) }
    self.type = type
    self.offset = offset
    data = offset + 8..<offset + 8 + Int(length)
    let expected = bigEndian(bytes, at: data.upperBound)
    let covered = UnsafeRawBufferPointer(rebasing: bytes[offset + 4..<data.upperBound])
    let found = libdeflate_crc32(0, covered.baseAddress, covered.count)
    if found == expected { return }
    // Chunks that decoders see must be right, and so must chunks whose damaged type hides that they are such.
    let isVital = PNGChunkType.decoded.contains { $0 == type || sum(covered, as: $0) == expected }
    guard type.isAncillary, !isVital else {
      throw .checksum(type, offset: offset, expected: expected, found: found)
    }
    wrongSum = found
  }
}

/// The CRC-32 that a chunk's type and data would have if its type were `type`.
private func sum(_ bytes: UnsafeRawBufferPointer, as type: PNGChunkType) -> UInt32 {
  withUnsafeBytes(of: type.code.bigEndian) { code in
    libdeflate_crc32(
      libdeflate_crc32(0, code.baseAddress, code.count), bytes.baseAddress! + 4, bytes.count - 4)
  }
}
