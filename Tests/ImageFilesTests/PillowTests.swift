import Foundation
import ImageFiles
import JSON
import Testing

/// A file that Pillow wrote and read. Fixtures/make_png_fixtures.py makes them.
private struct PillowCase {
  let name: String
  let file: [UInt8]
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
    (file, grey, rgb) = (try bytes("file"), try bytes("grey"), try bytes("rgb"))
    let ground = value["background"]?.arrayValue?.compactMap(\.integerValue).map { UInt8($0) }
    isTransparent = ground != nil
    background = ground.map { RGBColor(red: $0[0], green: $0[1], blue: $0[2]) } ?? .black
  }
}

@Suite struct PillowTests {
  private static func cases() throws -> [PillowCase] {
    let url = try #require(
      Bundle.module.url(forResource: "png-pillow", withExtension: "json", subdirectory: "Fixtures"))
    let value = try JSONValue(parsing: Array(Data(contentsOf: url)))
    return try #require(value["cases"]?.arrayValue).map(PillowCase.init)
  }

  @Test func pillowReadsTheSame() throws {
    let cases = try Self.cases()
    #expect(cases.count == 15)
    for pillow in cases {
      let rgb = try decodePNG(pillow.file, color: .rgb, background: pillow.background)
      let grey = try decodePNG(pillow.file, color: .grey, background: pillow.background)
      // Pillow divides by 255 in alpha_composite in a way of its own, which is off by one now and then.
      let bound = pillow.isTransparent ? 1 : 0
      for (ours, theirs) in [(rgb.pixels, pillow.rgb), (grey.pixels, pillow.grey)] {
        #expect(ours.count == theirs.count, "\(pillow.name)")
        let largest = zip(ours, theirs).map { abs(Int($0) - Int($1)) }.max() ?? .max
        #expect(largest <= bound, "\(pillow.name): \(largest)")
      }
    }
  }
}
