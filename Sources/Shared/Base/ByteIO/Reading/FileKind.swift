// Recognises a file by its first bytes alone: a name proves nothing, and pipes have none. FileKindTexts.swift describes
// each kind, and says what to do with a file that is in the wrong place.

/// The kinds of files that users give to fm-tools, intentionally or by mistake.
public enum FileKind: Equatable, Sendable {
  case empty
  case safetensors
  /// A NumPy array: a tensor stream, or a file that `numpy.save` wrote.
  case tensorStream
  /// Uncompressed IDX, with its number of dimensions.
  case idx(rank: Int)
  case png
  /// A PNG file that was damaged by a transfer in text mode: its first byte lost a bit, or its line ends were changed.
  case damagedPNG
  case jpeg
  /// A picture in another format, with the format's usual name.
  case picture(String)
  case gzip
  /// A file with another compression, or an archive: its description, and the command that unpacks it.
  case packed(String, by: String)
  /// The zip archive that `torch.save` writes.
  case pytorch
  case numpyArchive
  /// A bare pickle: PyTorch before 1.6, scikit-learn and others.
  case pickle
  /// A tar archive; PyTorch before 0.1.10 wrote such files, too.
  case tar
  case hdf5
  case gguf
  case parquet
  case onnx
  case pdf
  /// The file in which macOS keeps a file's metadata on a foreign file system.
  case appleDouble
  case html
  case xml
  case json
  /// UTF-16 text, with or without a byte-order mark.
  case utf16
  case text
  case zeros
  case unknown

  /// A zip archive with unknown contents.
  public static let zip = FileKind.packed("a zip archive", by: "unzip")

  /// The number of bytes that ``init(firstBytes:)`` needs, if available: the size of a tar archive's first block.
  public static let byteCount = 512

  /// Whether a file of this kind cannot be a list or table of names, because it is binary or another sort of text.
  /// UTF-16 and unknown files can be one.
  public var isNoPlainText: Bool { ![.empty, .text, .json, .utf16, .unknown].contains(self) }

  /// Recognises a file by its first bytes. Bytes after the first ``byteCount`` are ignored.
  public init(firstBytes: some Collection<UInt8>) {
    let bytes = Array(firstBytes.prefix(Self.byteCount))
    if bytes.isEmpty {
      self = .empty
    } else if let known = Self.magics.first(where: { bytes.dropFirst($0.offset).starts(with: $0.bytes) }) {
      self = known.kind
    } else if Self.isSafetensors(bytes) {
      // Before IDX: a header length of 0x03080000 begins as IDX does, but no IDX count is 0 with a `{` after it.
      self = .safetensors
    } else if bytes.starts(with: [0, 0]), bytes.count >= 4, 8...14 ~= bytes[2], (1...4).contains(bytes[3]) {
      self = .idx(rank: Int(bytes[3]))
    } else if bytes.starts(with: [0x50, 0x4b, 3, 4]) {
      self = Self.zipKind(bytes)
    } else if bytes.dropFirst().starts(with: "PNG".utf8) || bytes.starts(with: "PNG\r\n".utf8) {
      self = Self.pngSignature.starts(with: bytes) ? .png : .damagedPNG
    } else if bytes.starts(with: "BM".utf8), bytes.count >= 10, bytes[6..<10].allSatisfy({ $0 == 0 }) {
      // The letters alone may begin a text. The four bytes after the size are reserved, and 0.
      self = .picture("BMP")
    } else if bytes[0] == 0x80, bytes.count >= 2, (2...5).contains(bytes[1]) {
      self = .pickle
    } else if bytes.dropFirst(257).starts(with: "ustar".utf8) {
      self = .tar
    } else if Self.isONNX(bytes) {
      self = .onnx
    } else if bytes.allSatisfy({ $0 == 0 }) {
      self = .zeros
    } else if Self.isUTF16(bytes) {
      self = .utf16
    } else if bytes.allSatisfy(Self.isText), Self.isUTF8(bytes) {
      self = Self.textKind(bytes)
    } else {
      self = .unknown
    }
  }

  /// Whether the bytes begin like a JSON object or array, even if they are malformed after that.
  public static func isJSON(_ firstBytes: some Collection<UInt8>) -> Bool {
    let kind = FileKind(firstBytes: firstBytes)
    return kind == .json
      || kind == .unknown && firstBytes.prefix(byteCount).first { $0 > 0x20 } == UInt8(ascii: "{")
  }

  /// Whether the bytes begin with protobuf field 1, the format's version, and then field 2, the producer's name, as all
  /// exporters write them.
  private static func isONNX(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 3 && bytes[0] == 0x08 && (1..<32).contains(bytes[1]) && bytes[2] == 0x12
  }

  /// Whether the bytes begin with a header length below 4 GiB, then the header's `{`.
  private static func isSafetensors(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 9 && bytes[8] == UInt8(ascii: "{") && bytes[4..<8].allSatisfy { $0 == 0 }
  }

  /// Recognises a zip archive by its first member: `torch.save` writes `NAME/data.pkl` first, `torch.jit.save` another
  /// one, such as `NAME/data/0`, and `numpy.savez` writes `NAME.npy`.
  private static func zipKind(_ bytes: [UInt8]) -> FileKind {
    guard bytes.count >= 30 else { return .zip }
    let nameByteCount = Int(bytes[26]) | Int(bytes[27]) << 8
    let name = bytes.dropFirst(30).prefix(nameByteCount)
    let path = name.split(separator: UInt8(ascii: "/"), maxSplits: 1).last ?? []
    let isPyTorchs =
      path.starts(with: "data/".utf8) || pytorchMembers.contains { path.elementsEqual($0.utf8) }
    if isPyTorchs, name.contains(UInt8(ascii: "/")) { return .pytorch }
    if name.suffix(4) == ArraySlice(".npy".utf8) { return .numpyArchive }
    return .zip
  }

