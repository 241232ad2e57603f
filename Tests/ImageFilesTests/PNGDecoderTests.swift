import Testing

@testable import ImageFiles

/// Decodes a file in memory.
func decodePNG(
  _ file: [UInt8], color: BitmapColor = .asStored, background: RGBColor = .black, isStrict: Bool = false
) throws -> Bitmap {
  try file.withUnsafeBytes {
    try PNGDecoder(color: color, background: background, isStrict: isStrict).decode($0)
  }
}

@Suite struct PNGDecoderTests {
  /// Every colour type with each of its bit depths.
  static let formats: [(colorType: Int, bitDepth: Int)] =
    [1, 2, 4, 8, 16].map { (0, $0) } + [8, 16].map { (2, $0) } + [1, 2, 4, 8].map { (3, $0) }
    + [8, 16].map { (4, $0) } + [8, 16].map { (6, $0) }
  /// Sizes around the edges of interlacing passes and of bytes.
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

  /// Decodes the sample as grey and as RGB, on every background.
  private func check(_ sample: SamplePNG) throws {
    for background in Self.backgrounds {
      let ground = [Int(background.red), Int(background.green), Int(background.blue)]
      for (color, channels) in [(BitmapColor.grey, 1), (.rgb, 3)] {
        let picture = try decodePNG(sample.file, color: color, background: background)
        #expect(picture.width == sample.width && picture.height == sample.height)
        #expect(picture.channels == channels)
        let expected = sample.expected(channels: channels, background: ground)
        #expect(picture.pixels == expected, "\(sample) on \(background)")
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

  @Test func transparentColorsAreComparedInAllSixteenBits() throws {
    // The two values differ only in their low 8 bits.
    var sample = SamplePNG(width: 2, height: 1, colorType: 0, bitDepth: 16)
    sample.values = [0x8000, 0x8001]
    sample.transparency = [0x80, 0x01]
    #expect(try decodePNG(sample.file, background: .white).pixels == [0x80, 0xFF])
  }

  @Test func greyFollowsTheLumaWeights() throws {
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

  @Test func greyColorsKeepTheirValue() throws {
    var sample = SamplePNG(width: 256, height: 1, colorType: 2, bitDepth: 8)
    sample.values = (0..<256).flatMap { [$0, $0, $0] }
    #expect(try decodePNG(sample.file, color: .grey).pixels == (0...255).map { UInt8($0) })
  }

  @Test func asStoredHasThreeChannelsForColor() throws {
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

  @Test func otherChunksAreIgnored() throws {
    let sample = SamplePNG(width: 7, height: 5, colorType: 6, bitDepth: 8)
    let plain = try decodePNG(sample.file)
    let gamma = chunk("gAMA", bigEndian(22_727)) + chunk("sRGB", [0]) + chunk("cHRM", [1, 2, 3])
    // A profile and a text that would each expand to a mebibyte, and below a chunk that no reader knows.
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

  /// The specification lets chunks end anywhere, even inside the checksum of the compressed data.
  @Test(arguments: [1, 2, 3, 4, 5, 7, 1000], [false, true])
  func imageDataMayBeSplitAnywhere(pieceByteCount: Int, isInterlaced: Bool) throws {
    for (width, height) in [(1, 1), (7, 5), (33, 9)] {
      var sample = SamplePNG(
        width: width, height: height, colorType: 2, bitDepth: 8, isInterlaced: isInterlaced)
      sample.pieceByteCount = pieceByteCount
      let expected = sample.expected(channels: 3, background: [0, 0, 0])
      #expect(try decodePNG(sample.file, isStrict: true).pixels == expected)
      let compressed = deflated(sample.filteredRows)
      for cut in 0...min(12, compressed.count) {
        let place = compressed.count - cut
        let empty = chunk("IDAT", [])
        let file =
          signature + sample.header + empty + chunk("IDAT", Array(compressed[..<place])) + empty + empty
          + chunk("IDAT", Array(compressed[place...])) + empty + chunk("IEND", [])
        #expect(try decodePNG(file, isStrict: true).pixels == expected, "\(cut) bytes before the end")
      }
    }
  }

  @Test func damageThatNoPixelDependsOnIsSkippedAndReported() throws {
    let sample = SamplePNG(width: 7, height: 5, colorType: 3, bitDepth: 4, isTransparent: true)
    let plain = try decodePNG(sample.file)
    let text = chunk("tEXt", [65, 0, 66], checksum: 0)
    let beginning = signature + sample.header
    let files: [([UInt8], PNGFlaw?)] = [
      (sample.file, nil), (sample.file + [88, 88], .trailingBytes(offset: sample.file.count, byteCount: 2)),
      (
        beginning + text + sample.middle + chunk("IEND", []),
        .checksum(PNGChunkType("tEXt"), offset: 33, found: naiveCRC32(Array("tEXtA\0B".utf8)))
      ),
      (
        beginning + sample.middle + chunk("abCd", [1], checksum: 7) + text + chunk("IEND", []) + [0],
        .checksum(
          PNGChunkType("abCd"), offset: 33 + sample.middle.count, found: naiveCRC32(Array("abCd\u{1}".utf8)))
      ),
    ]
    for (file, flaw) in files {
      let decoded = try file.withUnsafeBytes {
        try PNGDecoder(color: .asStored, background: .black).decodePicture($0)
      }
      #expect(decoded == DecodedPicture(bitmap: plain, isTransparent: true, flaw: flaw.map(PictureFlaw.png)))
      if let flaw {
        #expect(throws: PNGProblem.flaw(flaw)) { try decodePNG(file, isStrict: true) }
        #expect(PNGProblem.flaw(flaw).description == flaw.description)
      }
    }
  }

  @Test func concurrentDecodersDoNotInterfere() async throws {
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
