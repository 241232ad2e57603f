// Pictures for the tests of recipes, and stored results of other tools (Fixtures/make_recipe_fixtures.py).
import Foundation
import JSON
import Testing

@testable import ImageFiles

/// The upper byte of Knuth's linear congruential generator.
struct Noise {
  private var state: UInt64

  init(seed: Int) { state = UInt64(seed) }

  mutating func next() -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 56)
  }
}

func noise(_ height: Int, _ width: Int, _ channels: Int, seed: Int) -> Bitmap {
  var source = Noise(seed: seed)
  return Bitmap(
    width: width, height: height, channels: channels,
    pixels: (0..<height * width * channels).map { _ in UInt8(source.next()) })
}

/// A patterned ellipse, off the centre, on a background of nearly one colour.
func article(_ height: Int, _ width: Int, _ channels: Int, seed: Int) -> Bitmap {
  var source = Noise(seed: seed)
  let color = (0..<channels).map { _ in source.next() / 2 }
  var pixels: [UInt8] = []
  for y in 0..<height {
    for x in 0..<width {
      let dy = 5 * (2 * y - height) + 2 * height
      let dx = 4 * (2 * x - width) - width
      let distance = dy * dy * width * width + dx * dx * height * height
      for channel in 0..<channels {
        let value = source.next()
        pixels.append(
          UInt8(
            distance < 9 * height * height * width * width
              ? color[channel] + value / 4 + (x + y) % 7 * 8 : 249 + value / 43))
      }
    }
  }
  return Bitmap(width: width, height: height, channels: channels, pixels: pixels)
}

/// A picture of one channel from its rows.
func grey(_ rows: [[UInt8]]) -> Bitmap {
  Bitmap(width: rows[0].count, height: rows.count, channels: 1, pixels: rows.flatMap(\.self))
}

/// A picture of one colour.
func plain(_ height: Int, _ width: Int, _ color: [UInt8]) -> Bitmap {
  Bitmap(
    width: width, height: height, channels: color.count,
    pixels: (0..<height * width).flatMap { _ in color })
}

extension Bitmap {
  func value(_ row: Int, _ column: Int, _ channel: Int = 0) -> Int {
    Int(pixels[(row * width + column) * channels + channel])
  }

  /// The largest difference between two bytes, or `nil` if the sizes differ.
  func distance(to other: Bitmap) -> Int? {
    guard (width, height, channels) == (other.width, other.height, other.channels) else { return nil }
    return zip(pixels, other.pixels).map { abs(Int($0) - Int($1)) }.max()
  }
}

/// A picture, and the result of another tool for it.
struct StoredResult: Sendable, CustomTestStringConvertible {
  let operation: String
  let picture: Bitmap
  let result: Bitmap
  let testDescription: String

  private init?(_ json: JSONValue) {
    func number(_ key: String) -> Int { json[key]?.integerValue ?? 0 }
    guard let operation = json["operation"]?.stringValue, let digits = json["pixels"]?.stringValue else {
      return nil
    }
    self.operation = operation
    let (height, width, channels) = (number("height"), number("width"), number("channels"))
    let make = json["picture"]?.stringValue == "noise" ? noise : article
    picture = make(height, width, channels, number("seed"))
    let nibbles = digits.utf8.map { UInt8($0 < 0x3A ? $0 - 0x30 : $0 - 0x57) }
    let pixels = stride(from: 0, to: nibbles.count, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
    let area = number("resultHeight") * number("resultWidth")
    result = Bitmap(
      width: number("resultWidth"), height: number("resultHeight"), channels: pixels.count / area,
      pixels: pixels)
    testDescription = "\(operation) of \(height)×\(width)×\(channels)"
  }

  static func all(_ tool: String, _ operations: String...) -> [StoredResult] {
    do {
      let url = try #require(Bundle.module.url(forResource: "Fixtures/recipes", withExtension: "json"))
      let document = try JSONValue(parsing: [UInt8](Data(contentsOf: url)))
      let cases = document.arrayValue?.filter { $0["tool"]?.stringValue == tool } ?? []
      return cases.compactMap(StoredResult.init).filter { operations.contains($0.operation) }
    } catch {
      fatalError("the stored results cannot be read: \(error)")
    }
  }
}