  private static let pytorchMembers = [
    "data.pkl", "constants.pkl", "version", "byteorder", ".format_version",
  ]

  /// Whether the bytes begin with a byte-order mark, or with four ASCII characters of two bytes each, the upper one 0.
  private static func isUTF16(_ bytes: [UInt8]) -> Bool {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return bytes.count >= 4 }
    let start = bytes.prefix(8)
    guard start.count == 8 else { return false }
    let even = stride(from: 0, to: 8, by: 2).map { start[$0] }
    let odd = stride(from: 1, to: 8, by: 2).map { start[$0] }
    func isUpper(_ bytes: [UInt8]) -> Bool { bytes.allSatisfy { $0 == 0 } }
    func isLower(_ bytes: [UInt8]) -> Bool { bytes.allSatisfy { isText($0) && $0 < 0x7f } }
    return isUpper(even) && isLower(odd) || isUpper(odd) && isLower(even)
  }

  /// Whether the bytes are UTF-8. The last character may be incomplete.
  private static func isUTF8(_ bytes: [UInt8]) -> Bool {
    let cut = bytes.suffix(3).lastIndex { 0xC2...0xF4 ~= $0 } ?? bytes.endIndex
    return [bytes.endIndex, cut].contains { String(validating: bytes[..<$0], as: UTF8.self) != nil }
  }

  private static func isText(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != 0x7f || 0x09...0x0d ~= byte
  }

  /// Recognises a kind of text by its first characters that are not blank.
  private static func textKind(_ bytes: [UInt8]) -> FileKind {
    let text = String(decoding: bytes.withoutByteOrderMark.drop { $0 <= 0x20 }, as: UTF8.self).lowercased()
    if text.hasPrefix("{") || text.hasPrefix("[") { return .json }
    guard text.hasPrefix("<") else { return .text }
    if text.hasPrefix("<!doctype html") || text.contains("<html") || text.hasPrefix("<head") { return .html }
    if text.contains("<svg") { return .picture("SVG") }
    return text.hasPrefix("<?xml") || text.hasPrefix("<!") ? .xml : .text
  }
}

/// The bytes that identify a kind, and their offset.
private struct Magic {
  let bytes: [UInt8]
  let offset: Int
  let kind: FileKind

  init(_ bytes: [UInt8], at offset: Int = 0, _ kind: FileKind) {
    (self.bytes, self.offset, self.kind) = (bytes, offset, kind)
  }

  init(_ text: String, at offset: Int = 0, _ kind: FileKind) {
    self.init(Array(text.utf8), at: offset, kind)
  }
}

extension FileKind {
  /// The first bytes of every NumPy array, and so of every tensor stream.
  public static let tensorStreamSignature = [0x93] + Array("NUMPY".utf8)
  public static let pngSignature = [0x89] + Array("PNG\r\n\u{1A}\n".utf8)
  /// Marker SOI and the first byte of another marker.
  public static let jpegSignature: [UInt8] = [0xFF, 0xD8, 0xFF]
  public static let gzipSignature: [UInt8] = [0x1F, 0x8B]

  private static let magics: [Magic] = [
    Magic(tensorStreamSignature, .tensorStream),
    Magic(pngSignature, .png),
    Magic(jpegSignature, .jpeg),
    Magic([0x89] + Array("HDF\r\n".utf8), .hdf5),
    Magic("GGUF", .gguf),
    Magic("PAR1", .parquet),
    Magic("%PDF", .pdf),
    Magic([0, 5, 0x16, 7], .appleDouble),
    // Compressed files and archives.
    Magic(gzipSignature, .gzip),
    Magic([0xFD] + Array("7zXZ\0".utf8), .packed("an xz file", by: "xz -dc")),
    Magic([0x28, 0xB5, 0x2F, 0xFD], .packed("a zstd file", by: "zstd -dc")),
    Magic("BZh", .packed("a bzip2 file", by: "bzip2 -dc")),
    Magic([0x04, 0x22, 0x4D, 0x18], .packed("an lz4 file", by: "lz4 -dc")),
    Magic([0x1f, 0x9d], .packed("a compress file (.Z)", by: "gzip -dc")),
    Magic([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], .packed("a 7-Zip archive", by: "7z x")),
    Magic("Rar!", .packed("a RAR archive", by: "unrar x")),
    // Pictures in other formats.
    Magic([0xFF, 0x0A], .picture("JPEG XL")),
    Magic("JXL \r\n", at: 4, .picture("JPEG XL")),
    Magic([0xFF, 0x4F, 0xFF, 0x51], .picture("JPEG 2000")),
    Magic("GIF8", .picture("GIF")),
    Magic("WEBP", at: 8, .picture("WebP")),
    Magic("II*\0", .picture("TIFF")),
    Magic("MM\0*", .picture("TIFF")),
    Magic("ftypavif", at: 4, .picture("AVIF")),
    Magic("ftyphei", at: 4, .picture("HEIC")),
    Magic("ftypmif", at: 4, .picture("HEIC")),
    Magic("jP  \r\n", at: 4, .picture("JPEG 2000")),
    Magic("farbfeld", .picture("farbfeld")),
    Magic([0x8A] + Array("MNG".utf8), .picture("MNG")),
    Magic([0x8B] + Array("JNG".utf8), .picture("JNG")),
    Magic([0, 0, 1, 0], .picture("Windows icon")),
    Magic("8BPS", .picture("Photoshop")),
    Magic("qoif", .picture("QOI")),
  ]
}
