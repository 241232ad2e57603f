// Every kind of file in words, and what to do with one that is in another's place.

extension FileKind: CustomStringConvertible {
  /// The kind with its article, to stand after "is" or "found".
  public var description: String {
    switch self {
    case .empty: "empty"
    case .safetensors: "a safetensors file"
    case .tensorStream: "a tensor stream"
    case .idx(let rank):
      rank == 1 ? "an IDX file of labels" : rank == 3 ? "an IDX file of images" : "an IDX file"
    case .png: "a PNG picture"
    case .jpeg: "a JPEG picture"
    case .damagedPNG: "a PNG file whose first bytes were changed, as by a transfer as text"
    case .picture(let format): "\(Self.article(format)) \(format) picture"
    case .gzip: "a gzip file"
    case .packed(let what, _): what
    case .pytorch: "a PyTorch .pth file"
    case .numpyArchive: "a NumPy .npz archive"
    case .pickle: "a Python pickle"
    case .tar: "a tar archive"
    case .hdf5: "an HDF5 file"
    case .gguf: "a GGUF file"
    case .onnx: "an ONNX model"
    case .pdf: "a PDF document"
    case .appleDouble: "what macOS keeps beside a file (AppleDouble)"
    case .html: "a web page (HTML)"
    case .xml: "XML text"
    case .json: "JSON text"
    case .utf16: "UTF-16 text"
    case .text: "text"
    case .zeros: "zeros"
    case .unknown: "of no kind that fm-tools knows"
    }
  }

  /// What to do with such a file, to stand after a semicolon; `nil` where there is nothing to advise.
  public var remedy: String? {
    switch self {
    case .safetensors, .pytorch: "a model goes to fm-predict --model"
    case .idx: "idx2raw turns IDX files into a tensor stream"
    case .png: "png2raw turns pictures into a tensor stream"
    case .jpeg: "img2raw turns pictures into a tensor stream"
    case .damagedPNG: "fetch it again"
    case .picture: "convert it to PNG first, as ImageMagick does"
    case .gzip: "unpack it with 'gzip -dc'; idx2raw alone reads compressed files"
    case .packed(_, let command): "unpack it with '\(command)'"
    case .tar: "png2raw --tar and fm-predict --tar read the pictures in it"
    case .numpyArchive:
      "docs/stream-format.md shows how NumPy writes a stream"
    case .html: "the download of the file went wrong: open its address in a browser"
    case .utf16: "convert it with 'iconv -f UTF-16 -t UTF-8'"
    default: nil
    }
  }

  /// What was found in place of the file that was expected, with its remedy: `an xz file; unpack it with 'xz -dc'`. Of
  /// text and of unknown bytes it quotes the beginning.
  public static func found(_ firstBytes: some Collection<UInt8>) -> String {
    let bytes = Array(firstBytes.prefix(byteCount))
    let kind = FileKind(firstBytes: bytes)
    switch kind {
    case .empty: return "no bytes at all"
    case .text: return "text: '\(displayed(bytes.prefix(quotedByteCount)))'"
    case .unknown: return "bytes \(hexadecimal(bytes.prefix(8)))"
    default: return kind.remedy.map { "\(kind); \($0)" } ?? "\(kind)"
    }
  }

  /// Enough of a text to know it again.
  private static let quotedByteCount = 16

  /// "an" before abbreviations whose first letter begins with a vowel's sound when they are spelled.
  private static func article(_ format: String) -> String {
    ["AVIF", "HEIC", "MNG", "SVG"].contains(format) ? "an" : "a"
  }
}

/// Two digits a byte, with blanks between: `de ad be ef`.
public func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
}
