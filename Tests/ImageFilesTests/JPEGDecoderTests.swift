import TensorStream
import Testing

@testable import ImageFiles

@Suite struct JPEGDecoderTests {
  @Test func requestedChannelsAreDecoded() throws {
    for (sample, own) in [(SampleJPEG.grey, 1), (.color, 3), (.progressive, 3)] {
      for (color, channels) in [(BitmapColor.grey, 1), (.rgb, 3), (.asStored, own)] {
        let bitmap = try decodeJPEG(sample.file, color: color).bitmap
        #expect(bitmap.channels == channels)
        #expect(bitmap.pixels.count == bitmap.width * bitmap.height * channels)
      }
    }
  }

  /// A recipe gets the same bitmap from both formats.
  @Test func aPictureIsTheSameInBothFormats() throws {
    for name in ["28x28, grey", "28x28, RGB"] {
      let jpeg = SampleJPEG.stored(name)
      let bitmap = try decodeJPEG(jpeg).bitmap
      let png = try encodedPNG(
        bitmap.pixels, shape: ImageShape(height: 28, width: 28, channels: bitmap.channels))
      for color in BitmapColor.allCases {
        #expect(try decodeJPEG(png, color: color) == decodeJPEG(jpeg, color: color), "\(name), \(color)")
      }
    }
  }

  // MARK: Passes

  /// A progressive picture of one block in very many passes: first the means of the colours without their last
  /// `lateBits` bits, then these bits one by one, then each of the 63 coefficients of each colour. All values are 0.
  private func picture(lateBits: Int) -> [UInt8] {
    let codes: [UInt8] = [1] + [UInt8](repeating: 0, count: 15) + [0]
    var file: [UInt8] = [0xFF, 0xD8]
    file += SampleJPEG.segment(0xDB, [0] + [UInt8](repeating: 1, count: 64))
    file += SampleJPEG.segment(0xC2, [8, 0, 8, 0, 8, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0])
    file += SampleJPEG.segment(0xC4, [0x00] + codes) + SampleJPEG.segment(0xC4, [0x10] + codes)
    let colors: [UInt8] = [3, 1, 0, 2, 0, 3, 0]
    // Three codes or bits of 0, padded with ones.
    file += SampleJPEG.segment(0xDA, colors + [0, 0, UInt8(lateBits)]) + [0x1F]
    for bit in (0..<lateBits).reversed() {
      file += SampleJPEG.segment(0xDA, colors + [0, 0, UInt8((bit + 1) << 4 | bit)]) + [0x1F]
    }
    for color: UInt8 in 1...3 {
      for coefficient: UInt8 in 1...63 {
        file += SampleJPEG.segment(0xDA, [1, color, 0, coefficient, coefficient, 0]) + [0x7F]
      }
    }
    return file + [0xFF, 0xD9]
  }

  @Test func twoHundredPassesAreReadAndOneMoreIsRefused() throws {
    for lateBits in [0, 1, 10] {
      let found = try decodeJPEG(picture(lateBits: lateBits), isStrict: true)
      #expect(found.bitmap.pixels == [UInt8](repeating: 128, count: 8 * 8 * 3))
    }
    #expect(throws: PictureProblem.jpeg(.tooManyScans)) { try decodeJPEG(picture(lateBits: 11)) }
  }

  // MARK: Damage that no pixel depends on

  @Test func bytesAfterTheEndAreSkippedAndReported() throws {
    for sample in [SampleJPEG.grey, .color, .progressive] {
      let plain = try decodeJPEG(sample.file)
      try check(sample.file + [88, 88], plain, .trailingBytes(offset: sample.file.count, byteCount: 2))
      // A second picture is appended to the file.
      try check(
        sample.file + sample.file, plain,
        .trailingBytes(offset: sample.file.count, byteCount: sample.file.count))
    }
  }

  /// In CIPA's multi-picture format, a file announces further pictures, such as a smaller one for the camera's display
  /// or one from a second lens.
  @Test func announcedPicturesAreNotAFlaw() throws {
    let file = SampleJPEG.stored("two pictures")
    #expect(file.count > 1200)
    #expect(try decodeJPEG(file, isStrict: true).flaw == nil)
    let without = SampleJPEG(file).removing(0xE2)
    #expect(try decodeJPEG(without).flaw != nil)
  }

