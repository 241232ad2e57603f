import MemoryStreams
import TensorStream
import Testing

@testable import Charts

@Suite struct SheetTests {
  @Test(arguments: [1, 3])
  func everyPixelIsASquareOfItsColor(_ channels: Int) throws {
    let images = try ImageSelection(try stream(5, channels: channels))
    let bitmap = try decoded(ContactSheet(images, columns: 2, scale: 4).chart.encoded(as: .png))
    for (index, image) in images.images.enumerated() {
      for row in 0..<2 {
        for column in 0..<3 {
          let first = (row * 3 + column) * channels
          let color =
            channels == 1
            ? [UInt8](repeating: image.pixels[first], count: 3) : Array(image.pixels[first..<first + 3])
          let corner = ContactSheet(images, columns: 2, scale: 4).corner(index)
          for (x, y) in [(0, 0), (3, 0), (0, 3), (3, 3)] {
            let found = bitmap.pixel(Int(corner.x) + column * 4 + x, Int(corner.y) + row * 4 + y)
            #expect(found == color, "image \(index), row \(row), column \(column)")
          }
        }
      }
    }
  }

  @Test(arguments: ChartFormat.allCases)
  func theSameImagesGiveTheSameBytes(_ format: ChartFormat) throws {
    func sheet() throws -> [UInt8] {
      var images = try ImageSelection(try stream(3, labels: [0, 1, 0]))
      try images.note(table("truth\tclass\n0\t1\n1\t1\n0\t0\n"))
      return try ContactSheet(images).chart.encoded(as: format)
    }
    let first = try sheet()
    #expect(try sheet() == first)
  }

  @Test func aSheetWithoutImagesIsBlank() throws {
    let none = try RecordSelection(table("record\tclass\n"), limit: 1)
    let sheet = ContactSheet(try ImageSelection(try stream(2), select: none))
    let bitmap = try decoded(sheet.chart.encoded(as: .png))
    #expect(bitmap.width > 0 && bitmap.height > 0 && bitmap.pixels.allSatisfy { $0 == 255 })
  }

  @Test func captionsShowTheClassElseTheNameElseTheNumber() throws {
    let plain = try ImageSelection(try stream(1))
    #expect(Caption(plain.images[0], classes: nil).heading == "0")
    let named = try ImageSelection(try stream(1, names: [Array("a\u{1B}b".utf8)]))
    #expect(Caption(named.images[0], classes: nil).heading == "a\\x1bb")
    let labelled = try ImageSelection(try stream(1, labels: [1], classes: ["x", "y\n"]))
    #expect(Caption(labelled.images[0], classes: labelled.classes).heading == "y\\n")
    #expect(Caption(labelled.images[0], classes: nil).answer == nil)
  }

  // MARK: The terminal

  /// Red, black, white.
  private static let colors: [UInt8] = [255, 0, 0, 0, 0, 0, 255, 255, 255]

  private func text(_ colors: TerminalColors, width: Int = 80, columns: Int? = nil) throws -> String {
    var images = try ImageSelection(try stream(3, labels: [0, 1, 0], channels: 3))
    for index in 0..<3 { images.images[index].pixels = Self.colors + Self.colors }
    let sink = MemorySink()
    try TerminalSheet(images, colors: colors, width: width, columns: columns).write(to: sink)
    return sink.text
  }

  @Test func halfBlocksHaveTheColorsOfTwoRows() throws {
    let all = try text(.all, columns: 1)
    #expect(all.hasPrefix("\u{1B}[38;2;255;0;0;48;2;255;0;0m▀\u{1B}[38;2;0;0;0;48;2;0;0;0m▀\u{1B}[38;2;255"))
    #expect(all.contains("▀\u{1B}[0m\n0\n\n"))
    let indexed = try text(.indexed)
    #expect(
      indexed.hasPrefix(
        "\u{1B}[38;5;196;48;5;196m▀\u{1B}[38;5;16;48;5;16m▀\u{1B}[38;5;231;48;5;231m▀\u{1B}[0m  "))
    #expect(indexed.split(separator: "\n").count == 2)
  }

  @Test func withoutColorsThereAreOnlyLetters() throws {
    #expect(try text(.none) == ": @  : @  : @\n0    1    0\n")
    // As many images as fit are side by side.
    #expect(try text(.none, width: 8) == ": @  : @\n0    1\n\n: @\n0\n")
    // An image that is wider than the terminal is shrunk.
    #expect(try text(.none, width: 2).hasPrefix(":@\n"))
  }

  /// The reference compares with all colours of the cube, or with all greys, by the sum of squares.
  @Test func paletteColorsAreTheNearestOfXterms() {
    let levels = [0, 95, 135, 175, 215, 255]
    func distance(_ index: Int, _ pixel: SIMD3<Int>) -> Int {
      let color =
        index >= 232
        ? SIMD3(repeating: 8 + 10 * (index - 232))
        : SIMD3(levels[(index - 16) / 36], levels[(index - 16) / 6 % 6], levels[(index - 16) % 6])
      let difference = color &- pixel
      return difference.x * difference.x + difference.y * difference.y + difference.z * difference.z
    }
    for red in stride(from: 0, through: 255, by: 17) {
      for blue in stride(from: 0, through: 255, by: 15) where red != blue {
        let pixel = SIMD3(red, 100, blue)
        let cube = (16..<232).map { distance($0, pixel) }.min()!
        #expect(distance(TerminalSheet.paletteIndex(pixel), pixel) == cube)
      }
    }
    for grey in 0...255 {
      let pixel = SIMD3(repeating: grey)
      let nearest = (232..<256).map { distance($0, pixel) }.min()!
      #expect(distance(TerminalSheet.paletteIndex(pixel), pixel) <= nearest)
    }
  }
}
