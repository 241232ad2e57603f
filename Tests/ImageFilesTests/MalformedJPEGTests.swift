import ImageFiles
import Testing

/// A file that is broken in one place, and a part of its error message.
struct MalformedJPEG: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let file: [UInt8]
  let message: String

  init(_ description: String, _ file: [UInt8], _ message: String) {
    (testDescription, self.file, self.message) = (description, file, message)
  }
}

@Suite struct MalformedJPEGTests {
  @Test(arguments: malformedJPEGs)
  func eachIsRefusedWithItsMessage(_ malformed: MalformedJPEG) {
    for color in BitmapColor.allCases {
      let problem = #expect(throws: PictureProblem.self) { try decodeJPEG(malformed.file, color: color) }
      guard let problem else { return }
      #expect(problem.description.contains(malformed.message), "\(problem)")
      #expect(problem.description.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
    }
  }

  @Test(arguments: ["grey, quality 50", "restarts after 2 blocks", "progressive, 4:2:0", "orientation 6"])
  func aFileCutAnywhereIsReportedAsTruncated(_ name: String) throws {
    let file = SampleJPEG.stored(name)
    #expect(try decodeJPEG(file, isStrict: true).flaw == nil)
    for byteCount in file.indices.dropFirst() {
      let problem = #expect(throws: PictureProblem.self) { try decodeJPEG(Array(file[..<byteCount])) }
      #expect(
        problem?.description.hasPrefix("the file is truncated: it ends after \(byteCount) bytes") == true)
    }
  }

  /// A program that repairs files may append the end.
  @Test func aCutFileWithAnAppendedEndIsRefused() {
    for name in ["grey, quality 50", "4:2:0, quality 90", "progressive, 4:2:0"] {
      let sample = SampleJPEG(SampleJPEG.stored(name))
      // The last bytes may contain only the end of the last code, or nothing of it.
      for byteCount in sample.image.indices.dropLast(3) {
        let file = sample.replacingImage(Array(sample.image[..<byteCount]))
        #expect(throws: PictureProblem.self, "\(name), \(byteCount)") { try decodeJPEG(file) }
      }
    }
  }

  @Test(arguments: ["grey, quality 1", "1x3", "progressive, grey"])
  func aFlippedBitIsReadOrRefused(_ name: String) {
    let file = SampleJPEG.stored(name)
    var (readCount, refusedCount) = (0, 0)
    for bit in 0..<file.count * 8 {
      var damaged = file
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      decodeOrRefuse(damaged) { $0 ? (readCount += 1) : (refusedCount += 1) }
    }
    #expect(readCount > 0 && refusedCount > readCount / 10)
  }

  /// Bytes are changed, removed, inserted and copied at random.
  @Test(arguments: 0..<8)
  func randomChangesAreReadOrRefused(part: Int) {
    var noise = SampleNoise(state: UInt64(part + 1))
    var (readCount, refusedCount) = (0, 0)
    for _ in 0..<500 {
      var file = SampleJPEG.cases[noise.next(SampleJPEG.cases.count)].file
      for _ in 0...noise.next(4) where file.count > 4 {
        let place = noise.next(noise.next(2) == 0 ? file.count : min(file.count, 700))
        switch noise.next(6) {
        case 0: file[place] ^= 1 << UInt8(noise.next(8))
        case 1: file[place] = UInt8(noise.next(256))
        case 2: file[place] = 0xFF
        case 3: file.remove(at: place)
        case 4: file.insert(UInt8(noise.next(256)), at: place)
        default:
          let part = Array(file[place..<min(place + noise.next(60), file.count)])
          file.insert(contentsOf: part, at: noise.next(file.count))
        }
      }
      decodeOrRefuse(file) { $0 ? (readCount += 1) : (refusedCount += 1) }
    }
    #expect(readCount > 0 && refusedCount > readCount)
  }

  private func decodeOrRefuse(_ file: [UInt8], _ body: (_ isRead: Bool) -> Void) {
    do {
      let picture = try decodeJPEG(file).bitmap
      #expect(picture.pixels.count == picture.width * picture.height * picture.channels)
      body(true)
    } catch {
      #expect(!error.description.isEmpty && !error.description.contains("\n"))
      body(false)
    }
  }
}

private let (grey, color) = (SampleJPEG.grey, SampleJPEG.color)
private let restarts = SampleJPEG(SampleJPEG.stored("restarts after 2 blocks"))

private let malformedJPEGs: [MalformedJPEG] = frames + segments + imageData + stored

