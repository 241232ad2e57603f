import CPNG
import Testing

@testable import ImageFiles

/// The result of decoding a picture.
private enum Outcome: Equatable {
  case pixels([UInt8])
  case refused(String)
}

/// The results of both ways to read a file that has passed the scan.
private struct Readings {
  /// The pixels read in one piece, or `nil` if the file is left to libpng.
  var inOnePiece: [UInt8]?
  var byLibPNG: Outcome

  /// Reads the file both ways. Returns `nil` if the scan refuses it.
  init?(_ file: [UInt8], channels: Int, background: RGBColor = .black) {
    var (inOnePiece, byLibPNG) = ([UInt8]?.none, Outcome?.none)
    file.withUnsafeBytes { bytes in
      guard let scan = try? PNGScan(bytes) else { return }
      var source = cpng_source(scan, of: bytes, on: background)
      var pixels = [UInt8](repeating: 0xA5, count: scan.header.width * scan.header.height * channels)
      if cpng_read_whole(&source, Int32(channels), &pixels) { inOnePiece = pixels }
      var message = [CChar](repeating: 0, count: Int(CPNG_MESSAGE_SIZE))
      pixels = pixels.map { _ in 0x5A }
      let isRead = cpng_read(&source, Int32(channels), &pixels, &message)
      let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      byLibPNG = isRead ? .pixels(pixels) : .refused(String(decoding: text, as: UTF8.self))
    }
    guard let byLibPNG else { return nil }
    (self.inOnePiece, self.byLibPNG) = (inOnePiece, byLibPNG)
  }

  /// Whether a file read in one piece has the pixels that libpng reads. A file that is left to libpng always agrees.
  var agree: Bool { inOnePiece.map { .pixels($0) == byLibPNG } ?? true }
}

/// Compares reading in one piece, as for most files, with libpng.
@Suite struct WholePNGTests {
  @Test(arguments: PNGDecoderTests.formats.indices)
  func everyFormatIsReadInOnePieceAsByLibPNG(_ index: Int) throws {
    let format = PNGDecoderTests.formats[index]
    for (width, height) in PNGDecoderTests.sizes + [(1, 6), (2, 6), (3, 6), (17, 11)] {
      for isTransparent in format.colorType < 4 ? [false, true] : [false] {
        for firstFilter in 0..<5 {
          var sample = SamplePNG(
            width: width, height: height, colorType: format.colorType, bitDepth: format.bitDepth,
            isTransparent: isTransparent, seed: UInt64(width * 100 + height * 10 + firstFilter))
          sample.firstFilter = firstFilter
          sample.pieceByteCount = [7, 50, 100_000][firstFilter % 3]
          for channels in [1, 3] {
            let background = RGBColor(red: 250, green: 3, blue: 128)
            let readings = try #require(Readings(sample.file, channels: channels, background: background))
            let expected = sample.expected(channels: channels, background: [250, 3, 128])
            #expect(readings.inOnePiece == expected, "\(sample)")
            #expect(readings.byLibPNG == .pixels(expected), "\(sample)")
          }
        }
      }
    }
  }

  @Test func interlacedPicturesAreLeftToLibPNG() throws {
    let sample = SamplePNG(width: 9, height: 9, colorType: 2, bitDepth: 8, isInterlaced: true)
    let readings = try #require(Readings(sample.file, channels: 3))
    #expect(readings.inOnePiece == nil)
    #expect(readings.byLibPNG == .pixels(sample.expected(channels: 3, background: [0, 0, 0])))
  }

  /// The palette has fewer colours than the bit depth allows, and the largest index is the last colour or one beyond.
  @Test(arguments: [1, 2, 4, 8])
  func indicesBeyondThePaletteAreRefused(bitDepth: Int) throws {
    for colorCount in 1..<1 << min(bitDepth, 4) {
      for largest in [colorCount - 1, colorCount] {
        var sample = SamplePNG(width: 5, height: 3, colorType: 3, bitDepth: bitDepth)
        sample.palette = Array(sample.palette!.prefix(colorCount))
        sample.values = sample.values.map { min($0, largest) }
        sample.values[7] = largest
        let readings = try #require(Readings(sample.file, channels: 3))
        if largest < colorCount {
          #expect(readings.inOnePiece == sample.expected(channels: 3, background: [0, 0, 0]))
        } else {
          #expect(readings.inOnePiece == nil)
          #expect(readings.byLibPNG == .refused("a pixel's colour is not in the palette"))
        }
        #expect(readings.agree)
      }
    }
  }

  /// Every byte of the rows takes several other values, which gives valid and invalid filter types and other pixels.
  @Test(arguments: [(0, 1), (0, 8), (2, 8), (3, 2), (4, 16), (6, 8)])
  func rowsOfAnyBytesAreReadOrRefusedAlike(colorType: Int, bitDepth: Int) {
    let sample = SamplePNG(width: 5, height: 4, colorType: colorType, bitDepth: bitDepth)
    let rows = sample.filteredRows
    var (readCount, leftCount) = (0, 0)
    for place in rows.indices {
      for value: UInt8 in [0, 1, 2, 3, 4, 5, 127, 255] {
        var changed = rows
        changed[place] = value
        check(sample, deflated(changed)) { $0 ? (readCount += 1) : (leftCount += 1) }
      }
    }
    // Four rows have the invalid filter types 5, 127 and 255.
    #expect(leftCount >= 12)
    #expect(readCount >= 8 * rows.count - 8 * 4)
  }

