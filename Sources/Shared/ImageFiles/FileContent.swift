// What a file is that was taken for another: its first bytes in words.
import ByteIO

/// What a file whose bytes are no PNG file's seems to be, for a message: `a JPEG picture; convert it to PNG first`.
func fileContent(_ bytes: UnsafeRawBufferPointer) -> String {
  let start = Array(bytes.prefix(16))
  if start.dropFirst().starts(with: "PNG".utf8) {
    return "a PNG file whose first bytes were changed, as by a transfer as text; fetch it again"
  }
  let pictures: [(at: Int, magic: [UInt8], what: String)] = [
    (0, [0xFF, 0xD8, 0xFF], "JPEG"), (0, Array("GIF8".utf8), "GIF"), (0, Array("BM".utf8), "BMP"),
    (8, Array("WEBP".utf8), "WebP"), (0, Array("II*\0".utf8), "TIFF"), (0, Array("MM\0*".utf8), "TIFF"),
    (4, Array("ftypavif".utf8), "AVIF"), (4, Array("ftyphei".utf8), "HEIC"), (4, Array("ftypmif".utf8), "HEIC"),
    (4, Array("jP  \r\n".utf8), "JPEG 2000"), (0, Array("farbfeld".utf8), "farbfeld"),
    (0, [0x8A] + Array("MNG".utf8), "MNG"), (0, [0x8B] + Array("JNG".utf8), "JNG"),
    (0, [0, 0, 1, 0], "Windows icon"), (0, Array("8BPS".utf8), "Photoshop"), (0, Array("qoif".utf8), "QOI"),
  ]
  if let kind = pictures.first(where: { start.dropFirst($0.at).starts(with: $0.magic) }) {
    let article = "AEFHMRS".contains(kind.what.prefix(1)) && kind.what == kind.what.uppercased() ? "an" : "a"
    return "\(article) \(kind.what) picture; convert it to PNG first"
  }
  let others: [(magic: [UInt8], what: String)] = [
    ([0x1F, 0x8B], "gzip data"), (Array("PK\u{3}\u{4}".utf8), "a zip archive"),
    (Array("%PDF".utf8), "a PDF document"), ([0x93] + Array("NUMPY".utf8), "a NumPy array or a tensor stream"),
    ([0, 0, 8], "an IDX file; idx2raw reads those"), ([0, 5, 0x16, 7], "what macOS keeps beside a file (AppleDouble)"),
  ]
  if let kind = others.first(where: { start.starts(with: $0.magic) }) { return kind.what }
  if start.allSatisfy({ $0 == 0 }) { return "zeros" }
  let isText = start.allSatisfy { 0x20...0x7E ~= $0 || 0x09...0x0D ~= $0 }
  if isText { return "text: '\(displayed(start))'" }
  let digits = start.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
  return "bytes \(digits.joined(separator: " "))"
}
