// JPEG files of other programs, taken apart into their segments, changed and put together again.
import Foundation
import ImageFiles
import JSON
import Testing

/// Decodes a file in memory.
func decodeJPEG(
  _ file: [UInt8], color: BitmapColor = .asStored, isStrict: Bool = false
) throws(PictureProblem) -> DecodedPicture {
  // A buffer of the file's bytes and no more: where memory is checked, reading past it is seen.
  let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: file.count, alignment: 1)
  defer { bytes.deallocate() }
  bytes.copyBytes(from: file)
  return try PictureDecoder(color: color, background: .black, isStrict: isStrict).decode(
    UnsafeRawBufferPointer(bytes))
}

/// A JPEG file as its segments.
struct SampleJPEG {
  typealias Segment = (code: UInt8, data: [UInt8])

  /// From the first after marker SOI to the first SOS.
  var segments: [Segment] = []
  /// What follows: entropy-coded data and, of a progressive picture, the later passes; to marker EOI.
  var image: [UInt8] = []
  /// Marker EOI and what is after it.
  var end: [UInt8] = [0xFF, 0xD9]

  /// Takes apart a file that ends with marker EOI.
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

  /// Where the segment begins in the file.
  func offset(of code: UInt8) -> Int {
    segments.prefix { $0.code != code }.reduce(2) { $0 + 4 + $1.data.count }
  }

  /// The file with the first segment of that code changed.
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

  /// The file with bytes before the first segment of that code, or after marker SOI.
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

  // MARK: Files of other programs

  /// The file of a case of Fixtures/make_jpeg_fixtures.py.
  static func stored(_ name: String) -> [UInt8] {
    guard let found = cases.first(where: { $0.name == name }) else { preconditionFailure(name) }
    return found.file
  }

  /// A file that is not to be read.
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