  /// Every bit of the compressed data is flipped in turn, and the chunk's checksum recomputed.
  @Test(arguments: [(0, 8), (2, 8), (3, 4), (6, 16)])
  func damagedCompressedDataAreReadOrRefusedAlike(colorType: Int, bitDepth: Int) {
    let sample = SamplePNG(width: 5, height: 4, colorType: colorType, bitDepth: bitDepth)
    let compressed = deflated(sample.filteredRows)
    var comparedCount = 0
    for place in compressed.indices {
      for bit in 0..<8 {
        var changed = compressed
        changed[place] ^= 1 << UInt8(bit)
        if check(sample, changed, { _ in }) { comparedCount += 1 }
      }
    }
    for count in compressed.indices {
      if check(sample, Array(compressed[..<count]), { #expect(!$0) }) { comparedCount += 1 }
    }
    for more in [[0], [0, 0, 0, 0], compressed] as [[UInt8]] {
      if check(sample, compressed + more, { #expect(!$0) }) { comparedCount += 1 }
    }
    // Only a picture without any data is refused by the scan.
    #expect(comparedCount == 8 * compressed.count + compressed.count - 1 + 3)
  }

  /// The data are a byte or a row too short or too long.
  @Test func dataTooShortOrTooLongAreLeftToLibPNG() {
    let sample = SamplePNG(width: 5, height: 4, colorType: 6, bitDepth: 8)
    let rows = sample.filteredRows
    let wrong: [[UInt8]] = [
      Array(rows.dropLast()), Array(rows.dropLast(21)), rows + [0], rows + rows.suffix(21),
    ]
    for (number, changed) in wrong.enumerated() {
      let isCompared = check(sample, deflated(changed)) { #expect(!$0) }
      #expect(isCompared, "\(number)")
    }
  }

  /// zlib enforces the window size that a stream declares, libdeflate does not.
  @Test func aStreamThatRefersBeyondItsWindowIsLeftToLibPNG() throws {
    var sample = SamplePNG(width: 40, height: 40, colorType: 0, bitDepth: 8)
    let block = Array(sample.values.prefix(400))
    sample.values = block + block + block + block
    // Rows without a filter repeat like the values, every 410 bytes.
    let rows = (0..<40).flatMap { y -> [UInt8] in
      [0] + sample.values[40 * y..<40 * y + 40].map { UInt8($0) }
    }
    let compressed = deflated(rows)
    for (window, isEnough) in [(256, false), (512, false), (1024, false), (2048, true), (32768, true)] {
      let claimed = claiming(window, compressed)
      let isCompared = check(sample, claimed) { #expect($0 == isEnough, "\(window)") }
      #expect(isCompared, "\(window)")
    }
    let readings = try #require(Readings(file(sample, claiming(256, compressed)), channels: 1))
    #expect(readings.inOnePiece == nil)
  }

  @Test(arguments: 0..<8)
  func randomChangesAreReadOrRefusedAlike(part: Int) {
    var mutator = PNGMutator(seed: UInt64(part + 100))
    var readCount = 0
    for number in 0..<400 {
      guard let readings = Readings(mutator.mutated(), channels: 1 + number % 2 * 2) else { continue }
      #expect(readings.agree, "file \(number) of part \(part)")
      if readings.inOnePiece != nil { readCount += 1 }
    }
    #expect(readCount > 0)
  }

  // MARK: Helpers

  private func file(_ sample: SamplePNG, _ compressed: [UInt8]) -> [UInt8] {
    signature + sample.header + sample.paletteChunk + sample.transparencyChunk + sample.imageData(compressed)
      + chunk("IEND", [])
  }

  /// Compares both ways and the decoder's result, and passes `body` whether the file was read in one piece. Returns
  /// whether there was anything to compare: the scan refuses less data than any picture of that size can have.
  @discardableResult
  private func check(
    _ sample: SamplePNG, _ compressed: [UInt8], _ body: (_ isReadInOnePiece: Bool) -> Void
  ) -> Bool {
    guard let readings = Readings(file(sample, compressed), channels: 1) else { return false }
    #expect(readings.agree)
    let decoded: Outcome
    do {
      decoded = .pixels(try decodePNG(file(sample, compressed), color: .grey).pixels)
    } catch PNGProblem.imageData(let reason) {
      decoded = .refused(reason)
    } catch {
      decoded = .refused("\(error)")
    }
    #expect(decoded == readings.byLibPNG)
    body(readings.inOnePiece != nil)
    return true
  }

  /// The zlib stream with another declared window size (RFC 1950).
  private func claiming(_ window: Int, _ stream: [UInt8]) -> [UInt8] {
    let method = UInt8((window / 256).trailingZeroBitCount << 4 | 8)
    let check = UInt8(31 - (Int(method) << 8) % 31)
    return [method, check] + stream.dropFirst(2)
  }
}
