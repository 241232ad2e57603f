// What a file is, judged by its first bytes alone: its name says nothing, and pipes have none.

/// The kinds of files that meet fm-tools, by right or by mistake.
public enum FileKind: Equatable, Sendable {
  case empty
  case safetensors
  case tensorStream
  /// Plain IDX with the number of its dimensions.
  case idx(rank: Int)
  case gzip
  case png
  case jpeg
  /// The zip archive that `torch.save` writes.
  case pytorch
  case numpyArchive
  case zip
  /// A bare pickle: PyTorch before 1.6, scikit-learn and others.
  case pickle
  /// PyTorch before 0.1.10, and others.
  case tar
  case hdf5
  case gguf
  case onnx
  case json
  case text
  case unknown

  /// How many bytes ``init(firstBytes:)`` wants to see, where there are as many: a tar archive's first
  /// block tells that it is one.
  public static let byteCount = 512

  /// Judges a file by its first bytes.
  public init(firstBytes bytes: [UInt8]) {
    if bytes.isEmpty {
      self = .empty
    } else if let known = Self.magics.first(where: { bytes.starts(with: $0.magic) }) {
      self = known.kind
    } else if Self.isSafetensors(bytes) {
      // Before IDX: a header length of 0x03080000 begins as IDX does, but no IDX count is 0 with a `{` behind it.
      self = .safetensors
    } else if bytes.starts(with: [0, 0, 8]), bytes.count >= 4, (1...4).contains(bytes[3]) {
      self = .idx(rank: Int(bytes[3]))
    } else if bytes.starts(with: [0x50, 0x4b, 3, 4]) {
      self = Self.zipKind(bytes)
    } else if bytes[0] == 0x80, bytes.count >= 2, (2...5).contains(bytes[1]) {
      self = .pickle
    } else if bytes.dropFirst(257).starts(with: "ustar".utf8) {
      self = .tar
    } else if Self.isONNX(bytes) {
      self = .onnx
    } else if bytes.allSatisfy(Self.isText) {
      let isJSON = bytes[0] == UInt8(ascii: "{") || bytes[0] == UInt8(ascii: "[")
      self = isJSON ? .json : .text
    } else {
      self = .unknown
    }
  }

  private static let magics: [(magic: [UInt8], kind: FileKind)] = [
    ([0x93] + Array("NUMPY".utf8), .tensorStream),
    ([0x1f, 0x8b], .gzip),
    ([0x89] + Array("PNG\r\n".utf8), .png),
    ([0xff, 0xd8, 0xff], .jpeg),
    ([0x89] + Array("HDF\r\n".utf8), .hdf5),
    (Array("GGUF".utf8), .gguf),
  ]

  /// The version of the format as a protobuf field, 1, and behind it the producer's name, as all exporters write it.
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

  private static func isText(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != 0x7f || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n")
      || byte == UInt8(ascii: "\r")
  }
}

extension FileKind: CustomStringConvertible {
  /// The kind with its article, to stand behind "is".
  public var description: String {
    switch self {
    case .empty: "empty"
    case .safetensors: "a safetensors file"
    case .tensorStream: "a tensor stream"
    case .idx(let rank):
      rank == 1 ? "an IDX file of labels" : rank == 3 ? "an IDX file of images" : "an IDX file"
    case .gzip: "a gzip file"
    case .png: "a PNG image"
    case .jpeg: "a JPEG image"
    case .pytorch: "a PyTorch .pth file"
    case .numpyArchive: "a NumPy .npz archive"
    case .zip: "a zip archive"
    case .pickle: "a Python pickle"
    case .tar: "a tar archive"
    case .hdf5: "an HDF5 file"
    case .gguf: "a GGUF file"
    case .onnx: "an ONNX model"
    case .json: "JSON text"
    case .text: "text"
    case .unknown: "of no kind that fm-tools knows"
    }
  }
}
