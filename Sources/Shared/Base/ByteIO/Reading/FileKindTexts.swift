// Describes every kind of file, and says what to do with one that is in the wrong place.

extension FileKind: CustomStringConvertible {
  /// A description of the kind that can follow "is" or "found", with its article.
  public var description: String {
    switch self {
    case .empty: "empty"
    case .safetensors: "a safetensors file"
    case .tensorStream: "a tensor stream"
    case .idx(let rank):
      rank == 1 ? "an IDX file of labels" : rank == 3 ? "an IDX file of images" : "an IDX file"
    case .png: "a PNG picture"
    case .jpeg: "a JPEG picture"
    case .damagedPNG: "a PNG file whose first bytes were changed, as by a transfer in text mode"
    case .picture(let format): "\(Self.article(format)) \(format) picture"
    case .gzip: "a gzip file"
    case .packed(let what, _): what
    case .pytorch: "a PyTorch .pth file"
    case .numpyArchive: "a NumPy .npz archive"
    case .pickle: "a Python pickle"
    case .tar: "a tar archive"
    case .hdf5: "an HDF5 file"
    case .gguf: "a GGUF file"
    case .parquet: "a Parquet file"
    case .onnx: "an ONNX model"
    case .pdf: "a PDF document"
    case .appleDouble: "macOS metadata of another file (AppleDouble)"
    case .html: "a web page (HTML)"
    case .xml: "XML text"
    case .json: "JSON text"
    case .utf16: "UTF-16 text"
    case .text: "text"
    case .zeros: "zeros"
    case .unknown: "of a kind that fm-tools does not know"
    }
  }

  /// Advice on what to do with such a file, which can follow a semicolon; `nil` if there is none, or if it names an option,
  /// as commands do.
  public var remedy: String? {
    switch self {
    case .idx: "idx2raw turns IDX files into a tensor stream"
    case .png: "png2raw turns pictures into a tensor stream"
    case .jpeg: "img2raw turns pictures into a tensor stream"
    case .damagedPNG: "fetch it again"
    case .picture: "convert it to PNG first, as ImageMagick does"
    case .gzip: "unpack it with 'gzip -dc'; idx2raw alone reads compressed files"
    case .packed(_, let command): "unpack it with '\(command)'"
    case .parquet: "fm-tools reads tables as TSV, CSV or JSON Lines, and records"
    case .numpyArchive:
      "docs/stream-format.md shows how NumPy writes a stream"
    case .html: "the download of the file went wrong: open its address in a browser"
    case .utf16: "convert it with 'iconv -f UTF-16 -t UTF-8'"
    default: nil
    }
  }

  /// Describes a file that is not of the expected kind.
  public static func found(_ firstBytes: some Collection<UInt8>) -> FoundContent { FoundContent(firstBytes) }

  /// Returns "an" for formats whose name begins with a vowel sound when it is spoken.
  private static func article(_ format: String) -> String {
    ["AVIF", "HEIC", "MNG", "SVG"].contains(format) ? "an" : "a"
  }
}

/// The content of a file that is not of the expected kind. Messages put it after "found".
public struct FoundContent: Equatable, Sendable, CustomStringConvertible {
  /// The kind of the content; `nil` if it was recognised by more than its first bytes.
  public let kind: FileKind?
  /// The kind in words, with its remedy: `an xz file; unpack it with 'xz -dc'`. Text and unknown bytes are quoted.
  public let description: String

  /// Takes a description in words.
  public init(_ description: String) { (kind, self.description) = (nil, description) }

  /// Recognises the first bytes of a file.
  init(_ firstBytes: some Collection<UInt8>) {
    let kind = FileKind(firstBytes: firstBytes)
    self.kind = kind
    description =
      switch kind {
      case .empty: "no bytes at all"
      case .text: "text: '\(displayed(firstBytes.prefix(Self.quotedByteCount)))'"
      case .unknown: "bytes \(hexadecimal(firstBytes.prefix(8)))"
      default: withRemedy("\(kind)", kind.remedy)
      }
  }

  /// The number of bytes quoted from a text, enough to recognise it.
  private static let quotedByteCount = 16
}
