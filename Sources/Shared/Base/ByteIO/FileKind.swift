// What a file is, judged by its first bytes alone: its name says nothing, and pipes have none. The words for each kind,
// and what to do with a file that is in the wrong place, are in FileKindTexts.swift.

/// The kinds of files that meet fm-tools, by right or by mistake.
public enum FileKind: Equatable, Sendable {
  case empty
  case safetensors
  /// A NumPy array: a tensor stream, or what `numpy.save` wrote.
  case tensorStream
  /// Plain IDX with the number of its dimensions.
  case idx(rank: Int)
  case png
  /// A PNG file that a transfer as text damaged: its first byte lost a bit, or its line ends were changed.
  case damagedPNG
  case jpeg
  /// A picture of another format, by its usual name.
  case picture(String)
  case gzip
  /// Compressed in another way, or an archive: what it is called, and the command that unpacks it.
  case packed(String, by: String)
  /// The zip archive that `torch.save` writes.
  case pytorch
  case numpyArchive
  /// A bare pickle: PyTorch before 1.6, scikit-learn and others.
  case pickle
  /// PyTorch before 0.1.10, and others.
  case tar
  case hdf5
  case gguf
  case onnx
  case pdf
  /// What macOS keeps beside a file on a foreign disk.
  case appleDouble
  case html
  case xml
  case json
  /// Text of two bytes a character, with or without a byte-order mark.
  case utf16
  case text
  case zeros
  case unknown

  /// A zip archive whose content is not known.
  public static let zip = FileKind.packed("a zip archive", by: "unzip")

  /// How many bytes ``init(firstBytes:)`` wants to see, if available: a tar archive's first
  /// block tells that it is one.
  public static let byteCount = 512

  /// Whether the kind shows that a file is no list or table of names: it is binary, or text of another sort. UTF-16 can be
  /// such a list, and so can what is not known.
  public var isNoPlainText: Bool { ![.empty, .text, .json, .utf16, .unknown].contains(self) }

  /// Judges a file by its first bytes.
  public init(firstBytes bytes: [UInt8]) {
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
      // The letters alone may begin a text; what comes after the size is reserved, and 0.
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

  /// Whether bytes begin as a JSON object or array does, if only to go wrong after that.
  public static func isJSON(_ firstBytes: some Collection<UInt8>) -> Bool {
    let bytes = Array(firstBytes.prefix(byteCount))
    let kind = FileKind(firstBytes: bytes)
    return kind == .json || kind == .unknown && bytes.first { $0 > 0x20 } == UInt8(ascii: "{")
  }

  /// The version of the format as a protobuf field, 1, and after it the producer's name, as all exporters write it.
  private static func isONNX(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 3 && bytes[0] == 0x08 && (1..<32).contains(bytes[1]) && bytes[2] == 0x12
  }

  /// A header length below 4 GiB, then the header's `{`.
  private static func isSafetensors(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 9 && bytes[8] == UInt8(ascii: "{") && bytes[4..<8].allSatisfy { $0 == 0 }
  }

  /// The first member of what `torch.save` writes is `NAME/data.pkl`, that of what `torch.jit.save` writes another one,
  /// such as `NAME/data/0`, and that of what `numpy.savez` writes `NAME.npy`.
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

  /// At least four printable ASCII characters of two bytes each, with a 0 in the upper byte; or anything after a byte-order mark.
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

  /// Whether the bytes are UTF-8. The last character may be cut.
  private static func isUTF8(_ bytes: [UInt8]) -> Bool {
    let cut = bytes.suffix(3).lastIndex { 0xC2...0xF4 ~= $0 } ?? bytes.endIndex
    return [bytes.endIndex, cut].contains { String(validating: bytes[..<$0], as: UTF8.self) != nil }
  }

  private static func isText(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != 0x7f || 0x09...0x0d ~= byte
  }

  /// What text is, by its first characters that are not blank.
  private static func textKind(_ bytes: [UInt8]) -> FileKind {
    var bytes = bytes[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    let text = String(decoding: bytes.drop { $0 <= 0x20 }, as: UTF8.self).lowercased()
    if text.hasPrefix("{") || text.hasPrefix("[") { return .json }
    guard text.hasPrefix("<") else { return .text }
    if text.hasPrefix("<!doctype html") || text.contains("<html") || text.hasPrefix("<head") { return .html }
    if text.contains("<svg") { return .picture("SVG") }
    return text.hasPrefix("<?xml") || text.hasPrefix("<!") ? .xml : .text
  }
}

/// Bytes that tell a kind, and where they are.
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
  private static let pngSignature = [0x89] + Array("PNG\r\n\u{1A}\n".utf8)

  private static let magics: [Magic] = [
    Magic([0x93] + Array("NUMPY".utf8), .tensorStream),
    Magic(pngSignature, .png),
    Magic([0xFF, 0xD8, 0xFF], .jpeg),
    Magic([0x89] + Array("HDF\r\n".utf8), .hdf5),
    Magic("GGUF", .gguf),
    Magic("%PDF", .pdf),
    Magic([0, 5, 0x16, 7], .appleDouble),
    // Packed.
    Magic([0x1f, 0x8b], .gzip),
    Magic([0xFD] + Array("7zXZ\0".utf8), .packed("an xz file", by: "xz -dc")),
    Magic([0x28, 0xB5, 0x2F, 0xFD], .packed("a zstd file", by: "zstd -dc")),
    Magic("BZh", .packed("a bzip2 file", by: "bzip2 -dc")),
    Magic([0x04, 0x22, 0x4D, 0x18], .packed("an lz4 file", by: "lz4 -dc")),
    Magic([0x1f, 0x9d], .packed("a file of compress (.Z)", by: "gzip -dc")),
    Magic([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], .packed("a 7-Zip archive", by: "7z x")),
    Magic("Rar!", .packed("a RAR archive", by: "unrar x")),
    // Pictures of other formats.
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
