import Foundation
import ImageFiles
import JSON
import Testing

/// A stored file and the pixels that Pillow read from it. Fixtures/make_png_fixtures.py and
/// Fixtures/make_jpeg_fixtures.py make them.
struct PillowCase {
  let name: String
  let file: [UInt8]
  let width: Int
  let height: Int
  let background: RGBColor
  let isTransparent: Bool
  let grey: [UInt8]
  let rgb: [UInt8]

  init(_ value: JSONValue) throws {
    func bytes(_ key: String) throws -> [UInt8] {
      let text = try #require(value[key]?.stringValue)
      return Array(try #require(Data(base64Encoded: text)))
    }
    name = try #require(value["name"]?.stringValue)
    width = try #require(value["width"]?.integerValue)
    height = try #require(value["height"]?.integerValue)
    (file, grey, rgb) = (try bytes("file"), try bytes("grey"), try bytes("rgb"))
    let ground = value["background"]?.arrayValue?.compactMap(\.integerValue).map { UInt8($0) }
    isTransparent = ground != nil
    background = ground.map { RGBColor(red: $0[0], green: $0[1], blue: $0[2]) } ?? .black
  }

  /// The cases in a file of fixtures.
  static func all(_ fixtures: String) throws -> [PillowCase] {
    try #require(try value(fixtures)["cases"]?.arrayValue).map(PillowCase.init)
  }

  static func value(_ fixtures: String) throws -> JSONValue {
    let url = try #require(
      Bundle.module.url(forResource: fixtures, withExtension: "json", subdirectory: "Fixtures"))
    return try JSONValue(parsing: Array(Data(contentsOf: url)))
  }
}

@Suite struct PillowTests {
  @Test func pngPixelsMatchPillow() throws {
    let cases = try PillowCase.all("png-pillow")
    #expect(cases.count == 24)
    for pillow in cases {
      let rgb = try decodePNG(pillow.file, color: .rgb, background: pillow.background)
      let grey = try decodePNG(pillow.file, color: .grey, background: pillow.background)
      #expect(rgb.width == pillow.width && rgb.height == pillow.height, "\(pillow.name)")
      // Pillow's alpha_composite approximates the division by 255, and is sometimes off by one.
      let bound = pillow.isTransparent ? 1 : 0
      for (ours, theirs) in [(rgb.pixels, pillow.rgb), (grey.pixels, pillow.grey)] {
        #expect(ours.count == theirs.count, "\(pillow.name)")
        let largest = zip(ours, theirs).map { abs(Int($0) - Int($1)) }.max() ?? .max
        #expect(largest <= bound, "\(pillow.name): \(largest)")
      }
    }
  }

  /// libjpeg-turbo gives the same values on every processor and, since 2.0.3, in every version.
  @Test func jpegPixelsMatchPillow() throws {
    let cases = try PillowCase.all("jpeg-pillow")
    #expect(cases.count == 40)
    for pillow in cases {
      let stored = try decodeJPEG(pillow.file)
      #expect(stored.flaw == nil && !stored.isTransparent, "\(pillow.name)")
      #expect(stored.bitmap.pixels == (stored.bitmap.channels == 1 ? pillow.grey : pillow.rgb))
      for (color, expected) in [(BitmapColor.grey, pillow.grey), (.rgb, pillow.rgb)] {
        let bitmap = try decodeJPEG(pillow.file, color: color, isStrict: true).bitmap
        #expect(bitmap.width == pillow.width && bitmap.height == pillow.height, "\(pillow.name)")
        #expect(bitmap.pixels == expected, "\(pillow.name), \(color)")
      }
    }
  }
}
