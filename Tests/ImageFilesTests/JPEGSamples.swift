// JPEG files from other programs, which tests split into segments, change and reassemble.
import Foundation
import ImageFiles
import JSON
import Testing

/// Decodes a file in memory.
func decodeJPEG(
  _ file: [UInt8], color: BitmapColor = .asStored, isStrict: Bool = false
) throws(PictureProblem) -> DecodedPicture {
  // The buffer is exactly as long as the file, so that a memory checker notices a read past its end.
  let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: file.count, alignment: 1)
  defer { bytes.deallocate() }
  bytes.copyBytes(from: file)
  return try PictureDecoder(color: color, background: .black, isStrict: isStrict).decode(
    UnsafeRawBufferPointer(bytes))
}

/// A JPEG file, split into its segments.
struct SampleJPEG {
  typealias Segment = (code: UInt8, data: [UInt8])

  /// The segments after marker SOI, up to and including the first SOS.
  var segments: [Segment] = []
  /// The bytes after these segments, up to marker EOI: entropy-coded data and, in a progressive picture, the later
  /// passes.
  var image: [UInt8] = []
  /// Marker EOI and any bytes after it.
  var end: [UInt8] = [0xFF, 0xD9]

  /// Splits a file that ends with marker EOI.
  init(_ file: [UInt8]) {
    var offset = 2
    while segments.last?.code != 0xDA {
      let length = Int(file[offset + 2]) << 8 | Int(file[offset + 3])
      segments.append((file[offset + 1], Array(file[offset + 4..<offset + 2 + length])))
      offset += 2 + length
    }
    image = Array(file[offset..<file.count - 2])
  }

  var file: [UInt8] { [0xFF, 0xD8] + segments.flatMap { Self.segment($0.code, $0.data) } + image + end }

  static func segment(_ code: UInt8, _ data: [UInt8]) -> [UInt8] {
    let length = data.count + 2
    return [0xFF, code, UInt8(length >> 8), UInt8(length & 255)] + data
  }

  /// The offset in the file of the first segment with that code.
  func offset(of code: UInt8) -> Int {
    segments.prefix { $0.code != code }.reduce(2) { $0 + 4 + $1.data.count }
  }

  /// The file with its first segment of that code changed.
  func changing(_ code: UInt8, _ change: (inout Segment) -> Void) -> [UInt8] {
    var copy = self
    change(&copy.segments[segments.firstIndex { $0.code == code }!])
    return copy.file
  }

  func removing(_ code: UInt8) -> [UInt8] {
    var copy = self
    copy.segments.removeAll { $0.code == code }
    return copy.file
  }

  /// The file with bytes inserted before the first segment of that code, or after marker SOI.
  func inserting(_ bytes: [UInt8], before code: UInt8? = nil) -> [UInt8] {
    var file = file
    file.insert(contentsOf: bytes, at: code.map(offset) ?? 2)
    return file
  }

  func replacingImage(_ image: [UInt8]) -> [UInt8] {
    var copy = self
    copy.image = image
    return copy.file
  }

  // MARK: Files from other programs

  /// The file of a case in Fixtures/make_jpeg_fixtures.py.
  static func stored(_ name: String) -> [UInt8] {
    guard let found = cases.first(where: { $0.name == name }) else { preconditionFailure(name) }
    return found.file
  }

  /// A stored file that must be refused.
  static func refused(_ name: String) -> [UInt8] {
    guard let text = try? PillowCase.value("jpeg-pillow")["refused"]?[name]?.stringValue,
      let data = Data(base64Encoded: text)
    else { preconditionFailure(name) }
    return Array(data)
  }

  static let cases = (try? PillowCase.all("jpeg-pillow")) ?? []
  /// 19 × 13 pixels.
  static let grey = SampleJPEG(stored("grey, quality 50"))
  /// 33 × 17 pixels, chroma halved in both directions.
  static let color = SampleJPEG(stored("4:2:0, quality 90"))
  static let progressive = SampleJPEG(stored("progressive, 4:2:0"))
}