private func size(_ width: Int, _ height: Int) -> [UInt8] {
  grey.changing(0xC0) {
    $0.data.replaceSubrange(
      1..<5, with: [UInt8(height >> 8), UInt8(height & 255), UInt8(width >> 8), UInt8(width & 255)])
  }
}

private let frames: [MalformedJPEG] = [
  MalformedJPEG("lossless", grey.changing(0xC0) { $0.code = 0xC3 }, "this is lossless JPEG"),
  MalformedJPEG("lossless, arithmetic", grey.changing(0xC0) { $0.code = 0xCB }, "this is lossless JPEG"),
  MalformedJPEG("arithmetic", grey.changing(0xC0) { $0.code = 0xC9 }, "uses arithmetic coding"),
  MalformedJPEG("arithmetic, progressive", grey.changing(0xC0) { $0.code = 0xCA }, "'jpegtran old.jpg"),
  MalformedJPEG("differential", grey.changing(0xC0) { $0.code = 0xC6 }, "this is hierarchical JPEG"),
  MalformedJPEG(
    "hierarchical", grey.inserting(SampleJPEG.segment(0xDE, [1])), "this is hierarchical JPEG"),
  MalformedJPEG("JPEG-LS", grey.changing(0xC0) { $0.code = 0xF7 }, "this is JPEG-LS"),
  MalformedJPEG("12 bits", grey.changing(0xC0) { $0.data[0] = 12 }, "expected 8 bits a value, found 12"),
  MalformedJPEG("16 bits", grey.changing(0xC0) { $0.data[0] = 16 }, "expected 8 bits a value, found 16"),
  MalformedJPEG("height in DNL", size(19, 0), "the header leaves the height to a marker"),
  MalformedJPEG("no width", size(0, 13), "found 0x13"),
  MalformedJPEG("too wide", size(16_385, 1), "found 16385x1"),
  MalformedJPEG("the widest possible", size(65_500, 1), "from 1 to 16,384"),
  MalformedJPEG("too many pixels", size(16_384, 4_097), "at most 67,108,864 pixels"),
  MalformedJPEG(
    "a size too large for the data", size(8_192, 8_192),
    "expected at least 262,144 bytes of image data for the size in the header"
  ),
  MalformedJPEG(
    "two components", grey.changing(0xC0) { $0.data = Array($0.data[..<5]) + [2, 1, 17, 0, 2, 17, 0] },
    "expected 1 component (grey) or 3 (colours), found 2"),
  MalformedJPEG("no components", grey.changing(0xC0) { $0.data = Array($0.data[..<5]) + [0] }, "found 0"),
  MalformedJPEG(
    "a short header", grey.changing(0xC0) { $0.data.removeLast() },
    "segment SOF0: expected a length of 8 and 3 for each component, found 10"),
  MalformedJPEG("an empty header", grey.changing(0xC0) { $0.data = [] }, "segment SOF0"),
  MalformedJPEG(
    "no samples", grey.changing(0xC0) { $0.data[7] = 0x10 }, "sampling factors from 1 to 4, found 1x0"),
  MalformedJPEG(
    "too many samples", grey.changing(0xC0) { $0.data[7] = 0x51 }, "sampling factors from 1 to 4, found 5x1"),
  MalformedJPEG(
    "samples in thirds", color.changing(0xC0) { ($0.data[7], $0.data[10]) = (0x31, 0x21) },
    "cannot be decoded: Fractional sampling"),
]