  @Test func zerosBetweenSegmentsAreSkippedAndReported() throws {
    for sample in [SampleJPEG.grey, .color, .progressive] {
      let plain = try decodeJPEG(sample.file)
      for code: UInt8 in [0xDB, 0xDA] {
        let file = sample.inserting([0, 0, 0], before: code)
        try check(file, plain, .zeros(offset: sample.offset(of: code), byteCount: 3))
      }
      // The standard allows any number of fill bytes 0xFF.
      let filled = sample.inserting([UInt8](repeating: 0xFF, count: 9), before: 0xDA)
      #expect(try decodeJPEG(filled, isStrict: true) == plain)
    }
  }

  @Test func zerosAfterTheImageDataAreSkippedAndReported() throws {
    for sample in [SampleJPEG.grey, .color] {
      let plain = try decodeJPEG(sample.file)
      let file = sample.replacingImage(sample.image + [UInt8](repeating: 0, count: 100))
      let found = try decodeJPEG(file)
      #expect(found.bitmap == plain.bitmap)
      guard case .jpeg(.zeros(let offset, let count))? = found.flaw else {
        Issue.record("\(String(describing: found.flaw))")
        continue
      }
      // libjpeg reads up to eight of them ahead.
      #expect(92...100 ~= count && offset + count == file.count - 2)
      try check(file, plain, .zeros(offset: offset, byteCount: count))
    }
  }

  @Test func damagedExifDataAreSkippedAndReported() throws {
    let sample = SampleJPEG.grey
    let plain = try decodeJPEG(sample.file)
    for damaged in [[], Array("II".utf8), Array("XX*\0".utf8) + [8, 0, 0, 0, 0, 0]] as [[UInt8]] {
      let segment = SampleJPEG.segment(0xE1, Array("Exif\0\0".utf8) + damaged)
      try check(sample.inserting(segment), plain, .exif(offset: 2))
    }
    // Segments of the same marker may be something else: empty, too short, or XMP.
    for other in [[], Array("Exif".utf8), Array("http://ns.adobe.com/xap/1.0/\0<x/>".utf8)] as [[UInt8]] {
      #expect(try decodeJPEG(sample.inserting(SampleJPEG.segment(0xE1, other)), isStrict: true) == plain)
    }
  }

  /// These numbers have no effect on a sequential picture, and some cameras leave them at 0.
  @Test func meaninglessNumbersAreIgnored() throws {
    let sample = SampleJPEG.color
    let file = sample.changing(0xDA) { $0.data[$0.data.count - 2] = 0 }
    #expect(try decodeJPEG(file, isStrict: true) == decodeJPEG(sample.file))
    let version = sample.changing(0xE0) { $0.data[5] = 7 }
    #expect(try decodeJPEG(version, isStrict: true) == decodeJPEG(sample.file))
  }

  @Test func componentsMayAllHaveTheSameIdentifier() throws {
    var sample = SampleJPEG.color
    let plain = try decodeJPEG(sample.file)
    for index in sample.segments.indices {
      let places = [0xC0: [6, 9, 12], 0xDA: [1, 3, 5]][sample.segments[index].code] ?? []
      for place in places { sample.segments[index].data[place] = 1 }
    }
    #expect(sample.file != SampleJPEG.color.file)
    #expect(try decodeJPEG(sample.file, isStrict: true) == plain)
  }

  private func check(_ file: [UInt8], _ plain: DecodedPicture, _ flaw: JPEGFlaw) throws {
    let found = try decodeJPEG(file)
    #expect(found == DecodedPicture(bitmap: plain.bitmap, isTransparent: false, flaw: .jpeg(flaw)))
    #expect(throws: PictureProblem.jpeg(.flaw(flaw))) { try decodeJPEG(file, isStrict: true) }
    #expect(PictureProblem.jpeg(.flaw(flaw)).description == flaw.description)
  }
}
