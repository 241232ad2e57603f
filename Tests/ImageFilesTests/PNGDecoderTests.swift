import ImageFiles
import Testing

/// Decodes a file in memory.
func decodePNG(
  _ file: [UInt8], color: BitmapColor = .asStored, background: RGBColor = .black
) throws -> Bitmap {
  try file.withUnsafeBytes { try PNGDecoder(color: color, background: background).decode($0) }
}

@Suite struct PNGDecoderTests {
  /// Every color type with every depth that it may have.
  static let formats: [(colorType: Int, bitDepth: Int)] =
    [1, 2, 4, 8, 16].map { (0, $0) } + [8, 16].map { (2, $0) } + [1, 2, 4, 8].map { (3, $0) }
    + [8, 16].map { (4, $0) } + [8, 16].map { (6, $0) }
  /// Around the edges of passes and of bytes.
  static let sizes = [(1, 1), (2, 1), (1, 3), (7, 5), (8, 8), (9, 4), (33, 9), (5, 33)]
  static let backgrounds = [
    RGBColor.black, .white, RGBColor(grey: 100), RGBColor(red: 250, green: 3, blue: 128),
  ]

  @Test(arguments: formats.indices, [false, true])
  func everyFormatIsReadAsTheSpecificationSays(_ index: Int, isInterlaced: Bool) throws {
    let format = Self.formats[index]
    for (width, height) in Self.sizes {
      for isTransparent in format.colorType < 4 ? [false, true] : [false] {
        let sample = SamplePNG(
          width: width, height: height, colorType: format.colorType, bitDepth: format.bitDepth,
          isInterlaced: isInterlaced, isTransparent: isTransparent, seed: UInt64(width * 100 + height))
        try check(sample)
      }
    }
  }

  /// As grey and as RGB, on every background.
  private func check(_ sample: SamplePNG) throws {
    for background in Self.backgrounds {
      let ground = [Int(background.red), Int(background.green), Int(background.blue)]
      for (color, channels) in [(BitmapColor.grey, 1), (.rgb, 3)] {
        let picture = try decodePNG(sample.file, color: color, background: background)
        #expect(picture.width == sample.width && picture.height == sample.height)
        #expect(picture.channels == channels)
        let expected = sample.expected(channels: channels, background: ground)
        // Grey values on a background with color have two ways to grey: before they are laid over it, or behind.
        let isMixed = channels == 1 && sample.colorType == 4 && !background.isGrey
        let isRight =
          isMixed
          ? zip(picture.pixels, expected).allSatisfy { abs(Int($0) - Int($1)) <= 1 }
          : picture.pixels == expected
        #expect(isRight, "\(sample) on \(background)")
      }
    }
  }

  @Test func everyValueOfEightAndSixteenBitsIsScaledToTheNearest() throws {
    for bitDepth in [8, 16] {
      var sample = SamplePNG(width: 256, height: (1 << bitDepth) >> 8, colorType: 0, bitDepth: bitDepth)
      sample.values = Array(0..<(1 << bitDepth))
      sample.pieceByteCount = 10_000
      let picture = try decodePNG(sample.file)
      let largest = Double(sample.values.count - 1)
      #expect(picture.pixels == sample.values.map { UInt8((Double($0) * 255 / largest).rounded()) })
    }
  }

  @Test func sixteenBitsOfTransparentColorsAreCompared() throws {
    // The two values differ in bits that 8 do not hold.
    var sample = SamplePNG(width: 2, height: 1, colorType: 0, bitDepth: 16)
    sample.values = [0x8000, 0x8001]
    sample.transparency = [0x80, 0x01]
    #expect(try decodePNG(sample.file, background: .white).pixels == [0x80, 0xFF])
  }