private let segments: [MalformedJPEG] = [
  MalformedJPEG(
    "two headers", grey.inserting(SampleJPEG.segment(0xC2, grey.segments.first { $0.code == 0xC0 }!.data)),
    "expected one picture's header, found a second one (SOF0)"),
  MalformedJPEG("no header", grey.removing(0xC0), "expected the picture's header (marker SOF)"),
  MalformedJPEG("nothing", [0xFF, 0xD8, 0xFF, 0xD9], "expected the picture's header (marker SOF)"),
  MalformedJPEG(
    "no image data", Array(grey.file[..<grey.offset(of: 0xDA)]) + [0xFF, 0xD9], "found none"),
  MalformedJPEG("a second beginning", grey.inserting([0xFF, 0xD8]), "byte 2: marker SOI has no place here"),
  MalformedJPEG("a restart", grey.inserting([0xFF, 0xD3]), "byte 2: marker RST3 has no place here"),
  MalformedJPEG("a temporary marker", grey.inserting([0xFF, 0x01]), "byte 2: marker TEM has no place here"),
  MalformedJPEG(
    "a reserved marker", grey.inserting(SampleJPEG.segment(0x02, [])),
    "found ff 02, which no standard defines"),
  MalformedJPEG(
    "marker JPG", grey.inserting(SampleJPEG.segment(0xC8, [])), "found JPG, which no standard defines"),
  MalformedJPEG("a data byte", grey.inserting([0xFF, 0x00]), "found ff 00, which no standard defines"),
  MalformedJPEG(
    "a stray byte", grey.inserting([65], before: 0xDB),
    "byte \(grey.offset(of: 0xDB)): expected a marker, which begins with ff, found 41"),
  MalformedJPEG(
    "a length of 1", grey.inserting([0xFF, 0xFE, 0, 1]),
    "segment COM: expected a length of 2 or more, found 1"),
  MalformedJPEG(
    "a length beyond the end", grey.inserting([0xFF, 0xFE, 0xFF, 0xFF]),
    "the file is truncated: it ends after \(grey.file.count + 4) bytes, in segment COM"),
  MalformedJPEG(
    "bytes in a segment", Array(grey.file[..<6]) + [1, 2, 3, 4] + grey.file[6...], "the file is damaged"),
  MalformedJPEG(
    "an unknown component", grey.changing(0xDA) { $0.data[1] = 9 },
    "component 9 is not in the picture's header"),
  MalformedJPEG(
    "a component twice", color.changing(0xDA) { $0.data[3] = 1 },
    "component 1 is not in the picture's header, or comes twice in this segment"),
  MalformedJPEG(
    "a short scan", grey.changing(0xDA) { $0.data.removeLast() }, "segment SOS: expected a length"),
  MalformedJPEG("an empty scan", grey.changing(0xDA) { $0.data = [] }, "segment SOS: expected a length"),
  MalformedJPEG("no components", grey.changing(0xDA) { $0.data[0] = 0 }, "segment SOS: expected a length"),
  MalformedJPEG("no quantisation", grey.removing(0xDB), "the picture cannot be decoded: Quantization table"),
  MalformedJPEG(
    "wrong codes",
    grey.changing(0xC4) { $0.data.replaceSubrange(1..<17, with: [UInt8](repeating: 255, count: 16)) },
    "the picture cannot be decoded: Bogus Huffman table"),
  MalformedJPEG(
    "an unknown colour transform",
    // A JFIF header would determine the colours.
    SampleJPEG(color.removing(0xE0)).inserting(
      SampleJPEG.segment(0xEE, Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 7]), before: 0xDB),
    "the image data are damaged: Unknown Adobe color transform code 7"),
]

private let imageData: [MalformedJPEG] = [
  MalformedJPEG(
    "half of the data", color.replacingImage(Array(color.image.prefix(color.image.count / 2))),
    "the image data are damaged: premature end of data segment"),
  MalformedJPEG(
    "too much data", grey.replacingImage(grey.image + [UInt8](repeating: 0x55, count: 40)),
    "are left after the last pixel"),
  MalformedJPEG(
    "too much data, then zeros",
    grey.replacingImage(grey.image + [UInt8](repeating: 0x55, count: 40) + [0, 0]),
    "are left after the last pixel"),
  MalformedJPEG(
    "a restart out of order",
    restarts.replacingImage(
      restarts.image.indices.map { index in
        index > 0 && restarts.image[index - 1] == 0xFF && restarts.image[index] == 0xD1
          ? 0xD6 : restarts.image[index]
      }), "the image data are damaged:"),
  MalformedJPEG(
    "a second pass in a sequential picture",
    grey.replacingImage(grey.image + grey.file[grey.offset(of: 0xDA)...].dropLast(2)),
    "the picture cannot be decoded"),
  MalformedJPEG(
    "thousands of passes",
    SampleJPEG.progressive.replacingImage(
      (0..<5_000).flatMap { _ in [0] + SampleJPEG.segment(0xDA, [1, 1, 0, 1, 63, 0]) } + [0]),
    "at most 200 passes"),
]

private let stored: [MalformedJPEG] = [
  MalformedJPEG("CMYK", SampleJPEG.refused("CMYK"), "the picture has four colours, CMYK or YCCK"),
  MalformedJPEG("arithmetic, from cjpeg", SampleJPEG.refused("arithmetic"), "uses arithmetic coding"),
  MalformedJPEG("incomplete", SampleJPEG.refused("the means of blocks only"), "all of component 1"),
  MalformedJPEG("grey details only", SampleJPEG.refused("grey details only"), "all of component 2"),
  MalformedJPEG("without the last bits", SampleJPEG.refused("without the last bits"), "all of component 1"),
]
