// JPEG files that Pillow wrote, and the pixels that it decodes from them: the fixtures of ImageFilesTests.
import Foundation
import Testing

struct StoredJPEG {
  let file: [UInt8]
  let width: Int
  let height: Int
  /// The pixels: `grey` is [height, width], `rgb` is [height, width, 3].
  let grey: [UInt8]
  let rgb: [UInt8]

  init(_ name: String) throws {
    let cases = try #require(try Self.content["cases"] as? [[String: Any]])
    let found = try #require(cases.first { $0["name"] as? String == name })
    func bytes(_ key: String) throws -> [UInt8] { try Self.bytes(found[key]) }
    (file, grey, rgb) = (try bytes("file"), try bytes("grey"), try bytes("rgb"))
    width = try #require(found["width"] as? Int)
    height = try #require(found["height"] as? Int)
  }

  /// A file that must be refused.
  static func refused(_ name: String) throws -> [UInt8] {
    try bytes((content["refused"] as? [String: Any])?[name])
  }

  /// The picture as a PNG file.
  var png: SmallPNG {
    var picture = SmallPNG(width: width, height: height)
    picture.pixels = grey
    return picture
  }

  private static var content: [String: Any] {
    get throws {
      let path = "\(Workplace.package)/Tests/ImageFilesTests/Fixtures/jpeg-pillow.json"
      let value = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
      return try #require(value as? [String: Any])
    }
  }

  private static func bytes(_ value: Any?) throws -> [UInt8] {
    let text = try #require(value as? String)
    return Array(try #require(Data(base64Encoded: text)))
  }
}