  @Test func greyIsThatOfTheLumaWeights() throws {
    var sample = SamplePNG(width: 256, height: 3, colorType: 2, bitDepth: 8)
    sample.values = []
    for channel in 0..<3 {
      for value in 0..<256 { sample.values += (0..<3).map { $0 == channel ? value : 0 } }
    }
    let picture = try decodePNG(sample.file, color: .grey)
    for (index, weight) in [0.299, 0.587, 0.114].enumerated() {
      for value in 0..<256 {
        let luma = Double(value) * weight
        #expect(abs(Double(picture.pixels[256 * index + value]) - luma) <= 0.51)
      }
    }
  }

  @Test func greyStaysWhatItIs() throws {
    var sample = SamplePNG(width: 256, height: 1, colorType: 2, bitDepth: 8)
    sample.values = (0..<256).flatMap { [$0, $0, $0] }
    #expect(try decodePNG(sample.file, color: .grey).pixels == (0...255).map { UInt8($0) })
  }

  @Test func asStoredHasThreeChannelsWhereThereIsColor() throws {
    func channels(_ colorType: Int, _ isTransparent: Bool, on background: RGBColor) throws -> Int {
      let sample = SamplePNG(
        width: 3, height: 2, colorType: colorType, bitDepth: 8, isTransparent: isTransparent)
      return try decodePNG(sample.file, background: background).channels
    }
    let red = RGBColor(red: 255, green: 0, blue: 0)
    #expect(try channels(0, false, on: red) == 1)
    #expect(try channels(0, true, on: red) == 3)
    #expect(try channels(0, true, on: .white) == 1)
    #expect(try channels(4, false, on: red) == 3)
    #expect(try channels(4, false, on: .black) == 1)
    for colorType in [2, 3, 6] { #expect(try channels(colorType, false, on: .black) == 3) }
  }

  @Test func otherChunksChangeNothing() throws {
    let sample = SamplePNG(width: 7, height: 5, colorType: 6, bitDepth: 8)
    let plain = try decodePNG(sample.file)
    let gamma = chunk("gAMA", bigEndian(22_727)) + chunk("sRGB", [0]) + chunk("cHRM", [1, 2, 3])
    // A profile and a text that would become a gigabyte, if they were decompressed, and what no reader knows.
    let bomb = deflated([UInt8](repeating: 0, count: 1 << 20))
    let profile =
      chunk("iCCP", Array("x".utf8) + [0, 0] + bomb) + chunk("zTXt", Array("t".utf8) + [0, 0] + bomb)
    let background = chunk("bKGD", [0, 255, 0, 255, 0, 255]) + chunk("abCd", [1, 2, 3])
    let palette = chunk("PLTE", [1, 2, 3, 4, 5, 6])
    let animation =
      chunk("acTL", bigEndian(1) + bigEndian(0)) + chunk("fdAT", bigEndian(2) + deflated([1, 2]))
    for extra in [gamma, profile, background, palette, animation, gamma + palette + profile + animation] {
      let file =
        signature + sample.header + extra + sample.imageData + chunk("tEXt", [65, 0, 66]) + chunk("IEND", [])
      #expect(try decodePNG(file) == plain)
    }
  }

  @Test func anEmptyChunkOfImageDataIsNoHarm() throws {
    let sample = SamplePNG(width: 7, height: 5, colorType: 2, bitDepth: 8)
    let file =
      signature + sample.header + chunk("IDAT", []) + sample.imageData + chunk("IDAT", []) + chunk("IEND", [])
    #expect(try decodePNG(file).pixels == sample.expected(channels: 3, background: [0, 0, 0]))
  }

  @Test func decodersOfSeveralThreadsDoNotDisturbEachOther() async throws {
    let samples = (1...8).map { number in
      SamplePNG(
        width: 40 + number, height: 31, colorType: 6, bitDepth: 8, isInterlaced: number % 2 == 0,
        seed: UInt64(number))
    }
    await withTaskGroup(of: Bool.self) { group in
      for sample in samples {
        group.addTask {
          let expected = sample.expected(channels: 3, background: [0, 0, 0])
          return (0..<50).allSatisfy { _ in (try? decodePNG(sample.file, color: .rgb))?.pixels == expected }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}
